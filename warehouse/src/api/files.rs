//! The store that holds the files of volumes: one file by one link, without credentials.

use std::io::SeekFrom;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;

use super::store::{parse_range, refuse};
use crate::faults::On;
use crate::links::{Access, Refusal};
use crate::server::Shared;
use crate::volumes::VolumeError;

/// The largest file of one upload, as stores have it.
const MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024;

pub(super) async fn read(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let path = format!("/{path}");
    let work = async {
        match send(&shared, &path, query, &headers).await {
            Ok(response) => response,
            Err((status, code)) => refuse(status, code),
        }
    };
    shared.faults.around(On::Download, None, work).await
}

pub(super) async fn write(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let path = format!("/{path}");
    let work = async {
        match receive(&shared, &path, query, &headers, body).await {
            Ok(()) => (StatusCode::CREATED, [(header::ETAG, format!("\"{}\"", uuid::Uuid::new_v4()))]).into_response(),
            Err((status, code)) => refuse(status, code),
        }
    };
    shared.faults.around(On::Upload, None, work).await
}

pub(super) async fn remove(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let path = format!("/{path}");
    let work = async {
        let removed = check(&shared, Access::Remove, &path, query, &headers)
            .and_then(|()| shared.volumes.remove(&path).map_err(|error| refusal(&error)));
        match removed {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err((status, code)) => refuse(status, code),
        }
    };
    shared.faults.around(On::Remove, None, work).await
}

fn check(
    shared: &Shared,
    access: Access,
    path: &str,
    query: Option<String>,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    if headers.contains_key(header::AUTHORIZATION) {
        return Err((StatusCode::BAD_REQUEST, "InvalidArgument"));
    }
    let sent = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    shared.links.check_file(access, path, query.as_deref().unwrap_or_default(), sent)
}

async fn send(shared: &Shared, path: &str, query: Option<String>, headers: &HeaderMap) -> Result<Response, Refusal> {
    check(shared, Access::Read, path, query, headers)?;
    let place = shared.volumes.locate_file(path).map_err(|error| refusal(&error))?;
    let metadata = tokio::fs::metadata(&place).await.map_err(|_| NO_SUCH_KEY)?;
    if !metadata.is_file() {
        return Err(NO_SUCH_KEY);
    }
    let mut file = tokio::fs::File::open(&place).await.map_err(|_| NO_SUCH_KEY)?;
    let whole = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    let (status, range) = match headers.get(header::RANGE).and_then(|value| value.to_str().ok()) {
        None => (StatusCode::OK, 0..whole),
        Some(text) => match parse_range(text, whole) {
            Some(range) => (StatusCode::PARTIAL_CONTENT, range),
            None => return Err((StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange")),
        },
    };
    file.seek(SeekFrom::Start(range.start as u64)).await.map_err(|_| BROKEN)?;
    let mut response = Response::new(Body::from_stream(ReaderStream::new(file.take(range.len() as u64))));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    fields.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    fields.insert(header::CONTENT_LENGTH, HeaderValue::from(range.len()));
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    let tag = format!("\"{whole:x}-{:x}\"", modified.unwrap_or_default().as_nanos());
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        fields.insert(header::ETAG, tag);
    }
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(value) = HeaderValue::from_str(&format!("bytes {}-{}/{whole}", range.start, range.end - 1))
    {
        fields.insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

/// Takes a whole body and puts it in its place. One that ends early leaves nothing.
async fn receive(
    shared: &Shared,
    path: &str,
    query: Option<String>,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), Refusal> {
    check(shared, Access::Write, path, query, headers)?;
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let length = length.ok_or((StatusCode::LENGTH_REQUIRED, "MissingContentLength"))?;
    if length > MAX_BYTES {
        return Err((StatusCode::BAD_REQUEST, "EntityTooLarge"));
    }
    let incoming = shared.volumes.incoming().map_err(|error| refusal(&error))?;
    let mut file = tokio::fs::File::from_std(incoming.as_file().try_clone().map_err(|_| BROKEN)?);
    let (mut pieces, mut received) = (body.into_data_stream(), 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| INCOMPLETE)?;
        received += piece.len() as u64;
        file.write_all(&piece).await.map_err(|_| BROKEN)?;
    }
    file.flush().await.map_err(|_| BROKEN)?;
    if received != length {
        return Err(INCOMPLETE);
    }
    shared.volumes.keep(incoming, path).map_err(|error| refusal(&error))
}

const NO_SUCH_KEY: Refusal = (StatusCode::NOT_FOUND, "NoSuchKey");
const INCOMPLETE: Refusal = (StatusCode::BAD_REQUEST, "IncompleteBody");
const BROKEN: Refusal = (StatusCode::INTERNAL_SERVER_ERROR, "InternalError");

fn refusal(error: &VolumeError) -> Refusal {
    match error {
        VolumeError::NotFound(_) | VolumeError::NoVolume(_) => NO_SUCH_KEY,
        VolumeError::Kind(_) => (StatusCode::CONFLICT, "ResourceTypeMismatch"),
        VolumeError::Disk(_) => BROKEN,
        _ => (StatusCode::BAD_REQUEST, "InvalidUri"),
    }
}
