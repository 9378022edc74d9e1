//! A part of a chunk's body: its bytes in order, over as many connections as it takes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::line::Line;
use super::server::{Backend, Pieces as _};
use crate::error::{Code, Error, Result};
use crate::sea::wire::ExternalLink;
use crate::transport::ByteRange;

/// How often a part goes on over another connection, whatever went wrong with the last one.
const CONNECTIONS: u32 = 6;

/// What the parts of one body share.
pub(in crate::result) struct Origin<B> {
    pub(in crate::result) backend: Arc<B>,
    pub(in crate::result) link: ExternalLink,
    pub(in crate::result) line: Arc<Line>,
    found: Mutex<Option<Found>>,
    /// Closed once the store has answered.
    answer: Semaphore,
    /// Closed once there is room for the body.
    admission: Semaphore,
}

/// What the replies say of the body; all must say the same.
#[derive(Clone, PartialEq, Eq)]
struct Found {
    total: Option<u64>,
    version: Option<Vec<u8>>,
}

impl<B: Backend> Origin<B> {
    pub(in crate::result) fn new(backend: Arc<B>, link: ExternalLink, line: Arc<Line>) -> Arc<Self> {
        let closes = || Semaphore::new(0);
        Arc::new(Self { backend, link, line, found: Mutex::default(), answer: closes(), admission: closes() })
    }

    /// There is room for the body: it may be read. Until then it is only asked for.
    pub(in crate::result) fn admit(&self) {
        self.admission.close();
    }

    async fn admitted(&self) {
        let _ = self.admission.acquire().await;
    }

    /// Waits until the store has answered: from here on bytes arrive.
    pub(in crate::result) async fn answered(&self) {
        let _ = self.answer.acquire().await;
    }

    /// Leave to ask for the body or a part of it.
    async fn permit_to_ask(&self) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            biased;
            () = self.admitted() => None,
            permit = self.line.permit_ahead() => permit,
        }
    }

    /// The length of the whole body, once a reply has told it.
    pub(in crate::result) fn total(&self) -> Option<u64> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.total
    }

    fn agree(&self, reply: Found) -> Result<()> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if *found.get_or_insert_with(|| reply.clone()) == reply {
            Ok(())
        } else {
            Err(mismatch("changed while it was read"))
        }
    }
}

/// From `start` on, up to `end` or to the body's last byte.
pub(in crate::result) struct Part<B: Backend> {
    origin: Arc<Origin<B>>,
    start: u64,
    /// Where it ends, once that is known.
    end: Option<u64>,
    /// Whether no more than the part is asked for.
    ranged: bool,
    position: u64,
    /// Whether a connection that is lost can be gone on from where it broke.
    resumable: bool,
    connection: Option<Connection<B::Body>>,
    lost: u32,
}

struct Connection<T> {
    body: T,
    bytes: u64,
    /// How long its bytes were waited for: a reader that takes its time does not count.
    waited: Duration,
    permit: Option<OwnedSemaphorePermit>,
}

/// Why a body does not come.
#[derive(Debug)]
pub(in crate::result) enum Broken {
    /// The store does not open the link; where that could help it was asked again.
    Refused(Error),
    /// What came broke off or does not fit; from the beginning it may be whole.
    Interrupted(Error),
}

/// Why a connection does not go on.
enum Lost {
    /// It broke, or was given up: another one may do.
    Connection(Error),
    /// Another connection would bring the same.
    Body(Broken),
}

impl<B: Backend> Part<B> {
    /// The whole body in one reply.
    pub(in crate::result) fn whole(origin: Arc<Origin<B>>) -> Self {
        Self::new(origin, 0, None, false)
    }

    /// A part of it, asked for as such.
    pub(in crate::result) fn ranged(origin: Arc<Origin<B>>, start: u64, end: Option<u64>) -> Self {
        Self::new(origin, start, end, true)
    }

    fn new(origin: Arc<Origin<B>>, start: u64, end: Option<u64>, ranged: bool) -> Self {
        Self { origin, start, end, ranged, position: start, resumable: false, connection: None, lost: 0 }
    }

