//! Results: from links, attachments or rows of text to Arrow IPC chunks in order, never short.

mod chunk;
mod config;
mod reader;

pub(crate) use chunk::ChunkData;
pub use config::ResultConfig;
pub(crate) use reader::ResultReader;
pub(crate) fn decode(_: &ChunkData) -> crate::error::Result<Vec<arrow_array::RecordBatch>> {
    Ok(vec![])
}
