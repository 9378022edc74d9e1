//! `/oidc`: where clients sign in.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{error, unknown};
use crate::faults::On;
use crate::oauth::{Authority, Issued, Issuer, Refusal, TokenRequest};
use crate::server::Shared;

/// Says who issues the tokens of this host.
pub(super) async fn host_config(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response {
    document(&shared, uri, |issuer| Issuer::host_config(&base(issuer, &headers))).await
}

/// Says where the endpoints are.
pub(super) async fn metadata(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response {
    document(&shared, uri, |issuer| Issuer::metadata(&base(issuer, &headers))).await
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

/// Leads a browser back to the app that sent it.
pub(super) async fn authorize(State(shared): State<Arc<Shared>>, uri: Uri, RawQuery(query): RawQuery) -> Response {
    let Some(issuer) = &shared.issuer else { return unknown(uri).await };
    let query = query.unwrap_or_default();
    let answer = async { led_back(issuer.authorize(Some(Authority::Workspace), &query)) };
    shared.faults.around(On::Authorize, None, answer).await
}

/// The same at the address of older clients, where the workspace sends those to Entra whose app it does not know.
pub(super) async fn authorize_or_redirect(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(issuer) = &shared.issuer else { return unknown(uri).await };
    let query = query.unwrap_or_default();
    if let Some(location) = issuer.entra_authorize(host(&headers), &base(issuer, &headers), &query) {
        return found(&location);
    }
    shared.faults.around(On::Authorize, None, async { led_back(issuer.authorize(None, &query)) }).await
}

/// The way back, or a page for whoever may be led nowhere.
pub(super) fn led_back(location: Result<String, Refusal>) -> Response {
    match location {
        Ok(location) => found(&location),
        Err(Refusal { error, description }) => {
            let page = format!("<!DOCTYPE html><title>{error}</title><p>{description}</p>");
            (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
        }
    }
}

/// Sends a browser elsewhere.
pub(super) fn found(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        Err(_) => error::internal("The address cannot be a header"),
    }
}

/// Issues a token.
pub(super) async fn token(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    issued(&shared, On::Token, uri, &headers, body, Issuer::grant).await
}

/// Answers what `grant` makes of the request of a token.
pub(super) async fn issued(
    shared: &Shared,
    on: On,
    uri: Uri,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    grant: impl FnOnce(&Issuer, &TokenRequest<'_>) -> Result<Issued, Refusal>,
) -> Response {
    let Some(issuer) = &shared.issuer else { return unknown(uri).await };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return error::bad_body(&rejection),
    };
    let answer = async {
        let base = base(issuer, headers);
        let granted = grant(issuer, &request(&base, headers, &body));
        no_store(granted.map_or_else(refused, |issued| Json(granted_token(&issued)).into_response()))
    };
    shared.faults.around(on, None, answer).await
}

/// The address that whoever sent this knows the server by.
pub(super) fn base(issuer: &Issuer, headers: &HeaderMap) -> String {
    issuer.base(host(headers))
}

/// The host that a request was sent to, without the port of HTTPS.
pub(super) fn host(headers: &HeaderMap) -> &str {
    let host = text(headers, header::HOST).unwrap_or_default();
    host.strip_suffix(":443").unwrap_or(host)
}

pub(super) fn request<'a>(base: &'a str, headers: &'a HeaderMap, body: &'a [u8]) -> TokenRequest<'a> {
    let kind = text(headers, header::CONTENT_TYPE);
    let is_form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    TokenRequest {
        base,
        authorization: text(headers, header::AUTHORIZATION),
        origin: text(headers, header::ORIGIN),
        form: if is_form { body } else { &[] },
    }
}

pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// What is answered with a token: RFC 6749, section 5.1.
pub(super) fn granted_token(issued: &Issued) -> Value {
    let mut answer = json!({"access_token": issued.token, "token_type": "Bearer", "expires_in": issued.life.as_secs()});
    if !issued.scope.is_empty() {
        answer["scope"] = json!(issued.scope);
    }
    if let Some(token) = &issued.refresh_token {
        answer["refresh_token"] = json!(token);
    }
    if let Some(kind) = issued.issued_token_type {
        answer["issued_token_type"] = json!(kind);
    }
    answer
}

pub(super) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn refused(refusal: Refusal) -> Response {
    let body = json!({"error": refusal.error, "error_description": refusal.description});
    let mut response = (refusal_status(refusal), Json(body)).into_response();
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"local\""));
    }
    response
}

/// RFC 6749, section 5.2.
pub(super) fn refusal_status(refusal: Refusal) -> StatusCode {
    match refusal.error {
        "invalid_client" => StatusCode::UNAUTHORIZED,
        "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// How many tokens were issued, by grant, for tests.
pub(super) async fn count_issued(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    let Some(issuer) = &shared.issuer else { return unknown(uri).await };
    Json(json!({"issued": issuer.issued()})).into_response()
}

/// What `DELETE /_tokens` ends beside access tokens.
#[derive(Deserialize)]
pub(super) struct Revoked {
    #[serde(default)]
    refresh: bool,
}

/// Ends every token that was issued, for tests.
pub(super) async fn revoke_all(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    revoked: Result<Query<Revoked>, QueryRejection>,
) -> Response {
    let Some(issuer) = &shared.issuer else { return unknown(uri).await };
    match revoked {
        Ok(Query(revoked)) => issuer.revoke_all(revoked.refresh),
        Err(rejection) => return error::invalid(rejection.body_text()),
    }
    Json(json!({})).into_response()
}
