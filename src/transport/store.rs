//! The store of results and files: presigned links, used without credentials.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::RANGE;
use reqwest::{Client, Request, Response};
use rustls::ClientConfig;
use url::Url;

use super::attempts::Attempts;
use super::error_map::status_error;
use super::headers::secret_value;
use super::http::{HttpClient, direct_client};
use super::limits::Limits;
use super::proxy::CallersProxy;
use super::request_kind::RequestKind;
use super::request_log::Attempt;
use super::retry::{Failure, RetryPolicy, SystemClock};
use crate::error::{Code, Error, Result};

mod body;
mod content;
mod link;
mod redirect;
pub(crate) mod resume;
mod upload;

#[cfg(test)]
pub(crate) use body::SentRange;
pub(crate) use body::{Body, ByteRange};
pub(crate) use content::{Content, ReplyBody};
use link::{checked, link_headers};
use redirect::{Guard, Hop, misled, tells_of};
pub(crate) use resume::Resume;
pub(crate) use upload::{Outgoing, Upload};

/// The client for presigned links. It knows no credential and sends only a link's own headers.
pub(crate) struct Store {
    http: HttpClient,
    /// For where a store sends requests on to: it finds no name that is this machine's.
    guarded: Client,
    retry: RetryPolicy,
    limits: Limits,
    /// Whether a link may be plain HTTP: only where the server itself is.
    allows_plain_http: bool,
    line: Arc<Mutex<LineRecord>>,
}

/// What was last measured of the line to the store, for who uses it next.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineRecord {
    /// The shortest wait for a first byte.
    pub(crate) first_byte: Option<Duration>,
    /// What a connection brings, in bytes a second.
    pub(crate) rate: Option<f64>,
    /// Whether the store sends parts of what lies there.
    pub(crate) takes_ranges: Option<bool>,
}

impl Store {
    pub(crate) fn new(
        tls: &ClientConfig,
        proxy: Option<&CallersProxy>,
        retry: RetryPolicy,
        limits: Limits,
        allows_plain_http: bool,
    ) -> Result<Self> {
        let (http, guarded) = (HttpClient::new(tls, proxy, &limits)?, direct_client(tls, &limits, Guard)?);
        Ok(Self { http, guarded, retry, limits, allows_plain_http, line: Arc::default() })
    }

    /// How often one piece of work may ask the store.
    pub(crate) fn attempts(&self) -> Attempts {
        Attempts::new(&self.retry)
    }

    /// What was last measured of the line to it.
    pub(crate) fn line(&self) -> &Arc<Mutex<LineRecord>> {
        &self.line
    }

    /// How many downloads of one result may run at once.
    pub(crate) fn max_connections(&self) -> usize {
        self.limits.max_connections
    }

    /// Opens `link`, or a `range` of it, by one request, sending `headers` and nothing else of the kernel's; `attempt` is its number.
    /// Errors: with `http_status` 400, 403 or 404 the link may have expired: ask for a fresh one; `NetworkError`, `Unavailable`, `Timeout`.
    /// A store that does not know ranges sends the whole: [`Body::sent_range`] is then absent.
    pub(crate) async fn open(
        &self,
        link: &str,
        headers: Option<&HashMap<String, String>>,
        range: Option<ByteRange>,
        attempt: u32,
    ) -> Result<Body, Failure> {
        let mut headers = link_headers(headers)?;
        if let Some(ByteRange { start, end }) = range {
            let last = end.map(|end| end.saturating_sub(1).to_string()).unwrap_or_default();
            headers.insert(RANGE, secret_value("Range", &format!("bytes={start}-{last}"))?);
        }
        let hop = Hop::first(self.checked(link)?, headers);
        self.bodiless(Attempt::begin(RequestKind::Link, attempt), hop).await
    }

