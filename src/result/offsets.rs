//! Where the chunks of a result begin: what the server says of it must fit the rows that come before them.

use std::collections::BTreeMap;

use super::extent;
use crate::error::{Error, Result};
use crate::sea::wire::Manifest;

/// The first rows of chunks, as far as they were announced.
#[derive(Default)]
pub(super) struct Offsets {
    /// By the chunk's index, of those that are still to come.
    announced: BTreeMap<i64, i64>,
    /// The next chunk to come, and the rows before it.
    next: (i64, i64),
}

impl Offsets {
    /// What the manifest's list of chunks says.
    pub(super) fn of(manifest: &Manifest) -> Result<Self> {
        let mut offsets = Self::default();
        for (chunk, position) in manifest.chunks.iter().zip(0..) {
            offsets.announce(chunk.chunk_index.unwrap_or(position), chunk.row_offset)?;
        }
        Ok(offsets)
    }

    /// Takes what is said of a chunk's first row. Errors: `DataLoss` where something else was said before.
    pub(super) fn announce(&mut self, index: i64, row_offset: Option<i64>) -> Result<()> {
        extent::count("row_offset", row_offset)?;
        let Some(offset) = row_offset.filter(|_| index >= self.next.0) else { return Ok(()) };
        match self.announced.insert(index, offset) {
            Some(before) if before != offset => Err(Error::data_loss(format!(
                "the server says that chunk {index} of the result begins at row {offset}, and said {before} before"
            ))),
            _ => Ok(()),
        }
    }

    /// The next chunk in order has come. Errors: `DataLoss` where it does not begin behind the rows that came before it.
    pub(super) fn arrived(&mut self, row_count: i64) -> Result<()> {
        let (index, rows) = self.next;
        if let Some(offset) = self.announced.remove(&index).filter(|offset| *offset != rows) {
            return Err(Error::data_loss(format!(
                "chunk {index} of the result begins at row {offset} as the server says, and {rows} rows came before it"
            )));
        }
        self.next = (index + 1, rows.saturating_add(row_count));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::error::Code;

    /// The outcome of a result whose chunks have these rows.
    fn read(chunks: Value, rows: &[i64]) -> Result<()> {
        let manifest = serde_json::from_value(json!({"chunks": chunks})).unwrap();
        let mut offsets = Offsets::of(&manifest)?;
        rows.iter().try_for_each(|rows| offsets.arrived(*rows))
    }

    #[rstest]
    #[case::nothing(json!([]))]
    #[case::all(json!([{"row_offset": 0}, {"row_offset": "3"}, {"row_offset": 3}, {"row_offset": 7}]))]
    #[case::some(json!([{}, {"row_offset": 3}, {"row_offset": null}]))]
    #[case::in_any_order(json!([{"chunk_index": 3, "row_offset": 7}, {"chunk_index": 1, "row_offset": 3}]))]
    #[case::behind_the_end(json!([{}, {}, {}, {}, {"row_offset": 9}]))]
    fn arrived_takes_chunks_that_begin_where_the_server_says(#[case] chunks: Value) {
        read(chunks, &[3, 0, 4, 1]).unwrap();
    }

    #[rstest]
    #[case::first(json!([{"row_offset": 1}]), "chunk 0 of the result begins at row 1 as the server says, and 0 rows came before it")]
    #[case::gap(
        json!([{"row_offset": 0}, {"row_offset": 4}]),
        "chunk 1 of the result begins at row 4 as the server says, and 3 rows came before it"
    )]
    #[case::overlap(
        json!([{}, {}, {"row_offset": 2}]),
        "chunk 2 of the result begins at row 2 as the server says, and 3 rows came before it"
    )]
    #[case::negative(json!([{"row_offset": -1}]), "the server announced a row_offset of -1")]
    #[case::two_answers(
        json!([{"chunk_index": 0, "row_offset": 0}, {"chunk_index": 0, "row_offset": 5}]),
        "the server says that chunk 0 of the result begins at row 5, and said 0 before"
    )]
    fn an_offset_that_cannot_be_true_is_data_loss(#[case] chunks: Value, #[case] details: &str) {
        let error = read(chunks, &[3, 0, 4, 1]).unwrap_err();
        assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, details));
    }

    #[test]
    fn announce_of_a_chunk_that_has_come_is_not_held() {
        let mut offsets = Offsets::default();
        offsets.arrived(3).unwrap();
        offsets.announce(0, Some(0)).unwrap();
        assert!(offsets.announced.is_empty());
    }
}
