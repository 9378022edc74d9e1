//! `/api/2.0/fs/*`: links to the files of volumes, and what is in their folders.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::error;
use crate::faults::On;
use crate::links::Access;
use crate::server::Shared;
use crate::volumes::VolumeError;

#[derive(Deserialize)]
pub(super) struct FilePath {
    path: String,
}

/// `POST /api/2.0/fs/create-upload-url`
pub(super) async fn upload_url(State(shared): State<Arc<Shared>>, body: Result<Bytes, BytesRejection>) -> Response {
    shared.faults.around(On::UploadUrl, None, async { link(&shared, Access::Write, body) }).await
}

/// `POST /api/2.0/fs/create-download-url`
pub(super) async fn download_url(State(shared): State<Arc<Shared>>, body: Result<Bytes, BytesRejection>) -> Response {
    shared.faults.around(On::DownloadUrl, None, async { link(&shared, Access::Read, body) }).await
}

/// `POST /api/2.0/fs/create-delete-url`
pub(super) async fn delete_url(State(shared): State<Arc<Shared>>, body: Result<Bytes, BytesRejection>) -> Response {
    shared.faults.around(On::DeleteUrl, None, async { link(&shared, Access::Remove, body) }).await
}

/// `GET /api/2.0/fs/list`: an empty folder answers `{}`.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    query: Result<Query<FilePath>, QueryRejection>,
) -> Response {
    let work = async {
        let Ok(Query(FilePath { path })) = query else { return error::invalid("path is required") };
        match shared.volumes.list(&path) {
            Ok(files) if files.is_empty() => Json(json!({})).into_response(),
            Ok(files) => {
                let files: Vec<_> = files.iter().map(|file| file.to_json()).collect();
                Json(json!({"files": files})).into_response()
            }
            Err(error) => refused(&error),
        }
    };
    shared.faults.around(On::ListFolder, None, work).await
}

/// A link is made whether or not there is a file: the store tells.
fn link(shared: &Shared, access: Access, body: Result<Bytes, BytesRejection>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return error::bad_body(&rejection),
    };
    let path = match serde_json::from_slice::<FilePath>(&body) {
        Ok(request) => request.path,
        Err(error) => return error::invalid(format!("The request does not parse: {error}")),
    };
    if let Err(error) = shared.volumes.locate_file(&path) {
        return refused(&error);
    }
    let link = shared.links.sign_file(access, &path, &BTreeMap::new(), false);
    let headers: Vec<_> = link.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut answer = json!({"url": link.url});
    if !headers.is_empty() {
        answer["headers"] = json!(headers);
    }
    Json(answer).into_response()
}

fn refused(error: &VolumeError) -> Response {
    match error {
        VolumeError::NoVolume(_) | VolumeError::NotFound(_) => error::not_found("NOT_FOUND", error.text()),
        VolumeError::Disk(_) => error::internal(error.text()),
        _ => error::invalid(error.text()),
    }
}
