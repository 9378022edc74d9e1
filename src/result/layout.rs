//! What the chunks of one result look like: as the manifest announces them, and as they are handed over.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::SchemaRef;

use super::decode::check::Checker;
use super::defect::Defect;
use super::label::Labels;
use super::memory::budget::Reservation;
use super::memory::output::Output;
use super::sizes::Sizes;
use super::{ResultConfig, schema};
use crate::error::{Code, Error, Result};
use crate::sea::wire::{Compression, Format, Manifest};

/// The longest texts of a result's types together: a type in Arrow takes a hundred times the memory of its text.
const LONGEST_TYPES: usize = 2 << 20;

/// One result's manifest, as its chunks need it.
pub(super) struct Layout {
    pub(super) labels: Labels,
    pub(super) compression: Compression,
    pub(super) format: Format,
    /// The row counts of chunks, as far as they were announced.
    row_counts: HashMap<i64, i64>,
    /// The row count of the result, where it is a single chunk.
    only_row_count: Option<i64>,
    pub(super) sizes: Sizes,
    max_chunk_bytes: usize,
}

impl Layout {
    /// `zone` is what the client has set for TIMESTAMP columns.
    pub(super) fn new(manifest: &Manifest, config: &ResultConfig, zone: Option<&str>) -> Result<Self> {
        let format = manifest.format.unwrap_or(Format::ArrowStream);
        if format == Format::Other {
            return Err(Error::new(Code::Unknown, "the server sent the result in a format that was not asked for"));
        }
        let compression = manifest.result_compression.unwrap_or_default();
        if compression == Compression::Other {
            return Err(Error::new(Code::Unknown, "the server compressed the result in a way that was not asked for"));
        }
        let types: usize = manifest.schema.columns.iter().map(|column| column.type_text.len()).sum();
        if types > LONGEST_TYPES {
            let details =
                format!("the types of the result's columns have {types} bytes of text, {LONGEST_TYPES} are read");
            return Err(Error::internal(details));
        }
        let row_counts = manifest
            .chunks
            .iter()
            .enumerate()
            .filter_map(|(position, chunk)| Some((chunk.chunk_index.unwrap_or(position as i64), chunk.row_count?)));
        let count = manifest.total_chunk_count.filter(|count| *count > 0);
        Ok(Self {
            labels: Labels::new(&schema::of_columns(&manifest.schema.columns, "")?, config, zone),
            compression,
            format,
            row_counts: row_counts.collect(),
            only_row_count: manifest.total_row_count.filter(|_| count == Some(1)),
            sizes: Sizes::new(manifest, config.memory_budget()?),
            max_chunk_bytes: config.max_chunk_bytes()?,
        })
    }

    /// The row count of a chunk, where it was announced; `with_source` is what its link or reply said.
    pub(super) fn row_count(&self, index: i64, with_source: Option<i64>) -> Option<i64> {
        self.row_counts.get(&index).copied().or(with_source).or(self.only_row_count).filter(|count| *count >= 0)
    }

    /// How much the memory budget must hold of a chunk that decodes to `size` bytes: a rewrite needs it twice.
    pub(super) fn budgeted(&self, size: u64) -> u64 {
        if self.labels.any().rewrites.are_none() { size } else { size.saturating_mul(2) }
    }

    /// Memory to decode a chunk of about `size` bytes into, where there is a reservation that of a chunk which was read.
    pub(super) fn output(&self, size: u64, held: Option<&mut Reservation>) -> Output {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        Output::new(self.labels.headroom(), size, self.max_chunk_bytes, held.map(Reservation::claim))
    }

    /// How many bytes the output should have room for so that `room` more fit.
    pub(super) fn grown_by(&self, output: &Output, room: usize) -> Result<usize, Defect> {
        output.grown_by(room).ok_or(Defect::TooLarge(self.max_chunk_bytes))
    }

    /// What checks a chunk of `row_count` rows while it is decoded, if it is one of Arrow.
    pub(super) fn checker(&self, row_count: Option<i64>) -> Option<Checker> {
        let is_arrow = self.format != Format::JsonArray;
        is_arrow.then(|| Checker::new(Arc::clone(&self.labels.any().sent_schema), row_count))
    }

    /// The most bytes that a chunk's body may have: packed badly it is a little longer than what it decodes to.
    pub(super) fn longest_body(&self) -> u64 {
        let most = self.max_chunk_bytes as u64;
        most.saturating_add(most / 16).saturating_add(1 << 20)
    }

    /// The schema of what is handed over in `zone`.
    pub(super) fn schema_in(&self, zone: &str) -> Result<SchemaRef> {
        let label = self.labels.of_zone(zone).map_err(|defect| Error::data_loss(format!("of the result, {defect}")))?;
        Ok(Arc::clone(&label.schema))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_whose_texts_are_too_long_are_refused() {
        let layout = |length| {
            let column = json!({"name": "c", "type_text": "X".repeat(length)});
            let manifest = json!({"schema": {"columns": [column, {"type_text": "INT"}]}});
            Layout::new(&serde_json::from_value(manifest).unwrap(), &ResultConfig::default(), None)
        };
        assert!(layout(LONGEST_TYPES - 3).is_ok());
        let error = layout(LONGEST_TYPES).err().unwrap();
        assert_eq!(error.code, Code::Internal);
        assert!(error.details.contains("2097155 bytes of text"), "{}", error.details);
    }
}
