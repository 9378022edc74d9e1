//! The store of results and files: presigned links, used without credentials.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, HeaderName, HeaderValue, RANGE, TRANSFER_ENCODING};
use reqwest::{Request, Response, StatusCode};
use url::{Position, Url};

use super::error_map::{network_failure, status_error};
use super::headers::secret_value;
use super::http::HttpClient;
use super::limits::Limits;
use super::request_kind::RequestKind;
use super::request_log::Attempt;
use super::retry::{Failure, RetryPolicy, SystemClock};
use crate::error::{Code, Error, Result};

mod upload;

pub(crate) use upload::{Outgoing, Upload};

/// How much of an error's body is read: a store's errors are a few hundred bytes.
const ERROR_BODY_LIMIT: usize = 16 * 1024;

/// The client for presigned links. It knows no credential and sends only a link's own headers.
pub(crate) struct Store {
    http: HttpClient,
    retry: RetryPolicy,
    limits: Limits,
    /// Whether a link may be plain HTTP: only where the server itself is.
    allows_plain_http: bool,
}

/// The body of a link's reply, as it arrives.
pub(crate) struct Body {
    response: Response,
    /// What was read and given back.
    returned: Option<Bytes>,
    stall_timeout: Duration,
}

impl Store {
    pub(crate) fn new(http: HttpClient, retry: RetryPolicy, limits: Limits, allows_plain_http: bool) -> Self {
        Self { http, retry, limits, allows_plain_http }
    }

    /// How many downloads of one result may run at once.
    pub(crate) fn max_connections(&self) -> usize {
        self.limits.max_connections
    }

    /// Opens `link`, sending `headers` and nothing of the kernel's. Failures that may pass are tried again here, one that a fresh link may mend is not.
    /// Errors: with `http_status` 400, 403 or 404 the link may have expired: ask for a fresh one; `NetworkError`, `Unavailable`, `Timeout`.
    pub(crate) async fn open(&self, link: &str, headers: Option<&HashMap<String, String>>) -> Result<Body> {
        self.open_from(link, headers, 0).await
    }

    /// As `open`, from the byte number `start` on; the store may answer with the whole all the same, see `Body::range_start`.
    pub(crate) async fn open_from(
        &self,
        link: &str,
        headers: Option<&HashMap<String, String>>,
        start: u64,
    ) -> Result<Body> {
        let mut headers = link_headers(headers)?;
        if start > 0 {
            let range = HeaderValue::from_str(&format!("bytes={start}-"));
            headers.insert(RANGE, range.map_err(|error| Error::internal("a range is unusable").because(error))?);
        }
        self.bodiless(RequestKind::Link, link, headers).await
    }

    /// Removes what lies behind `link`. Sent again only when it certainly was not carried out. Errors: as `open`.
    pub(crate) async fn remove(&self, link: &str, headers: Option<&HashMap<String, String>>) -> Result<()> {
        self.bodiless(RequestKind::Remove, link, link_headers(headers)?).await.map(drop)
    }

    async fn bodiless(&self, kind: RequestKind, link: &str, headers: HeaderMap) -> Result<Body> {
        let url = self.checked(link)?;
        self.retry
            .run(&SystemClock, kind, |count| {
                let mut request = Request::new(kind.method(), url.clone());
                *request.headers_mut() = headers.clone();
                let attempt = Attempt::begin(kind, count);
                async move {
                    let limit = self.limits.connect_timeout.saturating_add(self.limits.stall_timeout);
                    let host = host_of(&request);
                    let sent = self.http.to(request.url()).execute(request);
                    let sent = tokio::time::timeout(limit, sent).await.map_err(|_| limit);
                    self.answered(attempt, &host, sent).await
                }
            })
            .await
    }

    /// Reads the store's answer to one attempt; without one, `sent` has the time that was waited.
    async fn answered(
        &self,
        attempt: Attempt,
        host: &str,
        sent: Result<reqwest::Result<Response>, Duration>,
    ) -> Result<Body, Failure> {
        let kind = attempt.kind();
        let response = match sent {
            Ok(sent) => sent.map_err(|error| attempt.failed(network_failure(kind, host, error)))?,
            Err(limit) => return Err(attempt.failed(Failure::reply_lost(stalled(kind, limit)))),
        };
        let status = response.status();
        let headers = response.headers().clone();
        attempt.answered(status, &headers);
        let mut body = Body { response, returned: None, stall_timeout: self.limits.stall_timeout };
        if status.is_success() {
            return Ok(body);
        }
        let code = error_code(&body.beginning().await);
        let details = match &code {
            Some(code) => format!("the store answered HTTP {}: {code}", status.as_u16()),
            None => format!("the store answered HTTP {}", status.as_u16()),
        };
        let mut failure = status_error(kind, status, &headers, details);
        failure.error.error_code = code;
        Err(failure)
    }

