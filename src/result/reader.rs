//! A result, read chunk by chunk.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::extent::Extent;
use super::fetch::chunk::Downloader;
use super::fetch::server::Backend;
use super::heading::{Heading, SessionZone};
use super::layout::Layout;
use super::links::Links;
use super::memory::budget::Reservation;
use super::offsets::Offsets;
use super::pipeline::{Delivery, Finish, Limits, Pipeline};
use super::progress::{Progress, ProgressReports};
use super::{ChunkData, ResultConfig};
use crate::error::{Code, Error, Result};
use crate::sea::wire::StatementResponse;
use crate::statement::StatementHandle;

/// The shortest and the longest part that a chunk's body is split into.
const PART_LENGTH: (u64, u64) = (1 << 20, 4 << 20);

/// Reads one result in order. Dropping it stops its downloads.
pub(crate) struct ResultReader {
    heading: Heading,
    query_id: Option<String>,
    totals: Totals,
    progress: Progress,
    reports: Arc<ProgressReports>,
    truncated: bool,
    put_back: Option<ChunkData>,
    /// Of the chunk that was read last: it is mostly in use until the next one is asked for.
    handed_over: Option<Reservation>,
    state: State,
}

/// What the manifest announced of the whole result, and what was delivered of it.
#[derive(Default)]
struct Totals {
    announced: Extent,
    rows: i64,
    chunks: i64,
}

enum State {
    /// Nothing is downloaded before the first chunk is asked for: this starts it.
    Ready(Box<dyn FnOnce() -> Pipeline + Send>),
    Running(Pipeline),
    Held(ChunkData),
    Finished,
    Failed(Code, String),
    /// By whoever reads it.
    Ended,
}

impl ResultReader {
    /// The result of a statement that succeeded: `response` carries its manifest and first chunk. `zone` is what the client has set for TIMESTAMP
    /// columns; without it they have the zone that the chunks say, or `session` where there are none.
    pub(crate) fn new(
        statement: Arc<StatementHandle>,
        response: StatementResponse,
        config: &ResultConfig,
        zone: Option<&str>,
        session: Arc<dyn SessionZone>,
    ) -> Result<Self> {
        let query_id = statement.id.clone();
        let downloads = statement.client.store().max_connections();
        Self::open(statement, response, config, zone, session, downloads)
            .map(|reader| Self { query_id: Some(query_id.clone()), ..reader })
            .map_err(|error| error.of_query(&query_id))
    }

    fn open<B: Backend>(
        backend: Arc<B>,
        response: StatementResponse,
        config: &ResultConfig,
        zone: Option<&str>,
        session: Arc<dyn SessionZone>,
        downloads: usize,
    ) -> Result<Self> {
        let finish = Finish(Arc::clone(&backend));
        let manifest = response.manifest.ok_or_else(|| {
            Error::internal("the server says that the statement succeeded and sent no manifest of its result")
        })?;
        let extent = Extent::of(&manifest)?;
        let layout = Arc::new(Layout::new(&manifest, config, zone)?);
        let closed = response.status.state == "CLOSED";
        let links = Links::new(extent, Offsets::of(&manifest)?, closed, response.result.unwrap_or_default())?;
        if extent == Extent::default() && links.are_none() && !manifest.schema.columns.is_empty() {
            return Err(Error::data_loss("the server announced neither rows nor chunks of the result, and sent none"));
        }
        let limits = Limits { memory_budget: config.memory_budget()?, downloads, part_length: PART_LENGTH };
        let heading = Heading::new(Arc::clone(&layout), session);
        let downloader = Downloader::new(backend, layout, links, limits);
        let state = if extent.chunk_count == Some(0) {
            State::Finished
        } else {
            State::Ready(Box::new(move || Pipeline::start(downloader, finish, downloads)))
        };
        let totals = Totals { announced: extent, ..Totals::default() };
        let progress = Progress {
            total_bytes: manifest.total_byte_count,
            total_rows: extent.row_count,
            total_chunks: extent.chunk_count,
            ..Progress::default()
        };
        Ok(Self {
            heading,
            query_id: None,
            totals,
            progress,
            reports: Arc::default(),
            truncated: manifest.truncated,
            put_back: None,
            handed_over: None,
            state,
        })
    }

    /// A result that the kernel holds in memory.
    pub(crate) fn from_batch(batch: &RecordBatch) -> Result<Self> {
        let chunk = ChunkData::encode(&batch.schema(), std::slice::from_ref(batch))?;
        let totals =
            Totals { announced: Extent { row_count: Some(chunk.row_count), chunk_count: None }, ..Totals::default() };
        Ok(Self {
            heading: Heading::of(batch.schema()),
            query_id: None,
            totals,
            progress: Progress::default(),
            reports: Arc::default(),
            truncated: false,
            put_back: None,
            handed_over: None,
            state: State::Held(chunk),
        })
    }

    /// Makes `chunk`, the last that was read, the next to be read again.
    pub(crate) fn put_back(&mut self, chunk: ChunkData) {
        self.progress.bytes -= chunk.stream.len() as i64;
        self.progress.rows -= chunk.row_count;
        self.progress.chunks -= 1;
        self.put_back = Some(chunk);
    }

    /// The schema of every chunk, where it is known without waiting.
    pub(crate) fn known_schema(&self) -> Option<&SchemaRef> {
        self.heading.schema()
    }

