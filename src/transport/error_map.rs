//! Replies that are no answer, as the kernel's error: nothing of a page, a URL or a credential gets into it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::redact::redact;
use super::request_kind::RequestKind;
use super::retry::{Cause, Failure};
use crate::error::{Code, Error, sql_state_in};

/// The body of a reply that is not a success.
#[derive(Default, Deserialize)]
struct ApiError {
    /// A name from the API, a number from the layer that checks credentials.
    error_code: Option<Value>,
    message: Option<Value>,
    details: Option<Value>,
    /// What a token endpoint says instead: RFC 6749, section 5.2.
    error: Option<Value>,
    error_description: Option<Value>,
}

/// The id that a reply carries; the server's operators find the request by it.
#[derive(Debug, thiserror::Error)]
#[error("the server's request id is {id}")]
struct RequestId {
    id: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A reply that is not a success. The server's message passes unchanged. Of a body that is not `is_whole` the beginning is read.
pub(crate) fn api_failure(
    kind: RequestKind,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    is_whole: bool,
) -> Failure {
    let body = if is_whole { Cow::Borrowed(body) } else { Cow::Owned(closed(body)) };
    let api: Option<ApiError> = serde_json::from_slice(&body).ok();
    let is_page = !body.trim_ascii().is_empty() && serde_json::from_slice::<IgnoredAny>(&body).is_err();
    let api = api.unwrap_or_default();
    let said = [&api.message, &api.error_description, &api.error];
    let text = said.into_iter().flatten().filter_map(Value::as_str).find(|text| !text.trim().is_empty());
    let message = text.map(str::to_owned);
    let mut failure =
        status_error(kind, status, headers, message.unwrap_or_else(|| describe(status, headers, is_page)));
    failure.error.sql_state = sql_state_in(&failure.error.details).map(str::to_owned);
    failure.error.error_code = api.error_code.or(api.error).and_then(|code| match code {
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

/// The beginning of a JSON document, made a document: what is open at its end is closed.
fn closed(beginning: &[u8]) -> Vec<u8> {
    let mut open = Vec::new();
    let (mut in_text, mut escaped_from) = (false, None);
    for (at, byte) in beginning.iter().enumerate() {
        match byte {
            b'\\' if in_text && escaped_from.is_none() => escaped_from = Some(at),
            _ if escaped_from.is_some_and(|from| at == from + 1 && *byte == b'u') => {}
            _ if escaped_from.is_some_and(|from| beginning[from + 1] == b'u' && at < from + 5) => {}
            _ if escaped_from.is_some() => escaped_from = None,
            b'"' => in_text = !in_text,
            b'{' if !in_text => open.push(b'}'),
            b'[' if !in_text => open.push(b']'),
            b'}' | b']' if !in_text => drop(open.pop()),
            _ => {}
        }
    }
    let text = String::from_utf8_lossy(&beginning[..escaped_from.unwrap_or(beginning.len())]);
    let mut closed = text.trim_end_matches(char::REPLACEMENT_CHARACTER).as_bytes().to_vec();
    if in_text {
        closed.push(b'"');
    }
    closed.extend(open.iter().rev());
    closed
}

/// A reply through a proxy that wants to know who asks.
pub(crate) fn proxy_failure(kind: RequestKind, status: StatusCode, headers: &HeaderMap, proxy: &str) -> Failure {
    let details = format!(
        "the proxy {proxy} answered HTTP 407 and wants to know who asks: pass its user name and password as the proxy's"
    );
    status_error(kind, status, headers, details)
}

/// A reply that is longer than any that the endpoint can have.
pub(crate) fn too_large(kind: RequestKind, status: StatusCode, headers: &HeaderMap, limit: u64) -> Failure {
    let details = format!(
        "the reply to {kind} is longer than {} KiB, the most that such a reply can hold{}",
        limit >> 10,
        kind.may_have_happened()
    );
    let mut error = with_request_id(Error::internal(details), headers);
    error.http_status = Some(i32::from(status.as_u16()));
    error.into()
}

/// A successful reply that is not the JSON that the endpoint answers with.
pub(crate) fn unreadable(status: StatusCode, headers: &HeaderMap, body: &[u8], error: serde_json::Error) -> Error {
    let is_json = matches!(body.trim_ascii().first(), Some(b'{' | b'['));
    let mut error = if body.trim_ascii().is_empty() {
        let details =
            format!("the server answered HTTP {} without a body, where it must say something", status.as_u16());
        Error::new(Code::Unknown, details)
    } else if is_json {
        // What it says may quote the reply.
        Error::internal("the server's reply does not have the shape that the protocol gives it")
            .because(redact(&error.to_string()))
    } else {
        Error::new(
            Code::Unknown,
            format!("the server answered with a page instead of JSON, as a login page does: {CHECK_THE_HOST}"),
        )
    };
    error.http_status = Some(i32::from(status.as_u16()));
    with_request_id(error, headers)
}

const CHECK_THE_HOST: &str = "check the host, and on a host that workspaces share add ?o=WORKSPACE_ID to the http_path";

fn with_request_id(mut error: Error, headers: &HeaderMap) -> Error {
    if let Some(id) = request_id(headers) {
        error.source = Some(Box::new(RequestId { id, source: error.source.take() }));
    }
    error
}

/// The reply's id, as far as it is one: a server may write anything there.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-request-id")?.to_str().ok()?;
    Some(redact(&id[..id.len().min(LONGEST_ID)]))
}

/// The longest id of a request that is handed on.
const LONGEST_ID: usize = 256;

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

#[cfg(test)]
mod tests;
