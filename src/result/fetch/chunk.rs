//! One chunk, from its link or attachment to what is handed over, fetched again when it arrives damaged.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Semaphore;

use super::body::{Body, Sharing};
use super::decoding::{Decoded, Decoding};
use super::line::Line;
use super::part::{Broken, Origin};
use super::server::Backend;
use crate::error::{Error, Result};
use crate::result::ChunkData;
use crate::result::decode::check::Checker;
use crate::result::decode::json;
use crate::result::defect::Defect;
use crate::result::layout::Layout;
use crate::result::links::{Links, Piece, Source};
use crate::result::memory::budget::{Budget, Reservation};
use crate::result::memory::output::Output;
use crate::result::memory::raw::NoMemory;
use crate::result::pipeline::Limits;
use crate::runtime::threads;
use crate::sea::wire::{ExternalLink, TextRows};
use crate::transport::{Attempts, Failure as AttemptFailed, RequestKind, SystemClock};

/// What the downloads of one result share.
pub(in crate::result) struct Downloader<B> {
    pub(in crate::result) backend: Arc<B>,
    pub(in crate::result) layout: Arc<Layout>,
    pub(in crate::result) line: Arc<Line>,
    pub(in crate::result) budget: Arc<Budget>,
    links: Mutex<Links>,
    /// Held during a chunk call: one at a time.
    calling: tokio::sync::Mutex<()>,
    /// Leave to decode, near the store.
    pub(super) decoding: Semaphore,
}

/// Why an attempt failed, and what may help.
enum Failure {
    /// The same link again.
    Retry(Error),
    /// Another link.
    Relink(Error),
    /// Nothing.
    Final(Error),
}

impl<B: Backend> Downloader<B> {
    pub(in crate::result) fn new(backend: Arc<B>, layout: Arc<Layout>, links: Links, limits: Limits) -> Self {
        Self {
            line: Arc::new(Line::new(limits.downloads, limits.part_length, backend.line())),
            backend,
            layout,
            budget: Budget::new(limits.memory_budget),
            links: Mutex::new(links),
            calling: tokio::sync::Mutex::new(()),
            decoding: Semaphore::new(threads()),
        }
    }

    pub(in crate::result) fn links(&self) -> MutexGuard<'_, Links> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the server for a chunk that nothing usable is known of. A failure is none while the link that is held still works.
    pub(in crate::result) async fn ask(&self, index: i64) -> Result<()> {
        let _one_at_a_time = self.calling.lock().await;
        let reply = self.backend.chunk(index).await;
        let mut links = self.links();
        match reply {
            Ok(reply) => links.absorb(reply, Some(index)),
            Err(_) if links.keep(index, SystemTime::now()) => Ok(()),
            Err(error) => Err(links.call_failed(index, error)),
        }
    }

    /// The chunk, decompressed, checked and rewritten. `held` grows to what it takes.
    pub(in crate::result) async fn fetch(&self, mut piece: Piece, held: &mut Reservation) -> Result<ChunkData> {
        let index = piece.index;
        let mut attempts = self.backend.attempts();
        // What went wrong in parts may be right as a whole.
        let mut may_split = true;
        loop {
            let failure = match self.attempt(&mut piece, held, &mut attempts, may_split).await {
                Ok(chunk) => return Ok(chunk),
                Err(failure) => failure,
            };
            let (error, relink) = match failure {
                // What came with a reply would be the same again.
                Failure::Retry(error) if !matches!(piece.source, Source::Link(_)) => return Err(error),
                Failure::Retry(error) => (error, false),
                Failure::Relink(error) => (error, true),
                Failure::Final(error) => return Err(error),
            };
            tracing::debug!(chunk = index, attempt = attempts.number(), %error, "chunk has to be fetched again");
            may_split = false;
            if relink && self.links().refusal().is_some() {
                return Err(error);
            }
            attempts.discard();
            attempts.again(&SystemClock, RequestKind::Link, AttemptFailed::reply_lost(error)).await?;
            if relink {
                piece = self.relink(index).await?;
            }
        }
    }

    /// Another link for a chunk whose link failed.
    async fn relink(&self, index: i64) -> Result<Piece> {
        self.ask(index).await?;
        self.links().take_again(index).ok_or_else(|| Error::internal("a link that was asked for is not there"))
    }

    async fn attempt(
        &self,
        piece: &mut Piece,
        held: &mut Reservation,
        attempts: &mut Attempts,
        may_split: bool,
    ) -> Result<ChunkData, Failure> {
        let row_count = self.layout.row_count(piece.index, piece.row_count);
        let Decoded { output, checker } = match &mut piece.source {
            Source::Rows(rows) => return self.rows(std::mem::take(rows), piece.index, row_count).await,
            Source::Attachment(base64) => {
                let decoded = self.attachment(base64, piece.index, row_count, held).await;
                decoded.map_err(|defect| of_defect(defect, piece.index))?
            }
            Source::Link(link) => self.download(link, piece.index, row_count, held, attempts, may_split).await?,
        };
        match checker {
            None => {
                let TextRows(rows) = serde_json::from_slice(output.decoded()).map_err(|error| {
                    let details = format!("its rows are damaged at byte {}", error.column());
                    Failure::Retry(Defect::damaged(details).of_chunk(piece.index))
                })?;
                drop(output);
                self.rows(rows, piece.index, row_count).await
            }
            Some(checker) => self.arrow(output, checker, piece.index).await,
        }
    }

    async fn download(
        &self,
        link: &ExternalLink,
        index: i64,
        row_count: Option<i64>,
        held: &mut Reservation,
        attempts: &mut Attempts,
        may_split: bool,
    ) -> Result<Decoded, Failure> {
        let backend = Arc::clone(&self.backend);
        let origin = Origin::new(backend, link.clone(), Arc::clone(&self.line), attempts.clone());
        let decoded = self.decoded(&origin, link, index, row_count, held, may_split).await;
        attempts.join(&origin.attempts());
        decoded
    }

