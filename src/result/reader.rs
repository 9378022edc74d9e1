//! A result, read chunk by chunk.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::{ChunkData, ResultConfig};
use crate::error::{Error, Result};
use crate::sea::wire::StatementResponse;
use crate::statement::StatementHandle;

/// Reads one result in order. Dropping it stops its downloads.
pub(crate) struct ResultReader {
    schema: SchemaRef,
}

impl ResultReader {
    /// The result of a statement that succeeded: `response` carries its manifest and first chunk. `zone` is the session's, for TIMESTAMP columns.
    pub(crate) fn new(
        _statement: Arc<StatementHandle>,
        _response: StatementResponse,
        _config: &ResultConfig,
        _zone: &str,
    ) -> Result<Self> {
        Err(Error::internal("not built"))
    }

    /// A result that the kernel holds in memory.
    pub(crate) fn from_batch(_batch: &RecordBatch) -> Result<Self> {
        Err(Error::internal("not built"))
    }

    pub(crate) fn put_back(&mut self, _: ChunkData) {}
    /// The schema of every chunk, known before the first.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The schema as one Arrow IPC stream without batches.
    pub(crate) fn schema_stream(&self) -> Vec<u8> {
        Vec::new()
    }

    /// How many rows the manifest announced; absent when it did not say.
    pub(crate) fn total_row_count(&self) -> Option<i64> {
        None
    }

    /// Whether a row limit or a limit of the server's cut the result.
    pub(crate) fn truncated(&self) -> bool {
        false
    }

    /// The next chunk in order; `None` after the last, when all rows of the manifest were delivered. Cancel-safe: a dropped call loses no chunk.
    pub(crate) async fn next_chunk(&mut self) -> Result<Option<ChunkData>> {
        Err(Error::internal("not built"))
    }
}
