//! `/oidc`: where clients sign in.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{error, unknown};
use crate::faults::On;
use crate::oauth::{Issuer, Refusal};
use crate::server::Shared;

/// Says who issues the tokens of this host.
pub(super) async fn host_config(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    document(&shared, uri, Issuer::host_config).await
}

/// Says where the endpoints are.
pub(super) async fn metadata(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    document(&shared, uri, Issuer::metadata).await
}

/// The keys that tokens can be checked with.
pub(super) async fn keys(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    document(&shared, uri, Issuer::keys).await
}

async fn document(shared: &Shared, uri: Uri, of: impl FnOnce(&Issuer) -> Value) -> Response {
    match &shared.issuer {
        Some(issuer) => shared.faults.around(On::Discovery, None, async { Json(of(issuer)).into_response() }).await,
        None => unknown(uri).await,
    }
}

/// Issues a token.
pub(super) async fn token(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(issuer) = &shared.issuer else { return unknown(uri).await };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return error::bad_body(&rejection),
    };
    shared.faults.around(On::Token, None, async { answer(issuer, &headers, &body) }).await
}

fn answer(issuer: &Issuer, headers: &HeaderMap, body: &[u8]) -> Response {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is_form = text(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let body = if is_form { body } else { &[] };
    let mut response = match issuer.grant(text(header::AUTHORIZATION), body) {
        Ok(issued) => {
            Json(json!({"access_token": issued.token, "token_type": "Bearer", "expires_in": issued.life.as_secs(),
            "scope": issued.scope}))
            .into_response()
        }
        Err(refusal) => refused(refusal),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn refused(Refusal { error, description }: Refusal) -> Response {
    let status = match error {
        "invalid_client" => StatusCode::UNAUTHORIZED,
        "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut response = (status, Json(json!({"error": error, "error_description": description}))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"local\""));
    }
    response
}

/// Ends every token that was issued, for tests.
pub(super) async fn revoke_all(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    let Some(issuer) = &shared.issuer else { return unknown(uri).await };
    issuer.revoke_all();
    Json(json!({})).into_response()
}