    async fn decoded(
        &self,
        origin: &Arc<Origin<B>>,
        link: &ExternalLink,
        index: i64,
        row_count: Option<i64>,
        held: &mut Reservation,
        may_split: bool,
    ) -> Result<Decoded, Failure> {
        let announced = compressed_size(link);
        // Of a body of unknown length its first bytes tell whether parts are worth it.
        let expected = self.layout.sizes.body(announced).unwrap_or_default();
        let sharing = may_split.then(|| self.sharing(index, expected));
        let mut body = Body::new(Arc::clone(origin), expected, sharing).await;
        let admission = async {
            if held.is_ahead() {
                // What the reader waits for must not wait for leave to ask that later chunks have: they wait for it.
                tokio::select! {
                    () = origin.answered() => {}
                    () = held.awaited(index) => {}
                }
                held.admit(index).await;
            }
            origin.admit();
            Ok(())
        };
        let (mut next, ()) = tokio::try_join!(body.next(), admission).map_err(not_fetched)?;
        if !held.is_awaited(index) {
            body.gathered().await;
        }
        // From here on the chunk is more than what was downloaded of it.
        let mut decoding = Decoding::begin(self, index, row_count, body.total(), held, Some(&mut body)).await;
        let mut length = 0;
        while let Some(bytes) = next {
            length += bytes.len() as u64;
            decoding.push(&bytes, Some(&mut body)).await.map_err(|defect| of_defect(defect, index))?;
            drop(bytes);
            next = body.next().await.map_err(not_fetched)?;
        }
        let decoded = decoding.finish().map_err(|defect| of_defect(defect, index))?;
        self.layout.sizes.arrived(index, decoded.output.decoded_len() as u64, length, announced);
        Ok(decoded)
    }

    /// As many bodies are under way as the budget has room for, and as chunks are left.
    fn sharing(&self, index: i64, length: u64) -> Sharing {
        let ahead = self.budget.limit();
        let left = self.links().left_from(index).unwrap_or(u64::MAX);
        Sharing { ahead, bodies: (ahead / length.max(1)).min(left).max(1) }
    }

    async fn attachment(
        &self,
        base64: &str,
        index: i64,
        row_count: Option<i64>,
        held: &mut Reservation,
    ) -> Result<Decoded, Defect> {
        let mut body = Vec::new();
        let length = base64::decoded_len_estimate(base64.len());
        body.try_reserve_exact(length).map_err(|_| NoMemory(length))?;
        STANDARD
            .decode_vec(base64, &mut body)
            .map_err(|error| Defect::damaged(format!("its base64 is damaged: {error}")))?;
        let mut decoding = Decoding::begin(self, index, row_count, Some(body.len() as u64), held, None).await;
        decoding.push(&body, None).await?;
        decoding.finish()
    }

    async fn arrow(&self, output: Output, checker: Checker, index: i64) -> Result<ChunkData, Failure> {
        let checked = checker.finish(output.decoded()).map_err(|defect| of_defect(defect, index))?;
        let labels = &self.layout.labels;
        let label = labels.of_zone(checked.zone.as_deref().unwrap_or_default());
        let label = label.map_err(|defect| of_defect(defect, index))?;
        let zone = labels.fixed().is_none().then(|| Arc::clone(&label.zone));
        let chunk = label.message.relabel(output, &checked).map_err(Failure::Final)?;
        if label.rewrites.are_none() {
            return Ok(ChunkData { zone, ..chunk });
        }
        let rewritten = off_the_workers(move || label.rewrites.apply(&chunk, &label.schema)).await?;
        Ok(ChunkData { zone, ..rewritten })
    }

    async fn rows(
        &self,
        rows: Vec<Vec<Option<String>>>,
        index: i64,
        row_count: Option<i64>,
    ) -> Result<ChunkData, Failure> {
        let label = self.layout.labels.of_text().cloned();
        let label = label.ok_or_else(|| Failure::Final(Error::internal("rows of text were read before their zone")))?;
        off_the_workers(move || {
            let chunk = json::chunk(rows, &label.sent_schema, row_count).map_err(|defect| defect.of_chunk(index))?;
            if label.rewrites.are_none() { Ok(chunk) } else { label.rewrites.apply(&chunk, &label.schema) }
        })
        .await
    }
}

/// Runs what decodes arrays where it delays no other download.
async fn off_the_workers(work: impl FnOnce() -> Result<ChunkData> + Send + 'static) -> Result<ChunkData, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::internal("a chunk could not be converted").because(error)))
        .map_err(Failure::Final)
}

fn of_defect(defect: Defect, index: i64) -> Failure {
    match &defect {
        Defect::Damaged(_) => Failure::Retry(defect.of_chunk(index)),
        Defect::Foreign(_) | Defect::TooLarge(_) | Defect::TooLong(_) | Defect::NoMemory(_) => {
            Failure::Final(defect.of_chunk(index))
        }
    }
}

/// How long a link's body is, as far as the link tells: a hint.
pub(in crate::result) fn compressed_size(link: &ExternalLink) -> Option<u64> {
    link.byte_count.and_then(|count| u64::try_from(count).ok())
}

/// A store answers 400, 403 or 404 when a link has expired. Other failures to open it were tried again where that could help.
fn not_fetched(broken: Broken) -> Failure {
    match broken {
        Broken::Interrupted(error) => Failure::Retry(error),
        Broken::Refused(error) if matches!(error.http_status, Some(400 | 403 | 404)) => Failure::Relink(error),
        Broken::Refused(error) => Failure::Final(error),
    }
}
