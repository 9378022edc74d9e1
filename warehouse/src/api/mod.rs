//! The endpoints, one file an operation.

mod azure;
mod chunk;
mod error;
mod execute;
mod faults;
mod files;
mod fs;
mod oidc;
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

/// The API with the store that its links point to.
pub(crate) fn everything(shared: &Arc<Shared>) -> Router {
    finish(shared, api(shared).merge(store()))
}

/// The API, whose links point elsewhere.
pub(crate) fn without_store(shared: &Arc<Shared>) -> Router {
    finish(shared, api(shared))
}

/// The store that links point to.
pub(crate) fn store_alone(shared: &Arc<Shared>) -> Router {
    finish(shared, store())
}

/// All endpoints, in all spellings that clients use.
fn api(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let open = || post(sessions::open);
    let open_at = || post(sessions::open_at);
    let statements = || post(execute::execute);
    Router::new()
        .route("/api/2.0/sql/sessions", open())
        .route("/api/2.0/sql/sessions/", open())
        .route("/api/2.0/sql/warehouses/{warehouse}/sessions", open_at())
        .route("/api/2.0/sql/warehouses/{warehouse}/sessions/", open_at())
        .route("/api/2.0/sql/warehouses/{warehouse}/sessions/{id}", delete(sessions::close_at))
        .route("/api/2.0/sql/sessions/{id}", delete(sessions::close))
        .route("/api/2.0/sql/statements", statements())
        .route("/api/2.0/sql/statements/", statements())
        .route("/api/2.0/sql/statements/{id}", get(statements::poll).delete(statements::close))
        .route("/api/2.0/sql/statements/{id}/cancel", post(statements::cancel))
        .route("/api/2.0/sql/statements/{id}/result/chunks/{index}", get(chunk::chunk))
        .route("/api/2.0/fs/create-upload-url", post(fs::upload_url))
        .route("/api/2.0/fs/create-download-url", post(fs::download_url))
        .route("/api/2.0/fs/create-delete-url", post(fs::delete_url))
        .route("/api/2.0/fs/list", get(fs::list))
        .route("/_faults", get(faults::report).post(faults::replace).delete(faults::clear))
        .route("/_tokens", get(oidc::count_issued).delete(oidc::revoke_all))
        .layer(from_fn_with_state(Arc::clone(shared), authenticate))
        .merge(sign_in())
}

/// What clients ask that have no token yet.
fn sign_in() -> Router<Arc<Shared>> {
    Router::new()
        .route("/.well-known/databricks-config", get(oidc::host_config))
        .route("/oidc/.well-known/oauth-authorization-server", get(oidc::metadata))
        .route("/oidc/.well-known/openid-configuration", get(oidc::metadata))
        .route("/oidc/jwks.json", get(oidc::keys))
        .route("/oidc/v1/authorize", get(oidc::authorize))
        .route("/oidc/v1/token", post(oidc::token))
        .route("/oidc/oauth2/v2.0/authorize", get(oidc::authorize_or_redirect))
        .route("/oidc/oauth2/v2.0/token", post(azure::user_token))
        .route("/aad/auth", get(azure::login))
        .route("//aad/auth", get(azure::login))
        .route("/metadata/identity/oauth2/token", get(azure::managed_identity))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(azure::metadata))
        .route("/{tenant}/oauth2/authorize", get(azure::sign_in_page))
        .route("/{tenant}/oauth2/v2.0/authorize", get(azure::authorize))
        .route("/{tenant}/oauth2/token", post(azure::token_v1))
        .route("/{tenant}/oauth2/v2.0/token", post(azure::token_v2))
}

fn store() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_store/{id}/{index}", get(store::fetch))
        .route("/_files/{*path}", get(files::read).put(files::write).delete(files::remove))
}

fn finish(shared: &Arc<Shared>, router: Router<Arc<Shared>>) -> Router {
    router
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .layer(from_fn(name_request))
        .with_state(Arc::clone(shared))
}

async fn unknown(uri: Uri) -> Response {
    error::not_found("ENDPOINT_NOT_FOUND", format!("No API found for {}", uri.path()))
}

async fn authenticate(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = sent
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
        .map(|(_, token)| token);
    match token {
        Some(token) if shared.knows(token) => {
            match azure::check_management(shared.issuer.as_ref(), request.headers()) {
                Ok(()) => next.run(request).await,
                Err(refusal) => refusal,
            }
        }
        Some(_) => error::unauthenticated("Invalid access token."),
        None => error::unauthenticated("Credential was not sent or was of an unsupported type for this API."),
    }
}

/// Every answer carries an id for support.
async fn name_request(request: Request, next: Next) -> Response<Body> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let id = uuid::Uuid::now_v7().to_string();
    let mut response = error::complete(next.run(request).await, &id);
    tracing::debug!(%method, path, status = response.status().as_u16(), request_id = id, "request");
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}
