//! What the chunks of one result look like: as the manifest announces them, and as they are handed over.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::SchemaRef;

use super::decode::check::{Checked, check};
use super::decode::relabel::SchemaMessage;
use super::decode::rewrite::Rewrites;
use super::defect::Defect;
use super::memory::budget::Reservation;
use super::memory::output::Output;
use super::sizes::Sizes;
use super::{ChunkData, ResultConfig, schema};
use crate::error::{Code, Error, Result};
use crate::sea::wire::{Compression, Format, Manifest};

/// One result's manifest, as its chunks need it.
pub(super) struct Layout {
    /// The schema of what is handed over.
    pub(super) schema: SchemaRef,
    pub(super) compression: Compression,
    pub(super) format: Format,
    /// What the chunks have as they arrive: the types of the server under the names and metadata of the manifest.
    pub(super) sent_schema: SchemaRef,
    sent_message: SchemaMessage,
    rewrites: Rewrites,
    /// The row counts of chunks, as far as they were announced.
    row_counts: HashMap<i64, i64>,
    /// The row count of the result, where it is a single chunk.
    only_row_count: Option<i64>,
    pub(super) sizes: Sizes,
    max_chunk_bytes: usize,
}

impl Layout {
    pub(super) fn new(manifest: &Manifest, config: &ResultConfig, zone: &str) -> Result<Self> {
        let format = manifest.format.unwrap_or(Format::ArrowStream);
        if format == Format::Other {
            return Err(Error::new(Code::Unknown, "the server sent the result in a format that was not asked for"));
        }
        let compression = manifest.result_compression.unwrap_or_default();
        if compression == Compression::Other {
            return Err(Error::new(Code::Unknown, "the server compressed the result in a way that was not asked for"));
        }
        let sent_schema: SchemaRef = Arc::new(schema::of_columns(&manifest.schema.columns, zone));
        let rewrites = Rewrites::new(&sent_schema, config, zone);
        let row_counts = manifest
            .chunks
            .iter()
            .enumerate()
            .filter_map(|(position, chunk)| Some((chunk.chunk_index.unwrap_or(position as i64), chunk.row_count?)));
        let count = manifest.total_chunk_count.filter(|count| *count > 0);
        Ok(Self {
            schema: rewrites.schema(&sent_schema),
            compression,
            format,
            sent_message: SchemaMessage::new(&sent_schema),
            rewrites,
            row_counts: row_counts.collect(),
            only_row_count: manifest.total_row_count.filter(|_| count == Some(1)),
            sizes: Sizes::new(manifest, config.memory_budget()?),
            max_chunk_bytes: config.max_chunk_bytes()?,
            sent_schema,
        })
    }

    /// The row count of a chunk, where it was announced; `with_source` is what its link or reply said.
    pub(super) fn row_count(&self, index: i64, with_source: Option<i64>) -> Option<i64> {
        self.row_counts.get(&index).copied().or(with_source).or(self.only_row_count).filter(|count| *count >= 0)
    }

    /// How much the memory budget must hold of a chunk that decodes to `size` bytes: a rewrite needs it twice.
    pub(super) fn budgeted(&self, size: u64) -> u64 {
        if self.rewrites.are_none() { size } else { size.saturating_mul(2) }
    }

    /// Memory to decode a chunk of about `size` bytes into, where there is a reservation that of a chunk which was read.
    pub(super) fn output(&self, size: u64, held: Option<&mut Reservation>) -> Output {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        Output::new(self.sent_message.headroom(), size, self.max_chunk_bytes, held.map(Reservation::claim))
    }

    /// How many bytes the output should have room for so that `room` more fit.
    pub(super) fn grown_by(&self, output: &Output, room: usize) -> Result<usize, Defect> {
        output.grown_by(room).ok_or(Defect::TooLarge(self.max_chunk_bytes))
    }

    /// Checks a decoded Arrow chunk.
    pub(super) fn check(&self, output: &Output, row_count: Option<i64>) -> Result<Checked, Defect> {
        check(output.decoded(), &self.sent_schema, row_count)
    }

    /// Puts a checked chunk under the result's schema, as the server types it.
    pub(super) fn relabel(&self, output: Output, checked: &Checked) -> Result<ChunkData> {
        self.sent_message.relabel(output, checked)
    }

    /// What is done to the columns of a chunk before it is handed over.
    pub(super) fn rewrites(&self) -> &Rewrites {
        &self.rewrites
    }
}