    /// Removes what lies behind `link`. Sent again only when it certainly was not carried out. Errors: as `open`.
    pub(crate) async fn remove(
        &self,
        link: &str,
        headers: Option<&HashMap<String, String>>,
        attempts: &mut Attempts,
    ) -> Result<()> {
        let kind = RequestKind::Remove;
        let hop = Hop::first(self.checked(link)?, link_headers(headers)?);
        let removed = |count| self.bodiless(Attempt::begin(kind, count), hop.clone());
        attempts.run(&SystemClock, kind, removed).await.map(drop)
    }

    /// One attempt of a request without a body, followed to where the store has what is asked for.
    async fn bodiless(&self, attempt: Attempt, mut hop: Hop) -> Result<Body, Failure> {
        loop {
            let mut request = Request::new(attempt.kind().method(), hop.url.clone());
            *request.headers_mut() = hop.headers.clone();
            let limit = self.limits.connect_timeout.saturating_add(self.limits.stall_timeout);
            let sent = tokio::time::timeout(limit, self.client(&hop).execute(request)).await.map_err(|_| limit);
            match self.answered(&attempt, &hop, sent).await? {
                Answer::Body(body) => return Ok(*body),
                Answer::Redirect(next) => hop = next,
            }
        }
    }

    /// The connections for a hop. A proxy looks names up by itself, out of the kernel's sight.
    fn client(&self, hop: &Hop) -> &Client {
        let is_guarded = hop.is_guarded() && self.http.proxy_of(&hop.url).is_none();
        if is_guarded { &self.guarded } else { self.http.to(&hop.url) }
    }

    /// Reads the store's answer to one attempt; without one, `sent` has the time that was waited.
    async fn answered(
        &self,
        attempt: &Attempt,
        hop: &Hop,
        sent: Result<reqwest::Result<Response>, Duration>,
    ) -> Result<Answer, Failure> {
        let kind = attempt.kind();
        let response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                if let Some(error) = misled(&error, hop.url.host_str().unwrap_or_default()) {
                    return Err(error.into());
                }
                return Err(attempt.failed(self.http.failure(kind, &hop.url, error)));
            }
            Err(limit) => return Err(attempt.failed(Failure::reply_lost(stalled(kind, limit)))),
        };
        let status = response.status();
        let headers = response.headers().clone();
        attempt.answered(status, &headers);
        if let Some(next) = hop.next(kind, status, &headers)? {
            return Ok(Answer::Redirect(next));
        }
        let mut body = Body::new(response, self.limits.stall_timeout)?;
        // Another success has no content: taken for it, a file would be empty and nobody would know.
        let has_content = kind != RequestKind::Link || matches!(status.as_u16(), 200 | 203 | 206);
        if status.is_success() && has_content {
            return Ok(Answer::Body(Box::new(body)));
        }
        let code = error_code(&body.beginning(self.limits.request_timeout).await);
        // A store that sends a part of the link back shows nothing of it.
        let code = code.filter(|code| !tells_of(&hop.url, code));
        let details = match &code {
            Some(code) => format!("the store answered HTTP {}: {code}", status.as_u16()),
            None => format!("the store answered HTTP {}", status.as_u16()),
        };
        let mut failure = status_error(kind, status, &headers, details);
        failure.error.error_code = code;
        Err(failure)
    }

    fn checked(&self, link: &str) -> Result<Url> {
        let refuse = |what| Error::internal(format!("the server's presigned link {what}"));
        checked(link, self.allows_plain_http).map_err(refuse)
    }
}

/// What the store answers to a request that it carries out.
enum Answer {
    Body(Box<Body>),
    /// Ask there.
    Redirect(Hop),
}

/// The code in a store's error, an XML document: `<Error><Code>AccessDenied</Code>…`.
fn error_code(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    (!code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .then(|| code.to_owned())
}

fn stalled(kind: RequestKind, limit: Duration) -> Error {
    let details = format!("the store sent nothing for {limit:?}{}", kind.may_have_happened());
    Error { retryable: kind.is_idempotent(), ..Error::new(Code::Timeout, details) }
}

#[cfg(test)]
mod tests;
