//! The endpoints, one file an operation.

mod chunk;
mod error;
mod execute;
mod faults;
mod reply;
mod sessions;
mod statements;
mod store;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{delete, get, post};

use crate::server::Shared;

/// The longest request: SQL text of 16 MiB, escaped, and its parameters.
const MAX_REQUEST_BYTES: usize = 64 * 1024 * 1024;

/// All endpoints, in both spellings that clients use.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let sessions = || post(sessions::open);
    let statements = || post(execute::execute);
    let api = Router::new()
        .route("/api/2.0/sql/sessions", sessions())
        .route("/api/2.0/sql/sessions/", sessions())
        .route("/api/2.0/sql/warehouses/{warehouse}/sessions", post(sessions::open_at))
        .route("/api/2.0/sql/warehouses/{warehouse}/sessions/{id}", delete(sessions::close_at))
        .route("/api/2.0/sql/sessions/{id}", delete(sessions::close))
        .route("/api/2.0/sql/statements", statements())
        .route("/api/2.0/sql/statements/", statements())
        .route("/api/2.0/sql/statements/{id}", get(statements::poll).delete(statements::close))
        .route("/api/2.0/sql/statements/{id}/cancel", post(statements::cancel))
        .route("/api/2.0/sql/statements/{id}/result/chunks/{index}", get(chunk::chunk))
        .route("/_faults", get(faults::report).post(faults::replace).delete(faults::clear))
        .layer(from_fn_with_state(Arc::clone(&shared), authenticate));
    api.route("/_store/{id}/{index}", get(store::fetch))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .layer(from_fn(name_request))
        .with_state(shared)
}

async fn unknown(uri: Uri) -> Response {
    error::not_found("ENDPOINT_NOT_FOUND", format!("No API found for {}", uri.path()))
}

async fn authenticate(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match sent.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(token) if token == shared.config.token => next.run(request).await,
        Some(_) => error::unauthenticated("Invalid access token."),
        None => error::unauthenticated("Credential was not sent or was of an unsupported type for this API."),
    }
}

/// Every answer carries an id for support.
async fn name_request(request: Request, next: Next) -> Response<Body> {
    let mut response = next.run(request).await;
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::now_v7().to_string()) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}
