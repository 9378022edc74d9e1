//! The store of results and files: presigned links, used without credentials.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, RANGE};
use reqwest::{Request, Response};
use url::{Position, Url};

use super::error_map::{network_failure, status_error};
use super::headers::secret_value;
use super::http::HttpClient;
use super::limits::Limits;
use super::request_kind::RequestKind;
use super::request_log::Attempt;
use super::retry::{Failure, RetryPolicy, SystemClock};
use crate::error::{Code, Error, Result};

mod body;
mod upload;

pub(crate) use body::{Body, ByteRange, SentRange};
pub(crate) use upload::{Outgoing, Upload};

/// The client for presigned links. It knows no credential and sends only a link's own headers.
pub(crate) struct Store {
    http: HttpClient,
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
    pub(crate) fn new(http: HttpClient, retry: RetryPolicy, limits: Limits, allows_plain_http: bool) -> Self {
        Self { http, retry, limits, allows_plain_http, line: Arc::default() }
    }

    /// What was last measured of the line to it.
    pub(crate) fn line(&self) -> &Arc<Mutex<LineRecord>> {
        &self.line
    }

    /// How many downloads of one result may run at once.
    pub(crate) fn max_connections(&self) -> usize {
        self.limits.max_connections
    }

    /// Opens `link`, or a `range` of it, sending `headers` and nothing else of the kernel's. Failures that may pass are tried again here, one that a fresh link may mend is not.
    /// Errors: with `http_status` 400, 403 or 404 the link may have expired: ask for a fresh one; `NetworkError`, `Unavailable`, `Timeout`.
    /// A store that does not know ranges sends the whole: [`Body::sent_range`] is then absent.
    pub(crate) async fn open(
        &self,
        link: &str,
        headers: Option<&HashMap<String, String>>,
        range: Option<ByteRange>,
    ) -> Result<Body> {
        let mut headers = link_headers(headers)?;
        if let Some(ByteRange { start, end }) = range {
            let last = end.map(|end| end.saturating_sub(1).to_string()).unwrap_or_default();
            headers.insert(RANGE, secret_value("Range", &format!("bytes={start}-{last}"))?);
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
        let mut body = Body::new(response, self.limits.stall_timeout)?;
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

fn stalled(kind: RequestKind, limit: Duration) -> Error {
    let details = format!("the store sent nothing for {limit:?}{}", kind.may_have_happened());
    Error { retryable: kind.is_idempotent(), ..Error::new(Code::Timeout, details) }
}

#[cfg(test)]
mod tests;
