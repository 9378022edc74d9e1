//! How long a result is: what its manifest announces, checked before anything is fetched.

use crate::error::{Error, Result};
use crate::sea::wire::Manifest;

/// The length of a result, as far as it was announced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) row_count: Option<i64>,
    pub(super) chunk_count: Option<i64>,
}

impl Extent {
    /// Errors: `DataLoss` where the manifest contradicts itself. A list of chunks names each of them once, and their rows are those of the result.
    pub(super) fn of(manifest: &Manifest) -> Result<Self> {
        count("total_row_count", manifest.total_row_count)?;
        count("total_chunk_count", manifest.total_chunk_count)?;
        if manifest.chunks.is_empty() {
            return Ok(Self { row_count: manifest.total_row_count, chunk_count: manifest.total_chunk_count });
        }
        let listed = manifest.chunks.len() as i64;
        if let Some(total) = manifest.total_chunk_count.filter(|total| *total != listed) {
            return Err(contradicts(&format!("it lists {listed} chunks and announces {total}")));
        }
        let mut indexes: Vec<i64> =
            manifest.chunks.iter().zip(0..).map(|(chunk, i)| chunk.chunk_index.unwrap_or(i)).collect();
        indexes.sort_unstable();
        if let Some((expected, found)) = (0..).zip(indexes).find(|(expected, found)| expected != found) {
            let what = if found < expected {
                format!("it lists chunk {found} twice or below 0")
            } else {
                format!("it does not list chunk {expected}")
            };
            return Err(contradicts(&what));
        }
        let mut rows = Some(0_i64);
        for chunk in &manifest.chunks {
            count("row_count", chunk.row_count)?;
            rows = match (rows, chunk.row_count) {
                (Some(rows), Some(more)) => {
                    Some(rows.checked_add(more).ok_or_else(|| contradicts("its row counts are beyond all bounds"))?)
                }
                _ => None,
            };
        }
        if let Some((total, rows)) = manifest.total_row_count.zip(rows).filter(|(total, rows)| total != rows) {
            return Err(contradicts(&format!("its chunks have {rows} rows and it announces {total}")));
        }
        Ok(Self { row_count: manifest.total_row_count.or(rows), chunk_count: Some(listed) })
    }
}

/// Refuses a count that is none.
pub(super) fn count(what: &str, count: Option<i64>) -> Result<()> {
    match count.filter(|count| *count < 0) {
        Some(negative) => Err(Error::data_loss(format!("the server announced a {what} of {negative}"))),
        None => Ok(()),
    }
}

fn contradicts(how: &str) -> Error {
    Error::data_loss(format!("the result's manifest contradicts itself: {how}"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::error::Code;

    fn extent(manifest: Value) -> Result<Extent> {
        Extent::of(&serde_json::from_value(manifest).unwrap())
    }

    #[rstest]
    #[case::nothing(json!({}), (None, None))]
    #[case::totals(json!({"total_row_count": 7, "total_chunk_count": 2}), (Some(7), Some(2)))]
    #[case::empty(json!({"total_row_count": 0, "total_chunk_count": 0, "chunks": []}), (Some(0), Some(0)))]
    #[case::list(json!({"chunks": [{"row_count": 3}, {"row_count": 4}]}), (Some(7), Some(2)))]
    #[case::list_in_any_order(
        json!({"total_row_count": 7, "chunks": [{"chunk_index": 1, "row_count": 4}, {"chunk_index": 0, "row_count": 3}]}),
        (Some(7), Some(2))
    )]
    #[case::list_without_rows(json!({"total_row_count": 7, "total_chunk_count": 1, "chunks": [{"chunk_index": 0}]}), (Some(7), Some(1)))]
    fn of_a_manifest_reads_what_it_announces(#[case] manifest: Value, #[case] expected: (Option<i64>, Option<i64>)) {
        let extent = extent(manifest).unwrap();
        assert_eq!((extent.row_count, extent.chunk_count), expected);
    }

    #[rstest]
    #[case::negative_total(json!({"total_row_count": -1}), "the server announced a total_row_count of -1")]
    #[case::negative_chunks(json!({"total_chunk_count": -2}), "the server announced a total_chunk_count of -2")]
    #[case::negative_rows(json!({"chunks": [{"row_count": -3}]}), "the server announced a row_count of -3")]
    #[case::short_list(
        json!({"total_chunk_count": 3, "chunks": [{"chunk_index": 0}, {"chunk_index": 1}]}),
        "the result's manifest contradicts itself: it lists 2 chunks and announces 3"
    )]
    #[case::twice(
        json!({"chunks": [{"chunk_index": 0}, {"chunk_index": 0}]}),
        "the result's manifest contradicts itself: it lists chunk 0 twice or below 0"
    )]
    #[case::gap(
        json!({"chunks": [{"chunk_index": 0}, {"chunk_index": 2}]}),
        "the result's manifest contradicts itself: it does not list chunk 1"
    )]
    #[case::negative_index(
        json!({"chunks": [{"chunk_index": -1}, {"chunk_index": 0}]}),
        "the result's manifest contradicts itself: it lists chunk -1 twice or below 0"
    )]
    #[case::other_sum(
        json!({"total_row_count": 8, "chunks": [{"row_count": 3}, {"row_count": 4}]}),
        "the result's manifest contradicts itself: its chunks have 7 rows and it announces 8"
    )]
    #[case::endless_sum(
        json!({"chunks": [{"row_count": i64::MAX}, {"row_count": 1}]}),
        "the result's manifest contradicts itself: its row counts are beyond all bounds"
    )]
    fn of_a_manifest_that_cannot_be_true_is_data_loss(#[case] manifest: Value, #[case] details: &str) {
        let error = extent(manifest).unwrap_err();
        assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, details));
    }
}
