//! Poll, cancel and close.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{error, reply};
use crate::faults::On;
use crate::server::Shared;
use crate::statement::StatementEntry;

/// `GET /api/2.0/sql/statements/{id}`
pub(super) async fn poll(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let work = async {
        match find(&shared, &id) {
            Ok(entry) => reply::statement(&shared, &entry),
            Err(refusal) => *refusal,
        }
    };
    shared.faults.around(On::Poll, None, work).await
}

/// `POST /api/2.0/sql/statements/{id}/cancel`: acknowledged, and carried out; what has ended stays as it ended.
pub(super) async fn cancel(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let work = async {
        match find(&shared, &id) {
            Ok(entry) => {
                entry.cancel();
                Json(json!({})).into_response()
            }
            Err(refusal) => *refusal,
        }
    };
    shared.faults.around(On::Cancel, None, work).await
}

/// `DELETE /api/2.0/sql/statements/{id}`
pub(super) async fn close(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let work = async {
        match find(&shared, &id) {
            Ok(entry) => {
                entry.close();
                Json(json!({})).into_response()
            }
            Err(refusal) => *refusal,
        }
    };
    shared.faults.around(On::Close, None, work).await
}

/// The statement; 400 for what cannot be an id, 404 for an unknown one.
pub(super) fn find(shared: &Shared, id: &str) -> Result<Arc<StatementEntry>, Box<Response>> {
    if uuid::Uuid::try_parse(id).is_err() {
        return Err(Box::new(error::invalid(format!("{id} is not a statement id"))));
    }
    shared
        .statements
        .get(id)
        .ok_or_else(|| Box::new(error::not_found("NOT_FOUND", format!("The statement {id} was not found."))))
}
