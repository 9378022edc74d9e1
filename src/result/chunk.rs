//! One piece of a result, ready to be handed over.

use arrow_buffer::Buffer;

/// One complete Arrow IPC stream: the result's schema message, the record batches, the end marker.
#[derive(Debug, Clone)]
pub(crate) struct ChunkData {
    /// The stream, 64-byte aligned.
    pub(crate) stream: Buffer,
    /// How many rows its batches have together.
    pub(crate) row_count: i64,
}