    /// The schema of every chunk. Where the zone of its timestamps is not known, the first chunk is read, which stays the next to be read;
    /// without a chunk the session is asked. Also after `end`. Cancel-safe.
    pub(crate) async fn schema(&mut self) -> Result<SchemaRef> {
        if self.heading.schema().is_none()
            && !self.heading.is_text_without_zone()
            && !matches!(self.state, State::Ended)
        {
            self.put_back = self.read().await?;
        }
        match self.heading.schema() {
            Some(known) => Ok(Arc::clone(known)),
            None => self.heading.of_session().await.map_err(|error| self.of_query(error)),
        }
    }

    /// The column of this name.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.heading.columns()?.index_of(name).ok()
    }

    /// Ends the result: stops its downloads and frees what was not handed over.
    pub(crate) fn end(&mut self) {
        (self.put_back, self.handed_over, self.state) = (None, None, State::Ended);
    }

    /// How many rows the manifest announced; absent when it did not say.
    pub(crate) fn total_row_count(&self) -> Option<i64> {
        self.totals.announced.row_count
    }

    /// Whether a row limit or a limit of the server's cut the result.
    pub(crate) fn truncated(&self) -> bool {
        self.truncated
    }

    /// Who is told how far the result was read.
    pub(crate) fn progress_reports(&self) -> &Arc<ProgressReports> {
        &self.reports
    }

    /// The next chunk in order, never one without rows; `None` after the last, when all rows of the manifest were delivered.
    /// Cancel-safe: a dropped call loses no chunk.
    pub(crate) async fn next_chunk(&mut self) -> Result<Option<ChunkData>> {
        let chunk = match self.put_back.take() {
            Some(chunk) => Some(chunk),
            None => self.read().await?,
        };
        if let Some(chunk) = &chunk {
            self.tell_progress(chunk);
        }
        Ok(chunk)
    }

    async fn read(&mut self) -> Result<Option<ChunkData>> {
        let outcome = self.advance().await;
        if let Err(error) = &outcome
            && !matches!(self.state, State::Ended)
        {
            self.state = State::Failed(error.code, error.details.clone());
        }
        outcome.map_err(|error| self.of_query(error))
    }

    fn of_query(&self, error: Error) -> Error {
        match &self.query_id {
            Some(id) => error.of_query(id),
            None => error,
        }
    }

    fn tell_progress(&mut self, chunk: &ChunkData) {
        self.progress.bytes += chunk.stream.len() as i64;
        self.progress.rows += chunk.row_count;
        self.progress.chunks += 1;
        self.reports.tell(&self.progress);
    }

    async fn advance(&mut self) -> Result<Option<ChunkData>> {
        self.handed_over = None;
        if self.totals.are_reached() && matches!(self.state, State::Ready(_) | State::Running(_)) {
            self.state = State::Finished;
        }
        if matches!(self.state, State::Ready(_)) && self.heading.is_text_without_zone() {
            self.heading.of_session().await?;
        }
        if matches!(self.state, State::Ready(_))
            && let State::Ready(start) = std::mem::replace(&mut self.state, State::Finished)
        {
            self.state = State::Running(start());
        }
        loop {
            let pipeline = match &mut self.state {
                State::Running(pipeline) => pipeline,
                State::Ended => return Err(Error::new(Code::InvalidStatementHandle, "the result was closed")),
                State::Failed(code, details) => return Err(Error::new(*code, details.clone())),
                State::Held(_) => return Ok(self.take_held()),
                State::Finished | State::Ready(_) => {
                    self.totals.check()?;
                    return Ok(None);
                }
            };
            match pipeline.next().await {
                Delivery::Failed(error) => return Err(error),
                Delivery::End => self.state = State::Finished,
                Delivery::Chunk(chunk, mut reservation) => {
                    self.handed_over = reservation.hand_over().then_some(reservation);
                    self.totals.add(&chunk)?;
                    self.heading.take(&chunk)?;
                    if chunk.row_count > 0 {
                        return Ok(Some(chunk));
                    }
                    self.progress.chunks += 1;
                }
            }
        }
    }

    fn take_held(&mut self) -> Option<ChunkData> {
        let State::Held(chunk) = std::mem::replace(&mut self.state, State::Finished) else { return None };
        self.totals.rows = chunk.row_count;
        (chunk.row_count > 0).then_some(chunk)
    }
}

impl Totals {
    fn add(&mut self, chunk: &ChunkData) -> Result<()> {
        self.chunks += 1;
        let rows = self.rows.checked_add(chunk.row_count);
        self.rows = rows.ok_or_else(|| Error::data_loss("the result's chunks have more rows than can be counted"))?;
        // There is no use in waiting for the rest.
        if self.announced.row_count.is_some_and(|announced| self.rows > announced) { self.check_rows() } else { Ok(()) }
    }

    /// Whether all rows were delivered where only they say how long the result is: chunks beyond them are none of it.
    fn are_reached(&self) -> bool {
        self.announced.chunk_count.is_none() && self.announced.row_count == Some(self.rows)
    }

    /// A result that is not as long as announced is an error, however it came about.
    fn check(&self) -> Result<()> {
        if let Some(announced) = self.announced.chunk_count.filter(|announced| *announced != self.chunks) {
            let details = format!("the result has {announced} chunks, the server delivered {}", self.chunks);
            return Err(Error::data_loss(details));
        }
        self.check_rows()
    }

    fn check_rows(&self) -> Result<()> {
        if let Some(announced) = self.announced.row_count.filter(|announced| *announced != self.rows) {
            let details = format!("the result has {announced} rows, the server delivered {}", self.rows);
            return Err(Error::data_loss(details));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
