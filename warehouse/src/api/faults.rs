//! `/_faults`: the plan of faults, for tests.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::error;
use crate::server::Shared;

/// What is left of the plan, and what was counted since it was set.
pub(super) async fn report(State(shared): State<Arc<Shared>>) -> Response {
    Json(shared.faults.report()).into_response()
}

/// Sets another plan; the counts start at zero.
pub(super) async fn replace(State(shared): State<Arc<Shared>>, body: Result<Bytes, BytesRejection>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return error::bad_body(&rejection),
    };
    match crate::faults::parse(&body) {
        Ok(rules) => {
            shared.faults.replace(rules);
            Json(json!({})).into_response()
        }
        Err(error) => error::invalid(format!("The plan of faults does not parse: {error}")),
    }
}

/// Ends the plan; the counts start at zero.
pub(super) async fn clear(State(shared): State<Arc<Shared>>) -> Response {
    shared.faults.replace(Vec::new());
    Json(json!({})).into_response()
}
