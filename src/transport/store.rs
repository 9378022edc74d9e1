//! The store of results: presigned links, fetched without credentials.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, Request, Response};
use url::{Position, Url};

use super::error_map::{network_failure, status_error};
use super::headers::secret_value;
use super::http::HttpClient;
use super::limits::Limits;
use super::request_kind::RequestKind;
use super::request_log::Attempt;
use super::retry::{Failure, RetryPolicy, SystemClock};
use crate::error::{Code, Error, Result};

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
        let url = self.checked(link)?;
        let headers = link_headers(headers)?;
        self.retry
            .run(&SystemClock, RequestKind::Link, |count| {
                let mut request = Request::new(Method::GET, url.clone());
                *request.headers_mut() = headers.clone();
                self.attempt(request, count)
            })
            .await
    }

    async fn attempt(&self, request: Request, count: u32) -> Result<Body, Failure> {
        let attempt = Attempt::begin(RequestKind::Link, count);
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let limit = self.limits.connect_timeout.saturating_add(self.limits.stall_timeout);
        let sent = self.http.to(request.url()).execute(request);
        let response = match tokio::time::timeout(limit, sent).await {
            Ok(sent) => sent.map_err(|error| attempt.failed(network_failure(RequestKind::Link, &host, error)))?,
            Err(_) => return Err(attempt.failed(Failure::reply_lost(stalled(limit)))),
        };
        let status = response.status();
        let headers = response.headers().clone();
        attempt.answered(status, &headers);
        let mut body = Body { response, stall_timeout: self.limits.stall_timeout };
        if status.is_success() {
            return Ok(body);
        }
        let code = error_code(&body.beginning().await);
        let details = match &code {
            Some(code) => format!("the store of results answered HTTP {}: {code}", status.as_u16()),
            None => format!("the store of results answered HTTP {}", status.as_u16()),
        };
        let mut failure = status_error(RequestKind::Link, status, &headers, details);
        failure.error.error_code = code;
        Err(failure)
    }

    /// The link as it will be sent, byte for byte: its signature covers the text, so that nothing may be escaped anew.
    fn checked(&self, link: &str) -> Result<Url> {
        let refuse = |what: &str| Err(Error::internal(format!("the server's link to a part of the result {what}")));
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

    /// The next bytes; `None` after the last that the store announced. Cancel-safe.
    /// Errors: `Timeout` when nothing comes for the stall timeout, `NetworkError` when the body ends early; both are retryable, from the start.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        match tokio::time::timeout(self.stall_timeout, self.response.chunk()).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => {
                let host = self.response.url().host_str().unwrap_or_default();
                Err(network_failure(RequestKind::Link, host, error).error)
            }
            Err(_) => Err(stalled(self.stall_timeout)),
        }
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

fn stalled(limit: Duration) -> Error {
    let mut error = Error::new(Code::Timeout, format!("the store of results sent nothing for {limit:?}"));
    error.retryable = true;
    error
}

#[cfg(test)]
mod tests;
