//! `POST` and `DELETE` of sessions.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error;
use crate::engine::SessionOptions;
use crate::faults::On;
use crate::server::Shared;

/// What opens a session; keys that the server does not know are let pass.
#[derive(Default, Deserialize)]
#[serde(default)]
struct OpenSession {
    warehouse_id: Option<String>,
    catalog: Option<String>,
    schema: Option<String>,
    session_confs: Option<BTreeMap<String, Option<String>>>,
}

pub(super) async fn open(State(shared): State<Arc<Shared>>, body: Result<Bytes, BytesRejection>) -> Response {
    shared.faults.around(On::OpenSession, None, open_session(&shared, None, body)).await
}

/// The spelling with the warehouse in the path.
pub(super) async fn open_at(
    State(shared): State<Arc<Shared>>,
    Path(warehouse): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    shared.faults.around(On::OpenSession, None, open_session(&shared, Some(warehouse), body)).await
}

async fn open_session(shared: &Shared, warehouse: Option<String>, body: Result<Bytes, BytesRejection>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return error::bad_body(&rejection),
    };
    let request: OpenSession = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return error::invalid(format!("The request does not parse: {error}")),
    };
    if warehouse.or(request.warehouse_id).is_none_or(|id| id.is_empty()) {
        return error::invalid("warehouse_id is required");
    }
    let settings = request.session_confs.unwrap_or_default().into_iter();
    let settings = settings.map(|(name, value)| (name, value.unwrap_or_default()));
    let mut options = self::options(shared, request.catalog, request.schema);
    options.settings.extend(settings);
    match shared.engine.open_session(options).await {
        Ok(session) => {
            let id = uuid::Uuid::now_v7().to_string();
            shared.sessions().insert(id.clone(), session);
            Json(json!({"session_id": id})).into_response()
        }
        Err(error) => error::invalid(error.to_string()),
    }
}

/// A session's place and time zone. `SPARK` is an old name that drivers send when nobody has chosen a catalog.
pub(super) fn options(shared: &Shared, catalog: Option<String>, schema: Option<String>) -> SessionOptions {
    let catalog = catalog.filter(|name| name != "SPARK");
    let zone = shared.config.zone.iter().map(|zone| ("TIMEZONE".to_owned(), zone.clone()));
    SessionOptions { catalog, schema, settings: zone.collect() }
}

pub(super) async fn close(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    shared.faults.around(On::CloseSession, None, close_session(&shared, &id)).await
}

/// The spelling with the warehouse in the path.
pub(super) async fn close_at(State(shared): State<Arc<Shared>>, Path((_, id)): Path<(String, String)>) -> Response {
    shared.faults.around(On::CloseSession, None, close_session(&shared, &id)).await
}

/// What runs is stopped; results that are there can still be read.
async fn close_session(shared: &Shared, id: &str) -> Response {
    if shared.sessions().remove(id).is_none() {
        return unknown(id);
    }
    shared.statements.cancel_session(id);
    Json(Value::Object(Default::default())).into_response()
}

pub(super) fn unknown(id: &str) -> Response {
    error::not_found("NOT_FOUND", format!("The session {id} does not exist."))
}
