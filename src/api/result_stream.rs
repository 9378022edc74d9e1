//! The exported result.

use std::sync::Arc;
use std::time::Duration;

use crate::call::Call;
use crate::error::{Code, Error, KernelError, Result as Fallible};
use crate::fork::Local;
use crate::result::{ChunkData, ProgressListener, ProgressReports, ResultReader};
use crate::runtime::in_background;

/// A result, read chunk by chunk in order. Meant for one reader at a time; two threads that read get different chunks.
#[derive(uniffi::Object)]
pub struct ResultStream {
    schema_stream: Vec<u8>,
    total_row_count: Option<i64>,
    truncated: bool,
    /// Gone after `end`. Behind an async lock, because one call reads while it waits.
    reader: Local<Arc<tokio::sync::Mutex<Option<ResultReader>>>>,
    next_chunk: Call<Option<Chunk>>,
    progress: Arc<ProgressReports>,
}

/// One chunk of a result: a complete Arrow IPC stream in the kernel's memory, not copied.
///
/// Read the `length` bytes at `address` while `owner` is alive, and never write to them.
#[derive(Clone, uniffi::Record)]
pub struct Chunk {
    /// Where the stream begins, 8-byte aligned or better.
    pub address: i64,
    /// The stream's length in bytes.
    pub length: i64,
    /// How many rows its record batches have together.
    pub row_count: i64,
    /// Keeps the memory alive.
    pub owner: Arc<ChunkMemory>,
}

/// The memory of one chunk; freed with the last reference to it.
#[derive(uniffi::Object)]
pub struct ChunkMemory(ChunkData);

/// What `next_chunk_within` found.
#[derive(Clone, uniffi::Enum)]
pub enum ChunkStep {
    /// The next chunk.
    Ready {
        /// It.
        chunk: Chunk,
    },
    /// All chunks were read, and all rows that the server announced.
    Finished,
    /// Not yet: call again to go on waiting.
    Waiting,
}

#[uniffi::export]
impl ChunkMemory {
    /// The chunk's Arrow IPC stream, copied: for consumers that cannot map memory.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.stream.to_vec()
    }
}

#[uniffi::export]
impl ResultStream {
    /// The schema, known before the first chunk and the same for an empty result: one complete Arrow IPC stream without record batches. Also after `end`.
    pub fn schema_stream(&self) -> Vec<u8> {
        self.schema_stream.clone()
    }

    /// How many rows the server announced; absent when it did not say.
    pub fn total_row_count(&self) -> Option<i64> {
        self.total_row_count
    }

    /// Whether the row limit, or a limit of the server's, cut the result.
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// The next chunk in order; none after the last, when every row that the server announced was delivered.
    /// Errors: `DataLoss` (short, damaged or foreign data), `NetworkError`, `Timeout`, `InvalidStatementHandle` after `end`.
    pub fn next_chunk(&self) -> Result<Option<Chunk>, KernelError> {
        self.next_chunk.blocking(|| read(Arc::clone(&self.reader)))
    }

    /// `next_chunk`, awaited. Dropping the wait loses no chunk.
    pub async fn next_chunk_async(&self) -> Result<Option<Chunk>, KernelError> {
        self.next_chunk.future(|| read(Arc::clone(&self.reader))).await
    }

    /// Waits, awaited, until `next_chunk_within` has the answer. For languages whose tasks may be cancelled at any time: no answer is lost.
    pub async fn next_chunk_ready(&self) -> Result<(), KernelError> {
        self.next_chunk.ready(|| read(Arc::clone(&self.reader))).await
    }

    /// `next_chunk`, waiting at most `limit`.
    pub fn next_chunk_within(&self, limit: Duration) -> Result<ChunkStep, KernelError> {
        Ok(match self.next_chunk.within(limit, || read(Arc::clone(&self.reader)))? {
            Some(Some(chunk)) => ChunkStep::Ready { chunk },
            Some(None) => ChunkStep::Finished,
            None => ChunkStep::Waiting,
        })
    }

    /// Tells `listener` from now on how far the result has been read; none stops that. Call it before the first chunk to hear of all.
    pub fn report_progress(&self, listener: Option<Arc<dyn ProgressListener>>) {
        self.progress.set_listener(listener);
    }

    /// Ends the result: stops its downloads and frees what was not handed over; does nothing when it has ended. Chunks that were handed over stay.
    pub fn end(&self) {
        if !self.reader.is_here() {
            return;
        }
        self.next_chunk.abandon();
        if let Ok(mut reader) = self.reader.try_lock() {
            reader.take();
            return;
        }
        let reader = Arc::clone(&self.reader);
        in_background(async move { drop(reader.lock_owned().await.take()) });
    }
}

impl ResultStream {
    pub(super) fn new(reader: ResultReader) -> Arc<Self> {
        Arc::new(Self {
            schema_stream: reader.schema_stream(),
            total_row_count: reader.total_row_count(),
            truncated: reader.truncated(),
            progress: Arc::clone(reader.progress_reports()),
            reader: Local::new(Arc::new(tokio::sync::Mutex::new(Some(reader)))),
            next_chunk: Call::lossless(),
        })
    }
}

async fn read(reader: Arc<tokio::sync::Mutex<Option<ResultReader>>>) -> Fallible<Option<Chunk>> {
    let mut reader = reader.lock_owned().await;
    let open = reader.as_mut().ok_or_else(|| Error::new(Code::InvalidStatementHandle, "the result was closed"))?;
    let chunk = open.next_chunk().await?;
    Ok(chunk.map(|data| Chunk {
        address: data.stream.as_ptr() as i64,
        length: data.stream.len() as i64,
        row_count: data.row_count,
        owner: Arc::new(ChunkMemory(data)),
    }))
}
