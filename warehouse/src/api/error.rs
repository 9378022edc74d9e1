//! Answers that are not 2xx.

use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error's body, before the request's id is added to it.
#[derive(Clone)]
struct Refusal(Value);

fn refusal(status: StatusCode, error_code: impl Into<Value>, message: String) -> Response {
    let mut response = status.into_response();
    let body = json!({"error_code": error_code.into(), "message": message});
    response.extensions_mut().insert(Refusal(body));
    response
}

/// A request that is wrong in itself.
pub(super) fn invalid(message: impl Into<String>) -> Response {
    refusal(StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE", message.into())
}

/// A request that cannot be served as things stand.
pub(super) fn bad_request(message: impl Into<String>) -> Response {
    refusal(StatusCode::BAD_REQUEST, "BAD_REQUEST", message.into())
}

/// Something that the server does not know.
pub(super) fn not_found(error_code: &str, message: impl Into<String>) -> Response {
    refusal(StatusCode::NOT_FOUND, error_code, message.into())
}

/// The server's own failure.
pub(super) fn internal(message: impl Into<String>) -> Response {
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", message.into())
}

/// Nobody, or somebody unknown. The authentication layer's code is a number.
pub(super) fn unauthenticated(message: &'static str) -> Response {
    let mut response = refusal(StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED.as_u16(), message.to_owned());
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"DatabricksRealm\""));
    response.headers_mut().insert("x-databricks-reason-phrase", HeaderValue::from_static(message));
    response
}

/// A path whose parts do not parse.
pub(super) fn bad_path(rejection: &PathRejection) -> Response {
    invalid(format!("The path does not parse: {}", rejection.body_text()))
}

/// A body that is too long or breaks off.
pub(super) fn bad_body(rejection: &BytesRejection) -> Response {
    invalid(format!("The request's body cannot be read: {}", rejection.body_text()))
}

/// Writes the body of an error, with the request's id for support. Authentication errors have no details.
pub(super) fn complete(mut response: Response, request_id: &str) -> Response {
    let Some(Refusal(mut body)) = response.extensions_mut().remove::<Refusal>() else { return response };
    if body["error_code"].is_string() {
        body["details"] = json!([{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": request_id, "serving_data": ""}]);
    }
    let fields = response.headers_mut();
    fields.remove(header::CONTENT_LENGTH);
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.body_mut() = body.to_string().into();
    response
}
