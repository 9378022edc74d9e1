//! Reading an answer to its end, chunk by chunk.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use futures::StreamExt;

use super::body::Keeper;
use super::lz4::{Framing, compress};
use super::{Chunk, Format, Stored, arrow, text};
use crate::engine::{Answer, SqlError};
use crate::faults::ResultFault;

/// The most bytes of a result that is answered inline as rows of text; a larger one fails.
const MAX_INLINE_BYTES: usize = 25 * 1024 * 1024;

/// Where a result is cut, and where its bytes are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) chunk_rows: usize,
    pub(crate) chunk_bytes: usize,
    /// The rows and the bytes (as Arrow holds them) after which a result is truncated.
    pub(crate) rows: Option<usize>,
    pub(crate) bytes: Option<usize>,
    /// Whether the result is answered inline.
    pub(crate) inline: bool,
    /// The bytes of this result that stay in memory.
    pub(crate) memory: usize,
}

/// Reads the whole answer. Dropping the future stops the engine.
pub(crate) async fn collect(
    mut answer: Answer,
    format: Format,
    compressed: bool,
    limits: Limits,
    faults: Vec<ResultFault>,
) -> Result<Stored, SqlError> {
    let ignore_wish = faults.contains(&ResultFault::NotCompressed);
    let format = if faults.contains(&ResultFault::JsonRows) { Format::JsonArray } else { format };
    let compressed = match format {
        Format::ArrowStream if !ignore_wish => Some(compressed),
        _ => None,
    };
    let columns = std::mem::take(&mut answer.columns);
    let inline = limits.inline;
    let mut result = Building {
        stored: Stored {
            format,
            inline,
            columns,
            chunks: Vec::new(),
            compressed,
            truncated: false,
            is_volume_operation: false,
            faults,
        },
        held: None,
        keeper: Keeper::new(limits.memory),
        text_bytes: 0,
    };
    let mut open = Open::default();
    let mut rows_left = limits.rows.unwrap_or(usize::MAX);
    let mut bytes_left = limits.bytes.unwrap_or(usize::MAX);
    while let Some(batch) = answer.batches.next().await {
        let mut batch = batch?;
        let fitting = rows_left.min(bytes_left.div_ceil(row_bytes(&batch)));
        if batch.num_rows() > fitting {
            result.stored.truncated = true;
            batch = batch.slice(0, fitting);
        }
        rows_left -= batch.num_rows();
        bytes_left = bytes_left.saturating_sub(bytes_of(&batch));
        while batch.num_rows() > 0 {
            let room = open.room(&batch, limits).min(batch.num_rows());
            open.push(batch.slice(0, room));
            batch = batch.slice(room, batch.num_rows() - room);
            if open.is_full(limits) {
                result.add(std::mem::take(&mut open))?;
            }
        }
        if result.stored.truncated {
            break;
        }
    }
    result.add(open)?;
    result.finish()
}

fn encoding(error: ArrowError) -> SqlError {
    SqlError::new("INTERNAL_ERROR", "XX000", format!("The result could not be encoded: {error}"))
}

fn keeping(error: std::io::Error) -> SqlError {
    SqlError::new("INTERNAL_ERROR", "XX000", format!("The result could not be kept: {error}"))
}

/// The chunk that is being filled.
#[derive(Default)]
struct Open {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
}

impl Open {
    /// How many rows of this batch still fit; at least one.
    fn room(&self, batch: &RecordBatch, limits: Limits) -> usize {
        (limits.chunk_rows.saturating_sub(self.rows))
            .min(limits.chunk_bytes.saturating_sub(self.bytes) / row_bytes(batch))
            .max(1)
    }

    fn push(&mut self, batch: RecordBatch) {
        self.rows += batch.num_rows();
        self.bytes += bytes_of(&batch);
        self.batches.push(batch);
    }

    fn is_full(&self, limits: Limits) -> bool {
        self.rows >= limits.chunk_rows || self.bytes >= limits.chunk_bytes
    }
}

/// The bytes that these rows take; a slice counts its own part alone.
fn bytes_of(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0)).sum()
}

/// The bytes of a row on average; at least one.
fn row_bytes(batch: &RecordBatch) -> usize {
    (bytes_of(batch) / batch.num_rows().max(1)).max(1)
}

/// A result in the making. One chunk is held back: whether it stays the only one decides its framing.
struct Building {
    stored: Stored,
    held: Option<Encoded>,
    keeper: Keeper,
    /// The bytes of rows as text so far.
    text_bytes: usize,
}

/// A chunk before compression.
struct Encoded {
    messages: Vec<Vec<u8>>,
    row_count: usize,
}

impl Building {
    /// Encodes a chunk, if it has rows.
    fn add(&mut self, open: Open) -> Result<(), SqlError> {
        if open.rows == 0 {
            return Ok(());
        }
        self.flush(Framing::Large)?;
        let first = self.stored.chunks.is_empty();
        let columns = &self.stored.columns;
        let messages = match self.stored.format {
            Format::ArrowStream => arrow::messages(&self.stored, &open.batches),
            Format::JsonArray => text::json(columns, &open.batches).map(|text| vec![text]),
            Format::Csv => text::csv(columns, &open.batches, first).map(|text| vec![text]),
        };
        let messages = messages.map_err(encoding)?;
        if self.stored.inline {
            self.text_bytes += messages.iter().map(Vec::len).sum::<usize>();
            if self.text_bytes > MAX_INLINE_BYTES {
                let text =
                    "The result is larger than 25 MiB, the most that disposition INLINE answers: use EXTERNAL_LINKS.";
                return Err(SqlError::new("INLINE_RESULT_TOO_LARGE", "54000", text));
            }
        }
        self.held = Some(Encoded { messages, row_count: open.rows });
        Ok(())
    }

    fn finish(mut self) -> Result<Stored, SqlError> {
        let only = self.stored.chunks.is_empty();
        self.flush(if only { Framing::Small } else { Framing::Large })?;
        Ok(self.stored)
    }

    fn flush(&mut self, usual: Framing) -> Result<(), SqlError> {
        let Some(Encoded { messages, row_count }) = self.held.take() else { return Ok(()) };
        let framing = if self.stored.has(&ResultFault::LinkedBlocks) {
            Framing::Linked
        } else if self.stored.has(&ResultFault::FramePerMessage) {
            Framing::PerMessage
        } else {
            usual
        };
        let byte_count = messages.iter().map(Vec::len).sum();
        let body = if self.stored.compressed == Some(true) {
            compress(&messages, framing).map_err(keeping)?
        } else {
            messages.concat()
        };
        let body = self.keeper.keep(body).map_err(keeping)?;
        self.stored.chunks.push(Chunk { row_offset: self.stored.row_count(), row_count, byte_count, body });
        Ok(())
    }
}
