//! Reading an answer to its end, chunk by chunk.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use axum::body::Bytes;
use futures::StreamExt;

use super::lz4::{Framing, compress};
use super::{Chunk, Format, Stored, arrow, text};
use crate::engine::{Answer, SqlError};
use crate::faults::ResultFault;

/// Where a result is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) chunk_rows: usize,
    pub(crate) chunk_bytes: usize,
    pub(crate) rows: Option<usize>,
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
    let mut result = Building {
        stored: Stored { format, columns, chunks: Vec::new(), compressed, truncated: false, faults },
        held: None,
    };
    let mut open = Open::default();
    let mut left = limits.rows.unwrap_or(usize::MAX);
    while let Some(batch) = answer.batches.next().await {
        let mut batch = batch?;
        if batch.num_rows() > left {
            result.stored.truncated = true;
            batch = batch.slice(0, left);
        }
        left -= batch.num_rows();
        while batch.num_rows() > 0 {
            let room = open.room(&batch, limits).min(batch.num_rows());
            open.push(batch.slice(0, room));
            batch = batch.slice(room, batch.num_rows() - room);
            if open.is_full(limits) {
                result.add(std::mem::take(&mut open)).map_err(encoding)?;
            }
        }
        if result.stored.truncated {
            break;
        }
    }
    result.add(open).map_err(encoding)?;
    result.finish().map_err(encoding)
}

fn encoding(error: ArrowError) -> SqlError {
    SqlError::new("INTERNAL_ERROR", "XX000", format!("the result could not be encoded: {error}"))
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
        let row_bytes = (bytes_of(batch) / batch.num_rows().max(1)).max(1);
        (limits.chunk_rows.saturating_sub(self.rows))
            .min(limits.chunk_bytes.saturating_sub(self.bytes) / row_bytes)
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

/// A result in the making. One chunk is held back: whether it stays the only one decides its framing.
struct Building {
    stored: Stored,
    held: Option<Encoded>,
}

/// A chunk before compression.
struct Encoded {
    messages: Vec<Vec<u8>>,
    row_count: usize,
}

impl Building {
    /// Encodes a chunk, if it has rows.
    fn add(&mut self, open: Open) -> Result<(), ArrowError> {
        if open.rows == 0 {
            return Ok(());
        }
        self.flush(Framing::Large)?;
        let first = self.stored.chunks.is_empty();
        let messages = match self.stored.format {
            Format::ArrowStream => arrow::messages(&self.stored, &open.batches)?,
            Format::JsonArray => vec![text::json(&self.stored.columns, &open.batches)?],
            Format::Csv => vec![text::csv(&self.stored.columns, &open.batches, first)?],
        };
        self.held = Some(Encoded { messages, row_count: open.rows });
        Ok(())
    }

    fn finish(mut self) -> Result<Stored, ArrowError> {
        let only = self.stored.chunks.is_empty();
        self.flush(if only { Framing::Small } else { Framing::Large })?;
        Ok(self.stored)
    }

    fn flush(&mut self, usual: Framing) -> Result<(), ArrowError> {
        let Some(Encoded { messages, row_count }) = self.held.take() else { return Ok(()) };
        let framing = if self.stored.has(&ResultFault::LinkedBlocks) {
            Framing::Linked
        } else if self.stored.has(&ResultFault::FramePerMessage) {
            Framing::PerMessage
        } else {
            usual
        };
        let body = if self.stored.compressed == Some(true) { compress(&messages, framing)? } else { messages.concat() };
        let chunk = Chunk {
            row_offset: self.stored.row_count(),
            row_count,
            byte_count: messages.iter().map(Vec::len).sum(),
            body: Bytes::from(body),
        };
        self.stored.chunks.push(chunk);
        Ok(())
    }
}