    /// The link as it will be sent, byte for byte: its signature covers the text, so that nothing may be escaped anew.
    fn checked(&self, link: &str) -> Result<Url> {
        let refuse = |what: &str| Err(Error::internal(format!("the server's presigned link {what}")));
        let Ok(url) = Url::parse(link) else { return refuse("is not a URL") };
        match url.scheme() {
            "https" => {}
            "http" if self.allows_plain_http => {}
            "http" => return refuse("is plain HTTP, although the server is not"),
            _ => return refuse("is not an HTTPS URL"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("has a user name in it");
        }
        if target(link) != url[Position::BeforePath..Position::AfterQuery] {
            return refuse("has characters that a URL must escape: it cannot be sent unchanged");
        }
        Ok(url)
    }
}

fn host_of(request: &Request) -> String {
    request.url().host_str().unwrap_or_default().to_owned()
}

fn link_headers(headers: Option<&HashMap<String, String>>) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers.into_iter().flatten() {
        let unusable = || Error::internal(format!("the server's link has an unusable header {name:?}"));
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        map.insert(parsed, secret_value(name, value).map_err(|_| unusable())?);
    }
    Ok(map)
}

/// What follows the host in the text of a URL, up to a fragment.
fn target(link: &str) -> String {
    let after_scheme = link.split_once("://").map_or("", |(_, rest)| rest);
    let target = after_scheme.find(['/', '?', '#']).map_or("", |at| &after_scheme[at..]);
    let target = target.split('#').next().unwrap_or_default();
    if target.starts_with('/') { target.to_owned() } else { format!("/{target}") }
}

/// The code in a store's error, an XML document: `<Error><Code>AccessDenied</Code>…`.
fn error_code(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    (!code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .then(|| code.to_owned())
}

impl Body {
    /// How many bytes the store announced.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// Where in the file this body begins: 0, or what was asked for, if the store went by it.
    pub(crate) fn range_start(&self) -> u64 {
        if self.response.status() != StatusCode::PARTIAL_CONTENT { 0 } else { self.range().map_or(0, |range| range.0) }
    }

    /// How long the whole file is. Absent when the store did not say: then only `is_delimited` tells whether a short body is noticed.
    pub(crate) fn whole_length(&self) -> Option<u64> {
        match self.response.status() {
            StatusCode::PARTIAL_CONTENT => self.range().and_then(|range| range.1),
            _ => self.content_length(),
        }
    }

    /// Whether the end of the body is marked, so that a connection that ends before it is an error and not the end of the file.
    pub(crate) fn is_delimited(&self) -> bool {
        self.content_length().is_some() || self.response.headers().contains_key(TRANSFER_ENCODING)
    }

    /// What tells two contents of the same file apart.
    pub(crate) fn entity_tag(&self) -> Option<HeaderValue> {
        self.response.headers().get(ETAG).cloned()
    }

    /// The first byte's number and the whole length out of `Content-Range: bytes 5-9/10`.
    fn range(&self) -> Option<(u64, Option<u64>)> {
        let text = self.response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
        let (range, whole) = text.strip_prefix("bytes ")?.split_once('/')?;
        Some((range.split_once('-')?.0.parse().ok()?, whole.parse().ok()))
    }

    /// The next bytes; `None` after the last that the store announced. Cancel-safe.
    /// Errors: `Timeout` when nothing comes for the stall timeout, `NetworkError` when the body ends early; both are retryable, from the start.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        if let Some(bytes) = self.returned.take() {
            return Ok(Some(bytes));
        }
        match tokio::time::timeout(self.stall_timeout, self.response.chunk()).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => {
                let host = self.response.url().host_str().unwrap_or_default();
                Err(network_failure(RequestKind::Link, host, error).error)
            }
            Err(_) => Err(stalled(RequestKind::Link, self.stall_timeout)),
        }
    }

    /// Makes these bytes, the last that were read, the next to be read again.
    pub(crate) fn put_back(&mut self, bytes: Bytes) {
        self.returned = Some(bytes);
    }

    /// The first part of the body, as much of it as comes.
    async fn beginning(&mut self) -> Vec<u8> {
        let mut beginning = Vec::new();
        while beginning.len() < ERROR_BODY_LIMIT {
            match self.next().await {
                Ok(Some(bytes)) => beginning.extend_from_slice(&bytes),
                Ok(None) | Err(_) => break,
            }
        }
        beginning
    }
}

fn stalled(kind: RequestKind, limit: Duration) -> Error {
    let details = format!("the store sent nothing for {limit:?}{}", kind.may_have_happened());
    Error { retryable: kind.is_idempotent(), ..Error::new(Code::Timeout, details) }
}

#[cfg(test)]
mod tests;
