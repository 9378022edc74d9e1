//! Answers that are not 2xx.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A request that is wrong in itself.
pub(super) fn invalid(message: impl Into<String>) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error_code": "INVALID_PARAMETER_VALUE", "message": message.into()})))
        .into_response()
}

/// Something that the server does not know.
pub(super) fn not_found(error_code: &str, message: impl Into<String>) -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error_code": error_code, "message": message.into()}))).into_response()
}

/// Nobody, or somebody unknown. The authentication layer's code is a number.
pub(super) fn unauthenticated(message: &'static str) -> Response {
    let mut response = (StatusCode::UNAUTHORIZED, Json(json!({"error_code": 401, "message": message}))).into_response();
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"DatabricksRealm\""));
    response.headers_mut().insert("x-databricks-reason-phrase", HeaderValue::from_static(message));
    response
}
