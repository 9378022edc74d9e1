//! One piece of a result, ready to be handed over.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::Schema;

use super::decode::check;
use super::memory::output::Output;
use crate::error::{Error, Result};

/// One complete Arrow IPC stream: the result's schema message, the record batches, the end marker.
#[derive(Debug, Clone)]
pub(crate) struct ChunkData {
    /// The stream, 64-byte aligned.
    pub(crate) stream: Buffer,
    /// How many rows its batches have together.
    pub(crate) row_count: i64,
    /// The zone of its TIMESTAMP columns, as its own schema says it; absent where that does not matter.
    pub(crate) zone: Option<Arc<str>>,
}

impl ChunkData {
    /// Writes `batches`, which have the types of `schema`, under its names and metadata.
    pub(crate) fn encode(schema: &Schema, batches: &[RecordBatch]) -> Result<Self> {
        let size: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
        let write = || {
            let mut writer = StreamWriter::try_new(Output::new(0, size + size / 8 + 4096, usize::MAX, None), schema)?;
            batches.iter().try_for_each(|batch| writer.write(batch))?;
            writer.into_inner()
        };
        let output: Output =
            write().map_err(|error| Error::internal("a chunk could not be written as Arrow").because(error))?;
        let row_count = batches.iter().map(|batch| batch.num_rows() as i64).sum();
        let length = output.decoded_len();
        Ok(Self { stream: output.into_buffer(0..length)?, row_count, zone: None })
    }
}

/// The record batches of a chunk, whose arrays share its memory.
pub(crate) fn decode(chunk: &ChunkData) -> Result<Vec<RecordBatch>> {
    let mut decoder = StreamDecoder::new();
    let mut rest = chunk.stream.clone();
    let mut batches = Vec::new();
    let damaged = |error| Error::data_loss("the arrays of a chunk are damaged").because(error);
    while let Some(batch) = decoder.decode(&mut rest).map_err(damaged)? {
        batches.push(batch);
    }
    Ok(batches)
}

/// How many rows each record batch of a chunk has.
pub(crate) fn row_counts(chunk: &ChunkData) -> Vec<i64> {
    check::row_counts(&chunk.stream)
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, Int64Array, StringArray};

    use super::*;
    use crate::result::memory::raw::ALIGNMENT;

    #[test]
    fn decode_of_what_encode_wrote_gives_equal_batches() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some(""), None]));
        let batch = RecordBatch::try_from_iter_with_nullable([("n", numbers, true), ("t", texts, true)]).unwrap();
        let chunk = ChunkData::encode(&batch.schema(), &[batch.clone(), batch.slice(1, 2)]).unwrap();
        assert_eq!(chunk.row_count, 5);
        assert_eq!(chunk.stream.as_ptr() as usize % ALIGNMENT, 0);
        assert_eq!(decode(&chunk).unwrap(), [batch.clone(), batch.slice(1, 2)]);
    }
}
