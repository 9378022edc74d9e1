//! The store that links point to: bodies without credentials, whole or in ranges.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::faults::On;
use crate::server::Shared;
use crate::statement::Phase;

pub(super) async fn fetch(
    State(shared): State<Arc<Shared>>,
    place: Result<Path<(String, usize)>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Ok(Path((id, index))) = place else { return refuse(StatusCode::NOT_FOUND, "NoSuchKey") };
    let work = async { answer(&shared, &id, index, query.as_deref().unwrap_or_default(), &headers) };
    shared.faults.around(On::Link, Some(index), work).await
}

fn answer(shared: &Shared, id: &str, index: usize, query: &str, headers: &HeaderMap) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        return refuse(StatusCode::BAD_REQUEST, "InvalidArgument");
    }
    if let Err((status, code)) = shared.links.check(id, index, query) {
        return refuse(status, code);
    }
    let Some(Phase::Succeeded(stored)) = shared.statements.get(id).map(|entry| entry.phase()) else {
        return refuse(StatusCode::NOT_FOUND, "NoSuchKey");
    };
    let Some(chunk) = stored.chunks.get(index) else { return refuse(StatusCode::NOT_FOUND, "NoSuchKey") };
    let required = stored.required_headers().into_iter().flatten();
    if required.into_iter().any(|(name, value)| headers.get(name).is_none_or(|sent| sent != value.as_str())) {
        return refuse(StatusCode::FORBIDDEN, "AccessDenied");
    }
    let whole = chunk.body.len();
    let (status, range) = match headers.get(header::RANGE).and_then(|value| value.to_str().ok()) {
        None => (StatusCode::OK, 0..whole),
        Some(text) => match parse_range(text, whole) {
            Some(range) => (StatusCode::PARTIAL_CONTENT, range),
            None => return refuse(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange"),
        },
    };
    let Ok(part) = chunk.body.read(range.clone()) else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalError");
    };
    let mut response = Response::new(Body::from(part));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("binary/octet-stream"));
    fields.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    fields.insert(header::CONTENT_LENGTH, HeaderValue::from(range.len()));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{id}-{index}\"")) {
        fields.insert(header::ETAG, tag);
    }
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(value) = HeaderValue::from_str(&format!("bytes {}-{}/{whole}", range.start, range.end - 1))
    {
        fields.insert(header::CONTENT_RANGE, value);
    }
    response
}

/// One range: `bytes=a-b`, `bytes=a-` or `bytes=-n`.
pub(super) fn parse_range(text: &str, whole: usize) -> Option<Range<usize>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (first, last) {
        ("", suffix) => whole.saturating_sub(suffix.parse().ok()?)..whole,
        (first, "") => first.parse().ok()?..whole,
        (first, last) => first.parse().ok()?..last.parse::<usize>().ok()?.saturating_add(1).min(whole),
    };
    (range.start < range.end && range.end <= whole).then_some(range)
}

/// Stores answer in XML.
pub(super) fn refuse(status: StatusCode, code: &str) -> Response {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code></Error>");
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("bytes=0-0", Some(0..1))]
    #[case("bytes=2-", Some(2..10))]
    #[case("bytes=-3", Some(7..10))]
    #[case("bytes=5-100", Some(5..10))]
    #[case("bytes=10-", None)]
    #[case("bytes=4-2", None)]
    #[case("items=0-1", None)]
    #[case("bytes=a-b", None)]
    fn one_range_is_understood(#[case] text: &str, #[case] expected: Option<Range<usize>>) {
        assert_eq!(parse_range(text, 10), expected);
    }
}
