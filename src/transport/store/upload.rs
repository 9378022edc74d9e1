//! Uploads to a presigned link: a body of known length, in pieces, watched for stalls.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use reqwest::Request;
use reqwest::header::{CONTENT_LENGTH, HeaderValue};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::link::link_headers;
use super::redirect::Hop;
use super::{Answer, Store};
use crate::error::{Code, Error, Result};
use crate::transport::attempts::Attempts;
use crate::transport::request_kind::RequestKind;
use crate::transport::request_log::Attempt;
use crate::transport::retry::{Cause, Failure, SystemClock};

/// The pieces that wait for the network at most.
const QUEUE: usize = 4;

/// A file to upload.
pub(crate) struct Upload<'a> {
    pub(crate) link: &'a str,
    pub(crate) headers: Option<&'a HashMap<String, String>>,
    /// Exactly how many bytes it has: stores take no body of unknown length.
    pub(crate) length: u64,
    /// How many of them have left, for whoever watches.
    pub(crate) sent: &'a Arc<AtomicU64>,
    /// Whether the content can be produced a second time.
    pub(crate) repeatable: bool,
}

/// Where the content goes.
pub(crate) type Outgoing = mpsc::Sender<Bytes>;

impl Store {
    /// Uploads what `feed` produces, which it is asked for at each attempt, once there is a connection that takes it. A feed that fails
    /// breaks the upload off, so that the store keeps nothing of it.
    /// Sent again only when it certainly was not carried out, and only from a feed that can begin anew.
    /// Errors: the feed's own; with `http_status` 400 or 403 the link may have expired; `NetworkError`, `Unavailable`, `Timeout`.
    pub(crate) async fn upload<F>(
        &self,
        upload: Upload<'_>,
        attempts: &mut Attempts,
        feed: impl Fn(Outgoing) -> F + Send + Sync,
    ) -> Result<()>
    where
        F: Future<Output = Result<()>> + Send,
    {
        let kind = RequestKind::Upload;
        let mut headers = link_headers(upload.headers)?;
        headers.insert(CONTENT_LENGTH, HeaderValue::from(upload.length));
        let hop = Hop::first(self.checked(upload.link)?, headers);
        attempts
            .run(&SystemClock, kind, |count| self.upload_once(Attempt::begin(kind, count), hop.clone(), &upload, &feed))
            .await
    }

    /// One attempt, followed to where the store takes it. What has begun to leave cannot be sent on, unless it can be produced again.
    async fn upload_once<F>(
        &self,
        attempt: Attempt,
        mut hop: Hop,
        upload: &Upload<'_>,
        feed: &(impl Fn(Outgoing) -> F + Send + Sync),
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<()>> + Send,
    {
        loop {
            let (answer, has_begun) = self.send_content(&attempt, &hop, upload, feed).await;
            let is_over = has_begun && !upload.repeatable;
            match answer {
                Ok(Answer::Body(_)) => return Ok(()),
                Ok(Answer::Redirect(_)) if is_over => {
                    let details = "the store redirects an upload that has begun and can be read only once; nothing was \
                                   stored: upload it from a file";
                    return Err(Error::new(Code::InvalidState, details).into());
                }
                Ok(Answer::Redirect(next)) => {
                    hop = next;
                    hop.headers.insert(CONTENT_LENGTH, HeaderValue::from(upload.length));
                }
                Err(failure) if is_over => return Err(Failure { cause: Cause::Final, ..failure }),
                Err(failure) => return Err(failure),
            }
        }
    }

    /// One request with the content; and whether the content has begun to leave.
    async fn send_content<F>(
        &self,
        attempt: &Attempt,
        hop: &Hop,
        upload: &Upload<'_>,
        feed: &(impl Fn(Outgoing) -> F + Send + Sync),
    ) -> (Result<Answer, Failure>, bool)
    where
        F: Future<Output = Result<()>> + Send,
    {
        let activity = Arc::new(Activity::new(self.limits.connect_timeout.saturating_add(self.limits.stall_timeout)));
        let (sender, pieces) = mpsc::channel(QUEUE);
        upload.sent.store(0, Ordering::Relaxed);
        let mut request = Request::new(RequestKind::Upload.method(), hop.url.clone());
        *request.headers_mut() = hop.headers.clone();
        *request.body_mut() = Some(reqwest::Body::wrap(Content {
            pieces,
            left: upload.length,
            sent: Arc::clone(upload.sent),
            activity: Arc::clone(&activity),
            limits: (self.limits.stall_timeout, self.limits.request_timeout),
        }));
        let feeding = async {
            activity.begun.notified().await;
            feed(sender).await
        };
        let sent = self.client(hop).execute(request);
        tokio::pin!(feeding, sent);
        let mut fed = false;
        let sent = loop {
            tokio::select! {
                sent = &mut sent => break Ok(sent),
                limit = activity.idle_for_too_long() => break Err(limit),
                outcome = &mut feeding, if !fed => match outcome {
                    Ok(()) => fed = true,
                    Err(error) => return (Err(error.into()), true),
                },
            }
        };
        (self.answered(attempt, hop, sent).await, activity.has_begun())
    }
}

/// The body of an upload, as the connection asks for it.
struct Content {
    pieces: mpsc::Receiver<Bytes>,
    left: u64,
    sent: Arc<AtomicU64>,
    activity: Arc<Activity>,
    /// How long the store may take no bytes, and how long it may then take to answer.
    limits: (Duration, Duration),
}

impl http_body::Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let content = self.get_mut();
        let (stall, answer) = content.limits;
        content.activity.begin();
        content.activity.expect_nothing();
        let piece = ready!(content.pieces.poll_recv(context));
        if let Some(piece) = &piece {
            content.left = content.left.saturating_sub(piece.len() as u64);
            content.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        content.activity.expect_within(if content.left == 0 { answer } else { stall });
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// What is expected of the store, and until when.
struct Activity {
    begun: tokio::sync::Notify,
    /// Whether the body was asked for; the limit and since when it runs; none while the content is what is waited for.
    state: Mutex<(bool, Option<(Instant, Duration)>)>,
}

impl Activity {
    fn new(limit: Duration) -> Self {
        Self { begun: tokio::sync::Notify::new(), state: Mutex::new((false, Some((Instant::now(), limit)))) }
    }

    fn begin(&self) {
        if !std::mem::replace(&mut self.state().0, true) {
            self.begun.notify_one();
        }
    }

    fn has_begun(&self) -> bool {
        self.state().0
    }

    fn expect_nothing(&self) {
        self.state().1 = None;
    }

    fn expect_within(&self, limit: Duration) {
        self.state().1 = Some((Instant::now(), limit));
    }

    /// Returns when the store has done nothing for the limit of its time.
    async fn idle_for_too_long(&self) -> Duration {
        loop {
            let expected = self.state().1;
            match expected.map(|(since, limit)| (limit.saturating_sub(since.elapsed()), limit)) {
                Some((Duration::ZERO, limit)) => return limit,
                Some((left, _)) => tokio::time::sleep(left).await,
                None => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, (bool, Option<(Instant, Duration)>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often is looked whether the store is waited for again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
