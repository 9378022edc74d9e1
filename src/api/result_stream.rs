//! The exported result.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::chunk::Chunk;
use crate::call::Call;
use crate::error::{KernelError, Result as Fallible};
use crate::fork::Local;
use crate::result::{ProgressListener, ProgressReports, ResultReader, schema_stream};
use crate::runtime::in_background;

/// A result, read chunk by chunk in order. Meant for one reader at a time; two threads that read get different chunks.
#[derive(uniffi::Object)]
pub struct ResultStream {
    total_row_count: Option<i64>,
    truncated: bool,
    /// Behind an async lock, because one call reads while it waits.
    reader: Local<Arc<tokio::sync::Mutex<ResultReader>>>,
    /// As soon as it is known.
    schema_stream: Arc<OnceLock<Vec<u8>>>,
    schema: Call<Vec<u8>>,
    next_chunk: Call<Option<Chunk>>,
    progress: Arc<ProgressReports>,
}

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
impl ResultStream {
    /// The schema of every chunk, the same for an empty result: one complete Arrow IPC stream without record batches. Also after `end`.
    ///
    /// It is known at once, unless a column shows a time zone that the client has not set: then this waits for the first chunk, which stays to
    /// be read, and without one the server is asked once a session. Errors: as `next_chunk`.
    pub fn schema_stream(&self) -> Result<Vec<u8>, KernelError> {
        match self.schema_stream.get() {
            Some(known) => Ok(known.clone()),
            None => self.schema.blocking(|| self.read_schema()),
        }
    }

    /// `schema_stream`, awaited.
    pub async fn schema_stream_async(&self) -> Result<Vec<u8>, KernelError> {
        match self.schema_stream.get() {
            Some(known) => Ok(known.clone()),
            None => self.schema.future(|| self.read_schema()).await,
        }
    }

    /// `schema_stream`, waiting at most `limit`; none means not yet.
    pub fn schema_stream_within(&self, limit: Duration) -> Result<Option<Vec<u8>>, KernelError> {
        match self.schema_stream.get() {
            Some(known) => Ok(Some(known.clone())),
            None => self.schema.within(limit, || self.read_schema()),
        }
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
        self.next_chunk.blocking(|| self.read())
    }

    /// `next_chunk`, awaited. Dropping the wait loses no chunk.
    pub async fn next_chunk_async(&self) -> Result<Option<Chunk>, KernelError> {
        self.next_chunk.future(|| self.read()).await
    }

    /// Waits, awaited, until `next_chunk_within` has the answer. For languages whose tasks may be cancelled at any time: no answer is lost.
    pub async fn next_chunk_ready(&self) -> Result<(), KernelError> {
        self.next_chunk.ready(|| self.read()).await
    }

    /// `next_chunk`, waiting at most `limit`.
    pub fn next_chunk_within(&self, limit: Duration) -> Result<ChunkStep, KernelError> {
        Ok(match self.next_chunk.within(limit, || self.read())? {
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
        self.schema.abandon();
        if let Ok(mut reader) = self.reader.try_lock() {
            reader.end();
            return;
        }
        let reader = Arc::clone(&self.reader);
        in_background(async move { reader.lock_owned().await.end() });
    }
}

impl ResultStream {
    pub(super) fn new(reader: ResultReader) -> Arc<Self> {
        let schema_stream =
            reader.known_schema().map(|schema| schema_stream(schema)).map_or_else(OnceLock::new, OnceLock::from);
        Arc::new(Self {
            schema_stream: Arc::new(schema_stream),
            schema: Call::new(),
            total_row_count: reader.total_row_count(),
            truncated: reader.truncated(),
            progress: Arc::clone(reader.progress_reports()),
            reader: Local::new(Arc::new(tokio::sync::Mutex::new(reader))),
            next_chunk: Call::lossless(),
        })
    }

    fn read(&self) -> impl Future<Output = Fallible<Option<Chunk>>> + Send + 'static {
        let (reader, known) = (Arc::clone(&self.reader), Arc::clone(&self.schema_stream));
        async move {
            let mut reader = reader.lock_owned().await;
            let chunk = reader.next_chunk().await?;
            if let Some(schema) = reader.known_schema() {
                known.get_or_init(|| schema_stream(schema));
            }
            Ok(chunk.map(Chunk::from))
        }
    }

    fn read_schema(&self) -> impl Future<Output = Fallible<Vec<u8>>> + Send + 'static {
        let (reader, known) = (Arc::clone(&self.reader), Arc::clone(&self.schema_stream));
        async move {
            let schema = reader.lock_owned().await.schema().await?;
            Ok(known.get_or_init(|| schema_stream(&schema)).clone())
        }
    }
}