    /// The next bytes; `None` after the last.
    pub(in crate::result) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            if self.end.is_some_and(|end| self.position >= end) {
                self.connection = None;
                return Ok(None);
            }
            match self.read().await {
                Ok(Some(bytes)) => return Ok(Some(bytes)),
                Ok(None) => self.end = Some(self.position),
                Err(Lost::Body(broken)) => return Err(broken),
                Err(Lost::Connection(error)) => {
                    self.connection = None;
                    self.lost += 1;
                    let from_the_start = self.position == self.start;
                    if self.lost >= CONNECTIONS || !(self.resumable || from_the_start) {
                        return Err(Broken::Interrupted(error));
                    }
                    tracing::debug!(position = self.position, %error, "the rest is fetched over another connection");
                }
            }
        }
    }

    /// Nothing is read for a while: gives up the leave to download, not the connection.
    pub(in crate::result) fn pause(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.permit = None;
        }
    }

    async fn read(&mut self) -> Result<Option<Bytes>, Lost> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let began = Instant::now();
        let read = patiently(self.patience(), connection.body.next()).await?;
        connection.waited += began.elapsed();
        let Some(mut bytes) = read.map_err(Lost::Connection)? else {
            self.arrived(&connection);
            return match self.end {
                Some(_) => Err(Lost::Connection(Error::new(Code::NetworkError, "a part of a chunk ended early"))),
                None => Ok(None),
            };
        };
        if let Some(end) = self.end {
            bytes.truncate(usize::try_from(end - self.position).unwrap_or(usize::MAX));
        }
        self.position += bytes.len() as u64;
        connection.bytes += bytes.len() as u64;
        if self.end == Some(self.position) {
            self.arrived(&connection);
        } else if self.resumable && self.origin.line.is_straggling(connection.bytes, connection.waited, self.lost) {
            tracing::debug!(position = self.position, "a connection is far behind the others and is given up");
            self.lost += 1;
        } else {
            self.connection = Some(connection);
        }
        Ok(Some(bytes))
    }

    fn arrived(&self, connection: &Connection<B::Body>) {
        self.origin.line.arrived(connection.bytes, connection.waited);
    }

    async fn connect(&mut self) -> Result<Connection<B::Body>, Lost> {
        let _ahead = self.origin.permit_to_ask().await;
        let permit = self.origin.line.permit().await;
        let asked =
            (self.ranged || self.position > self.start).then_some(ByteRange { start: self.position, end: self.end });
        let began = Instant::now();
        let opened = patiently(self.patience(), self.origin.backend.open(&self.origin.link, asked)).await?;
        let body = opened.map_err(|error| Lost::Body(Broken::Refused(error)))?;
        self.origin.line.answered(began.elapsed(), body.takes_ranges());
        self.resumable = body.takes_ranges();
        self.accept(&body, asked).map_err(|error| Lost::Body(Broken::Interrupted(error)))?;
        self.origin.answer.close();
        self.origin.admitted().await;
        Ok(Connection { body, bytes: 0, waited: Duration::ZERO, permit })
    }

    /// Checks that a reply is what was asked for, and learns from it where the part ends.
    fn accept(&mut self, body: &B::Body, asked: Option<ByteRange>) -> Result<()> {
        let sent = body.sent_range();
        let total = sent.map(|sent| sent.total).or(body.content_length());
        self.origin.agree(Found { total, version: body.version().map(<[u8]>::to_vec) })?;
        match (asked, sent) {
            (Some(asked), Some(sent)) => {
                let end = asked.end.map_or(sent.total, |end| end.min(sent.total));
                if (sent.start, sent.end) != (asked.start, end) {
                    return Err(mismatch("came in another part than the one that was asked for"));
                }
                self.end = Some(end);
            }
            (Some(_), None) if self.position > 0 => {
                return Err(mismatch("did not come in the part that was asked for"));
            }
            (_, Some(_)) => return Err(mismatch("came in a part, it was asked for as a whole")),
            (_, None) => self.end = total,
        }
        Ok(())
    }

    /// How long a connection is waited for; none is as long as it takes, for where it could not be gone on from, nothing is gained.
    fn patience(&self) -> Option<Duration> {
        let replaceable = self.resumable || self.position == self.start;
        self.origin.line.patience(self.lost).filter(|_| replaceable)
    }
}

async fn patiently<T>(patience: Option<Duration>, work: impl Future<Output = T>) -> Result<T, Lost> {
    let Some(patience) = patience else { return Ok(work.await) };
    tokio::time::timeout(patience, work).await.map_err(|_| {
        let details = format!("the store of results sent nothing for {patience:?}");
        Lost::Connection(Error::new(Code::Timeout, details))
    })
}

/// A reply that does not fit the others: fetched again, and as a whole, the body may be right.
fn mismatch(what: &str) -> Error {
    let mut error = Error::new(Code::NetworkError, format!("a chunk of the result {what}"));
    error.retryable = true;
    error
}
