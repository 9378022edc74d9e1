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
use super::{ChunkData, ResultConfig, schema};
use crate::error::{Code, Error, Result};
use crate::sea::wire::{Compression, Format, Manifest};

/// What a chunk is taken to need while nothing tells its size.
const UNKNOWN_SIZE: i64 = 16 << 20;

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
    announced: HashMap<i64, Announced>,
    /// The row count of the result, where it is a single chunk.
    only_row_count: Option<i64>,
    average_size: Option<i64>,
}

/// What the manifest says of one chunk.
#[derive(Clone, Copy, Default)]
struct Announced {
    row_count: Option<i64>,
    byte_count: Option<i64>,
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
        let announced = manifest.chunks.iter().enumerate().map(|(position, chunk)| {
            let index = chunk.chunk_index.unwrap_or(position as i64);
            (index, Announced { row_count: chunk.row_count, byte_count: chunk.byte_count })
        });
        let count = manifest.total_chunk_count.filter(|count| *count > 0);
        Ok(Self {
            schema: rewrites.schema(&sent_schema),
            compression,
            format,
            sent_message: SchemaMessage::new(&sent_schema),
            rewrites,
            announced: announced.collect(),
            only_row_count: manifest.total_row_count.filter(|_| count == Some(1)),
            average_size: manifest.total_byte_count.zip(count).map(|(bytes, count)| bytes / count),
            sent_schema,
        })
    }

    /// The row count of a chunk, where it was announced; `with_source` is what its link or reply said.
    pub(super) fn row_count(&self, index: i64, with_source: Option<i64>) -> Option<i64> {
        self.of(index).row_count.or(with_source).or(self.only_row_count).filter(|count| *count >= 0)
    }

    /// How large a decoded chunk will be, as far as the manifest tells.
    pub(super) fn decoded_size(&self, index: i64) -> usize {
        let size = self.of(index).byte_count.or(self.average_size).filter(|size| *size > 0);
        usize::try_from(size.unwrap_or(UNKNOWN_SIZE)).unwrap_or(usize::MAX)
    }

    /// How much of it the memory budget must hold: a rewrite needs the chunk twice.
    pub(super) fn budgeted_size(&self, index: i64) -> u64 {
        let size = self.decoded_size(index) as u64;
        if self.rewrites.are_none() { size } else { size.saturating_mul(2) }
    }

    /// Memory to decode a chunk into, where there is a reservation that of a chunk which was read. `compressed` bounds the manifest's word: LZ4 gains a factor of 255 at most.
    pub(super) fn output(&self, index: i64, compressed: Option<u64>, held: Option<&mut Reservation>) -> Output {
        let most =
            compressed.map_or(usize::MAX, |length| usize::try_from(length.saturating_mul(255)).unwrap_or(usize::MAX));
        let (headroom, expected) = (self.sent_message.headroom(), self.decoded_size(index).min(most).saturating_add(8));
        Output::new(headroom, expected, held.map(Reservation::claim))
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

    fn of(&self, index: i64) -> Announced {
        self.announced.get(&index).copied().unwrap_or_default()
    }
}
