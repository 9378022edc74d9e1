//! Where Microsoft would be asked about a workspace at Azure.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use super::oidc::{base, found, granted_token, host, issued, led_back, no_store, refusal_status, request, text};
use super::{error, unknown};
use crate::faults::On;
use crate::oauth::{Authority, AzureToken, Issuer, Purpose, Refusal, Version};
use crate::server::Shared;

const MANAGEMENT_TOKEN: HeaderName = HeaderName::from_static("x-databricks-azure-sp-management-token");

/// Sends whoever asks to the tenant of the workspace.
pub(super) async fn login(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response {
    let location =
        shared.issuer.as_ref().and_then(|issuer| issuer.azure_login(host(&headers), &base(issuer, &headers)));
    let Some(location) = location else { return unknown(uri).await };
    shared.faults.around(On::AzureLogin, None, async { found(&location) }).await
}

/// Says where Entra's own endpoints are, for an app that asks there.
pub(super) async fn metadata(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    tenant: Result<Path<String>, PathRejection>,
) -> Response {
    let (Some(issuer), Ok(Path(tenant))) = (shared.issuer.as_ref().filter(|issuer| issuer.has_azure()), tenant) else {
        return unknown(uri).await;
    };
    let at = format!("{}/{tenant}", base(issuer, &headers));
    let document = json!({"issuer": format!("{at}/v2.0"), "authorization_endpoint": format!("{at}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{at}/oauth2/v2.0/token"), "response_types_supported": ["code"]});
    shared.faults.around(On::Discovery, None, async { Json(document).into_response() }).await
}

/// Where people would sign in. Some clients follow the workspace here for the address alone.
pub(super) async fn sign_in_page(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    match shared.issuer.as_ref().filter(|issuer| issuer.has_azure()) {
        Some(_) => Html("<!DOCTYPE html><title>Sign in</title>").into_response(),
        None => unknown(uri).await,
    }
}

/// Leads a browser back to the app that sent it, if it is one of Entra's.
pub(super) async fn authorize(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    tenant: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    let known = |issuer: &&Issuer| issuer.has_azure() && tenant.is_ok_and(|Path(tenant)| issuer.has_users_of(&tenant));
    let Some(issuer) = shared.issuer.as_ref().filter(known) else { return unknown(uri).await };
    let query = query.unwrap_or_default();
    let answer = async { led_back(issuer.authorize(Some(Authority::Entra), &query)) };
    shared.faults.around(On::Authorize, None, answer).await
}

/// Issues a token for a resource: Entra's first endpoint, whose numbers are texts.
pub(super) async fn token_v1(
    state: State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    tenant: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    tenant_token(Version::V1, state, uri, headers, tenant, body).await
}

/// Issues a token for a scope: Entra's second endpoint.
pub(super) async fn token_v2(
    state: State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    tenant: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    tenant_token(Version::V2, state, uri, headers, tenant, body).await
}

async fn tenant_token(
    version: Version,
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    tenant: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let (Some(issuer), Ok(Path(tenant))) = (shared.issuer.as_ref().filter(|issuer| issuer.has_azure()), tenant) else {
        return unknown(uri).await;
    };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return error::bad_body(&rejection),
    };
    let answer = async {
        let base = base(issuer, &headers);
        let granted = issuer.entra(version, &tenant, host(&headers), &request(&base, &headers, &body));
        no_store(granted.map_or_else(refused, |token| Json(entra_answer(version, &token)).into_response()))
    };
    shared.faults.around(On::AzureToken, None, answer).await
}

/// Issues a token to a user's app of Entra, by way of the workspace.
pub(super) async fn user_token(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    issued(&shared, On::AzureToken, uri, &headers, body, Issuer::entra_user).await
}

/// Issues a token to whoever is on this machine. The machine refuses what a proxy has passed on.
pub(super) async fn managed_identity(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(issuer) = shared.issuer.as_ref().filter(|issuer| issuer.has_azure()) else { return unknown(uri).await };
    let is_marked =
        text(&headers, HeaderName::from_static("metadata")).is_some_and(|mark| mark.eq_ignore_ascii_case("true"));
    let is_local = is_marked && !headers.contains_key("x-forwarded-for");
    let answer = async {
        match issuer.managed_identity(query.as_deref().unwrap_or_default(), is_local) {
            Ok(token) => {
                let mut answer = entra_answer(Version::V1, &token);
                answer["client_id"] = json!(token.client);
                no_store(Json(answer).into_response())
            }
            Err(refusal) => {
                let body = json!({"error": refusal.error, "error_description": refusal.description});
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
        }
    };
    shared.faults.around(On::ManagedIdentity, None, answer).await
}

/// The second endpoint answers numbers; the first one, and the machine, answer texts and more of them.
fn entra_answer(version: Version, token: &AzureToken) -> Value {
    let life = token.issued.life.as_secs();
    let mut answer = granted_token(&token.issued);
    match version {
        Version::V2 => answer["ext_expires_in"] = json!(life),
        Version::V1 => {
            let now = u64::try_from(chrono::Utc::now().timestamp()).unwrap_or_default();
            answer["expires_in"] = json!(life.to_string());
            answer["ext_expires_in"] = json!(life.to_string());
            answer["not_before"] = json!(now.to_string());
            answer["expires_on"] = json!((now + life).to_string());
            answer["resource"] = json!(token.resource);
        }
    }
    answer
}

/// A refusal as Entra words it: with the number that its description begins with.
fn refused(refusal: Refusal) -> Response {
    let number = refusal.description.strip_prefix("AADSTS").and_then(|rest| rest.split_once(':'));
    let codes: Vec<u32> = number.and_then(|(number, _)| number.parse().ok()).into_iter().collect();
    let id = || uuid::Uuid::new_v4().to_string();
    let body = json!({"error": refusal.error, "error_description": refusal.description, "error_codes": codes,
        "timestamp": chrono::Utc::now().format("%Y-%m-%d %H:%M:%SZ").to_string(), "trace_id": id(), "correlation_id": id()});
    (refusal_status(refusal), Json(body)).into_response()
}

/// What is wrong with the proof, if there is one, that whoever sends a request may manage the workspace: it makes service principals known
/// that are not in the workspace yet. Clients send it for the others too, and then need not name the workspace.
pub(super) fn check_management(issuer: Option<&Issuer>, headers: &HeaderMap) -> Result<(), Response> {
    let Some(token) = headers.get(MANAGEMENT_TOKEN) else { return Ok(()) };
    let is_good = |issuer: &Issuer| token.to_str().is_ok_and(|token| issuer.knows(token, Purpose::Management));
    if issuer.is_some_and(is_good) { Ok(()) } else { Err(error::unauthenticated("Invalid management token.")) }
}
