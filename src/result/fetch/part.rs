//! A part of a chunk's body: its bytes in order, over as many connections as it takes, within what the line allows.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::line::Line;
use super::server::Backend;
use crate::error::{Code, Error};
use crate::fork::lock;
use crate::sea::wire::ExternalLink;
use crate::transport::{Attempts, ByteRange, Content, Failure, ReplyBody as _, Resume, resume};

/// What the parts of one body share.
pub(in crate::result) struct Origin<B> {
    pub(in crate::result) backend: Arc<B>,
    pub(in crate::result) link: ExternalLink,
    pub(in crate::result) line: Arc<Line>,
    content: Content,
    /// What the chunk had used of its attempts before: each part begins with it.
    before: Attempts,
    /// What the part with the most failures has used.
    used: Mutex<Attempts>,
    /// Closed once the store has answered.
    answer: Semaphore,
    /// Closed once there is room for the body.
    admission: Semaphore,
}

impl<B: Backend> Origin<B> {
    pub(in crate::result) fn new(
        backend: Arc<B>,
        link: ExternalLink,
        line: Arc<Line>,
        attempts: Attempts,
    ) -> Arc<Self> {
        let closes = || Semaphore::new(0);
        Arc::new(Self {
            backend,
            link,
            line,
            content: Content::default(),
            before: attempts.clone(),
            used: Mutex::new(attempts),
            answer: closes(),
            admission: closes(),
        })
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
        self.content.total()
    }

    /// What the chunk has used of its attempts.
    pub(in crate::result) fn attempts(&self) -> Attempts {
        lock(&self.used).clone()
    }
}

/// From `start` on, up to `end` or to the body's last byte.
pub(in crate::result) struct Part<B: Backend> {
    origin: Arc<Origin<B>>,
    download: Resume<OnLine<B>>,
}

/// Why a body does not come.
#[derive(Debug)]
pub(in crate::result) enum Broken {
    /// The store does not open the link; where that could help it was asked again.
    Refused(Error),
    /// What came broke off or does not fit; from the beginning it may be whole.
    Interrupted(Error),
}

impl<B: Backend> Part<B> {
    /// The whole body in one reply.
    pub(in crate::result) fn whole(origin: Arc<Origin<B>>) -> Self {
        let download = Resume::whole(OnLine::new(&origin), origin.before.clone());
        Self { origin, download }
    }

    /// A part of it, asked for as such.
    pub(in crate::result) fn ranged(origin: Arc<Origin<B>>, start: u64, end: Option<u64>) -> Self {
        let download = Resume::ranged(OnLine::new(&origin), start, end, origin.before.clone());
        Self { origin, download }
    }

    /// The next bytes; `None` after the last.
    pub(in crate::result) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        let outcome = self.download.next(&self.origin.content).await;
        if !matches!(outcome, Ok(Some(_))) {
            lock(&self.origin.used).join(self.download.attempts());
        }
        outcome.map_err(|broken| match broken {
            resume::Broken::Refused(error) => Broken::Refused(error),
            resume::Broken::Interrupted(error) => Broken::Interrupted(error),
            resume::Broken::Mismatch(how) => Broken::Interrupted(mismatch(how)),
        })
    }

    /// Nothing is read for a while: gives up the leave to download, not the connection.
    pub(in crate::result) fn pause(&mut self) {
        self.download.origin.permit = None;
    }
}

/// The store over the line: a connection needs leave, and is given up when it is far slower than the others.
struct OnLine<B> {
    shared: Arc<Origin<B>>,
    /// Leave to ask ahead, until the reply is there.
    ahead: Option<OwnedSemaphorePermit>,
    permit: Option<OwnedSemaphorePermit>,
}

impl<B: Backend> OnLine<B> {
    fn new(shared: &Arc<Origin<B>>) -> Self {
        Self { shared: Arc::clone(shared), ahead: None, permit: None }
    }
}

impl<B: Backend> resume::Origin for OnLine<B> {
    type Body = B::Body;

    const IS_ENDLESS: bool = false;

    async fn permitted(&mut self) {
        self.ahead = self.shared.permit_to_ask().await;
        self.permit = self.shared.line.permit().await;
    }

    async fn open(&mut self, range: Option<ByteRange>, turn: resume::Turn) -> Result<B::Body, Failure> {
        let began = Instant::now();
        let body = self.shared.backend.open(&self.shared.link, range, turn.number).await?;
        self.shared.line.answered(began.elapsed(), body.takes_ranges());
        Ok(body)
    }

    async fn accepted(&mut self) {
        self.shared.answer.close();
        self.shared.admitted().await;
        self.ahead = None;
    }

    fn closed(&mut self) {
        (self.ahead, self.permit) = (None, None);
    }

    fn patience(&self, given_up: u32) -> Option<Duration> {
        self.shared.line.patience(given_up)
    }

    fn is_straggling(&self, bytes: u64, waited: Duration, given_up: u32) -> bool {
        self.shared.line.is_straggling(bytes, waited, given_up)
    }

    fn arrived(&self, bytes: u64, waited: Duration) {
        self.shared.line.arrived(bytes, waited);
    }
}

/// A reply that does not fit the others: fetched again, and as a whole, the body may be right.
fn mismatch(how: &str) -> Error {
    let details = format!("a chunk of the result {how}");
    Error { retryable: true, ..Error::new(Code::NetworkError, details) }
}
