//! One download over as many connections as it takes: it goes on where the one before broke off.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::body::ByteRange;
use super::content::{Content, ReplyBody};
use crate::error::{Code, Error, Result};
use crate::transport::RequestKind;
use crate::transport::attempts::Attempts;
use crate::transport::retry::{Failure, SystemClock};

/// After so many bytes in a row a download that may be of any length has its attempts anew.
const WORTH_RENEWING: u64 = 1 << 20;

/// Which of the attempts a request is.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) number: u32,
    pub(crate) is_last: bool,
}

/// Where a download comes from, and what is expected of its connections.
pub(crate) trait Origin: Send {
    type Body: ReplyBody;

    /// Whether a download of any length comes from here. It is then gone on with also where the store sends no parts, by reading past
    /// what came before, and progress gives it its attempts anew.
    const IS_ENDLESS: bool;

    /// Returns when a connection may be used.
    fn permitted(&mut self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Sends one request for the whole, or for a range of it.
    fn open(
        &mut self,
        range: Option<ByteRange>,
        turn: Turn,
    ) -> impl Future<Output = Result<Self::Body, Failure>> + Send;

    /// A reply fits. Returns when it may be read.
    fn accepted(&mut self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// The connection is not used any more.
    fn closed(&mut self) {}

    /// How long to wait for bytes before the connection is given up for another one; `None` is as long as the store's limits allow.
    fn patience(&self, _given_up: u32) -> Option<Duration> {
        None
    }

    /// Whether a connection that brought `bytes` while it was `waited` for is far behind the others.
    fn is_straggling(&self, _bytes: u64, _waited: Duration, _given_up: u32) -> bool {
        false
    }

    /// A connection has brought all that it was to bring.
    fn arrived(&self, _bytes: u64, _waited: Duration) {}
}

/// Why a download does not go on.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The store does not open the link; where that could help it was asked again.
    Refused(Error),
    /// What came broke off, as often as may be.
    Interrupted(Error),
    /// A reply does not fit what was asked for, or the others; the text says how.
    Mismatch(&'static str),
}

/// The bytes from `start` on, up to `end` or to the last one.
pub(crate) struct Resume<O: Origin> {
    pub(crate) origin: O,
    attempts: Attempts,
    start: u64,
    /// Where it ends, once that is known.
    end: Option<u64>,
    /// Whether no more than this part is asked for.
    ranged: bool,
    position: u64,
    /// Whether a connection that is lost can be gone on from where it broke.
    resumable: bool,
    connection: Option<Connection<O::Body>>,
    /// How often a slow connection was given up.
    given_up: u32,
    /// How many bytes have come since something failed.
    in_a_row: u64,
}

struct Connection<T> {
    body: T,
    /// What was read and not handed out.
    ready: Option<Bytes>,
    bytes: u64,
    /// How long its bytes were waited for: a reader that takes its time does not count.
    waited: Duration,
}

/// Why a connection does not go on.
enum Lost {
    /// It is slow: another one may do better.
    GivenUp(Error),
    /// The store did not open the link.
    Unopened(Failure),
    /// It broke.
    Broken(Error),
    /// Another connection would bring the same.
    Mismatch(Broken),
}

impl<O: Origin> Resume<O> {
    /// The whole in one reply.
    pub(crate) fn whole(origin: O, attempts: Attempts) -> Self {
        Self::new(origin, 0, None, false, attempts)
    }

    /// A part of it, asked for as such.
    pub(crate) fn ranged(origin: O, start: u64, end: Option<u64>, attempts: Attempts) -> Self {
        Self::new(origin, start, end, true, attempts)
    }

    fn new(origin: O, start: u64, end: Option<u64>, ranged: bool, attempts: Attempts) -> Self {
        Self {
            origin,
            attempts,
            start,
            end,
            ranged,
            position: start,
            resumable: false,
            connection: None,
            given_up: 0,
            in_a_row: 0,
        }
    }

    /// What this download has used of its attempts.
    pub(crate) fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    /// Up to where bytes were handed out.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The next bytes; `None` after the last. All replies must agree with `content`. Cancel-safe.
    pub(crate) async fn next(&mut self, content: &Content) -> Result<Option<Bytes>, Broken> {
        loop {
            if self.end.is_some_and(|end| self.position >= end) {
                self.close();
                return Ok(None);
            }
            match self.read(content).await {
                Ok(Some(bytes)) => return Ok(Some(bytes)),
                Ok(None) => self.end = Some(self.position),
                Err(lost) => self.recover(lost).await?,
            }
        }
    }

    /// Waits until another connection may be tried, where that can help.
    async fn recover(&mut self, lost: Lost) -> Result<(), Broken> {
        self.close();
        self.in_a_row = 0;
        match lost {
            Lost::Mismatch(broken) => Err(broken),
            Lost::GivenUp(error) => {
                tracing::debug!(position = self.position, %error, "the rest is fetched over another connection");
                self.given_up = self.given_up.saturating_add(1);
                self.attempts.give_up();
                Ok(())
            }
            Lost::Unopened(failure) => {
                self.attempts.again(&SystemClock, RequestKind::Link, failure).await.map_err(Broken::Refused)
            }
            Lost::Broken(error) if !self.is_replaceable() => Err(Broken::Interrupted(error)),
            Lost::Broken(error) => {
                let failure = if error.retryable { Failure::reply_lost(error) } else { Failure::from(error) };
                self.attempts.again(&SystemClock, RequestKind::Link, failure).await.map_err(Broken::Interrupted)
            }
        }
    }

    async fn read(&mut self, content: &Content) -> Result<Option<Bytes>, Lost> {
        if self.connection.is_none() {
            self.connection = Some(self.connect(content).await?);
        }
        let patience = self.patience();
        let Some(connection) = &mut self.connection else { return Ok(None) };
        let began = Instant::now();
        let next = async {
            match connection.ready.take() {
                Some(bytes) => Ok(Some(bytes)),
                None => connection.body.next().await.map_err(Failure::reply_lost),
            }
        };
        let read = self.attempts.patiently(&SystemClock, RequestKind::Link, patience, next).await;
        connection.waited = connection.waited.saturating_add(began.elapsed());
        let read = read.ok_or_else(|| Lost::GivenUp(slow(patience)))?;
        let Some(mut bytes) = read.map_err(|failure| Lost::Broken(failure.error))? else {
            self.origin.arrived(connection.bytes, connection.waited);
            return match self.end {
                Some(end) if self.position < end => Err(Lost::Broken(ended_early())),
                _ => Ok(None),
            };
        };
        if let Some(end) = self.end {
            bytes.truncate(usize::try_from(end - self.position).unwrap_or(usize::MAX));
        }
        let length = bytes.len() as u64;
        self.position = self.position.saturating_add(length);
        connection.bytes = connection.bytes.saturating_add(length);
        if self.end == Some(self.position) {
            self.origin.arrived(connection.bytes, connection.waited);
            self.close();
        } else if self.resumable
            && !self.attempts.is_last()
            && self.origin.is_straggling(connection.bytes, connection.waited, self.given_up)
        {
            tracing::debug!(position = self.position, "a connection is far behind the others and is given up");
            self.given_up += 1;
            self.attempts.give_up();
            self.close();
        }
        self.in_a_row = self.in_a_row.saturating_add(length);
        if O::IS_ENDLESS && self.in_a_row >= WORTH_RENEWING {
            self.attempts.renew();
        }
        Ok(Some(bytes))
    }

    async fn connect(&mut self, content: &Content) -> Result<Connection<O::Body>, Lost> {
        let asked =
            (self.ranged || self.position > self.start).then_some(ByteRange { start: self.position, end: self.end });
        self.origin.permitted().await;
        let patience = self.patience();
        let open = self.origin.open(asked, Turn { number: self.attempts.number(), is_last: self.attempts.is_last() });
        let opened = self.attempts.patiently(&SystemClock, RequestKind::Link, patience, open).await;
        let mut body = opened.ok_or_else(|| Lost::GivenUp(slow(patience)))?.map_err(Lost::Unopened)?;
        self.resumable = body.takes_ranges();
        let known = self.accept(&body, asked, content).map_err(Lost::Mismatch)?;
        self.origin.accepted().await;
        let ready = self.read_past(&mut body, known).await?;
        Ok(Connection { body, ready, bytes: 0, waited: Duration::ZERO })
    }

    /// Checks that a reply is what was asked for, and learns from it where the download ends. Answers how many bytes of it came before.
    fn accept(&mut self, body: &O::Body, asked: Option<ByteRange>, content: &Content) -> Result<u64, Broken> {
        let sent = body.sent_range();
        let total = sent.map(|sent| sent.total).or(body.content_length());
        if !content.agrees(total, body) {
            return Err(Broken::Mismatch("changed while it was read"));
        }
        match (asked, sent) {
            (Some(asked), Some(sent)) => {
                let end = asked.end.map_or(sent.total, |end| end.min(sent.total));
                if (sent.start, sent.end) != (asked.start, end) {
                    return Err(Broken::Mismatch("came in another part than the one that was asked for"));
                }
                self.end = Some(end);
            }
            (Some(_), None) if self.position > 0 && !O::IS_ENDLESS => {
                return Err(Broken::Mismatch("did not come in the part that was asked for"));
            }
            (_, Some(_)) => return Err(Broken::Mismatch("came in a part, it was asked for as a whole")),
            (_, None) => {
                self.end = total;
                return Ok(self.position);
            }
        }
        Ok(0)
    }

    /// Reads past `known` bytes, which came before: the store sends the whole again. Answers what came behind them.
    async fn read_past(&mut self, body: &mut O::Body, mut known: u64) -> Result<Option<Bytes>, Lost> {
        while known > 0 {
            let next = async { body.next().await.map_err(Failure::reply_lost) };
            let read = self.attempts.limit(&SystemClock, RequestKind::Link, next).await;
            let mut bytes =
                read.map_err(|failure| Lost::Broken(failure.error))?.ok_or_else(|| Lost::Broken(ended_early()))?;
            let past = bytes.split_to(usize::try_from(known).unwrap_or(usize::MAX).min(bytes.len()));
            known -= past.len() as u64;
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    fn close(&mut self) {
        self.connection = None;
        self.origin.closed();
    }

    /// Whether another connection could go on from here.
    fn is_replaceable(&self) -> bool {
        self.resumable || O::IS_ENDLESS || self.position == self.start
    }

    /// How long a connection is waited for; none is as long as it takes: where it could not be gone on from, nothing is gained.
    fn patience(&self) -> Option<Duration> {
        let may_replace = self.is_replaceable() && !self.attempts.is_last();
        self.origin.patience(self.given_up).filter(|_| may_replace)
    }
}

fn slow(patience: Option<Duration>) -> Error {
    let details = format!("the store sent nothing for {:?}", patience.unwrap_or_default());
    Error { retryable: true, ..Error::new(Code::Timeout, details) }
}

fn ended_early() -> Error {
    let details = "the store ended a body before its last byte";
    Error { retryable: true, ..Error::new(Code::NetworkError, details) }
}

#[cfg(test)]
mod tests;
