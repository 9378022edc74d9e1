//! What went wrong over HTTP, as the kernel's error: nothing of a page, a URL or a credential gets into it.

use std::error::Error as StdError;
use std::io;
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde_json::Value;

use super::request_kind::RequestKind;
use super::retry::{Cause, Failure};
use crate::error::{Code, Error, sql_state_in};

/// The body of a reply that is not a success.
#[derive(Default, Deserialize)]
struct ApiError {
    /// A name from the API, a number from the layer that checks credentials.
    error_code: Option<Value>,
    message: Option<String>,
    details: Option<Value>,
}

/// The id that a reply carries; the server's operators find the request by it.
#[derive(Debug, thiserror::Error)]
#[error("the server's request id is {id}")]
struct RequestId {
    id: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A request that got no whole reply from `host`.
pub(crate) fn network_failure(kind: RequestKind, host: &str, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let tls = tls_error(&error).cloned();
    let (code, cause, mut details) = if error.is_builder() {
        (Code::Internal, Cause::Final, "the request could not be made".to_owned())
    } else if let Some(tls) = tls.filter(is_lasting) {
        (Code::NetworkError, Cause::Final, format!("no TLS connection to {host}: {tls}"))
    } else if error.is_connect() {
        let code = if error.is_timeout() { Code::Timeout } else { Code::NetworkError };
        let unreachable = error.is_dns() || is_refused(&error);
        let details = format!("could not connect to {host}: {}", innermost(&error));
        (code, Cause::NotConnected { unreachable }, details)
    } else if error.is_timeout() {
        (Code::Timeout, Cause::ReplyLost, format!("{host} did not answer in time"))
    } else {
        let details = format!("the connection to {host} broke before the reply was complete: {}", innermost(&error));
        (Code::NetworkError, Cause::ReplyLost, details)
    };
    if cause == Cause::ReplyLost {
        details.push_str(kind.may_have_happened());
    }
    let mut error = Error::new(code, details).because(error);
    error.retryable = kind.may_repeat_after(&cause);
    Failure::new(cause, error)
}

/// A reply that is not a success. The server's message passes unchanged.
pub(crate) fn api_failure(kind: RequestKind, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
    let api: Option<ApiError> = serde_json::from_slice(body).ok();
    let is_page = api.is_none() && !body.trim_ascii().is_empty();
    let api = api.unwrap_or_default();
    let message = api.message.filter(|message| !message.trim().is_empty());
    let mut failure =
        status_error(kind, status, headers, message.unwrap_or_else(|| describe(status, headers, is_page)));
    failure.error.sql_state = sql_state_in(&failure.error.details).map(str::to_owned);
    failure.error.error_code = api.error_code.and_then(|code| match code {
        Value::String(name) => Some(name),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    failure.error.vendor_code = failure.error.error_code.as_ref().and_then(|code| code.parse().ok());
    failure.error.error_details_json = api.details.map(|details| details.to_string());
    failure
}

/// A reply that is not a success, in the kernel's words `details`.
pub(crate) fn status_error(
    kind: RequestKind,
    status: StatusCode,
    headers: &HeaderMap,
    details: impl Into<String>,
) -> Failure {
    let cause = Cause::Status { status: status.as_u16(), retry_after: retry_after(headers, SystemTime::now()) };
    let mut error = with_request_id(Error::new(code(status), details), headers);
    error.http_status = Some(i32::from(status.as_u16()));
    error.retryable = kind.may_repeat_after(&cause);
    Failure::new(cause, error)
}

/// A successful reply that is not the JSON that the endpoint answers with.
pub(crate) fn unreadable(headers: &HeaderMap, body: &[u8], error: serde_json::Error) -> Error {
    let is_json = matches!(body.trim_ascii().first(), Some(b'{' | b'['));
    let mut error = if is_json {
        Error::internal("the server's reply does not have the shape that the protocol gives it").because(error)
    } else {
        Error::new(
            Code::Unknown,
            format!("the server answered with a page instead of JSON, as a login page does: {CHECK_THE_HOST}"),
        )
    };
    error.http_status = Some(200);
    with_request_id(error, headers)
}

const CHECK_THE_HOST: &str = "check the host, and on a host that workspaces share add ?o=WORKSPACE_ID to the http_path";

fn with_request_id(mut error: Error, headers: &HeaderMap) -> Error {
    if let Some(id) = headers.get("x-request-id").and_then(|id| id.to_str().ok()) {
        error.source = Some(Box::new(RequestId { id: id.to_owned(), source: error.source.take() }));
    }
    error
}

fn code(status: StatusCode) -> Code {
    match status.as_u16() {
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 | 410 => Code::NotFound,
        408 | 504 => Code::Timeout,
        409 => Code::InvalidState,
        429 => Code::ResourceExhausted,
        400..=499 => Code::InvalidArgument,
        500 => Code::Internal,
        501..=599 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// The kernel's words for a reply without a message.
fn describe(status: StatusCode, headers: &HeaderMap, is_page: bool) -> String {
    let name = match status.canonical_reason() {
        Some(reason) => format!("HTTP {} ({reason})", status.as_u16()),
        None => format!("HTTP {}", status.as_u16()),
    };
    if status.is_redirection() {
        return format!("the server answered {name}, a redirect, which is never followed: {CHECK_THE_HOST}");
    }
    let reason = headers.get("x-databricks-reason-phrase").and_then(|reason| reason.to_str().ok());
    match reason {
        Some(reason) => format!("the server answered {name}: {reason}"),
        None if is_page => format!("the server answered {name} with a page instead of JSON"),
        None => format!("the server answered {name} without a message"),
    }
}

/// `Retry-After`, in seconds or as a date; a date that has passed is no wait.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// The error and its causes, outermost first, and what an I/O error wraps.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
        None => error.source(),
    })
}

fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// Whether the handshake would fail again: a certificate was refused, by one side or the other, or TLS is not spoken there.
fn is_lasting(error: &rustls::Error) -> bool {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::InvalidMessage(_) => true,
        rustls::Error::AlertReceived(alert) => *alert != rustls::AlertDescription::InternalError,
        _ => false,
    }
}

fn is_refused(error: &reqwest::Error) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests;
