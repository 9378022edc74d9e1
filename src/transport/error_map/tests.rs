use reqwest::header::HeaderValue;
use rstest::rstest;

use super::*;

const REQUEST_INFO: &str = r#"{"error_code": "NOT_FOUND", "message": "Statement 01f0 does not exist.",
    "details": [{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": "7d8e", "serving_data": ""}]}"#;
const LOGIN_PAGE: &str = "<!DOCTYPE html><html><body>Sign in, token=abc</body></html>";

fn failed(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Failure {
    let headers = headers.iter().map(|&(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
    let status = StatusCode::from_u16(status).unwrap();
    api_failure(RequestKind::Poll, status, &headers.collect(), body.as_bytes(), true)
}

#[rstest]
#[case(400, Code::InvalidArgument, false)]
#[case(401, Code::Unauthenticated, false)]
#[case(403, Code::PermissionDenied, false)]
#[case(404, Code::NotFound, false)]
#[case(405, Code::InvalidArgument, false)]
#[case(408, Code::Timeout, true)]
#[case(409, Code::InvalidState, false)]
#[case(410, Code::NotFound, false)]
#[case(413, Code::InvalidArgument, false)]
#[case(429, Code::ResourceExhausted, true)]
#[case(500, Code::Internal, true)]
#[case(502, Code::Unavailable, true)]
#[case(503, Code::Unavailable, true)]
#[case(504, Code::Timeout, true)]
#[case(307, Code::Unknown, false)]
fn a_status_has_its_code(#[case] status: u16, #[case] code: Code, #[case] retryable: bool) {
    let failure = failed(status, &[], r#"{"error_code": "SOME_CODE", "message": "The server's words."}"#);
    assert_eq!(failure.cause, Cause::Status { status, retry_after: None });
    assert_eq!((failure.error.code, failure.error.retryable), (code, retryable));
    assert_eq!(failure.error.http_status, Some(i32::from(status)));
    assert_eq!(failure.error.details, "The server's words.");
}

#[rstest]
#[case::name(r#"{"error_code": "NOT_FOUND", "message": "m"}"#, Some("NOT_FOUND"), None)]
#[case::number(r#"{"error_code": 403, "message": "m"}"#, Some("403"), Some(403))]
#[case::number_as_text(r#"{"error_code": "403", "message": "m"}"#, Some("403"), Some(403))]
#[case::absent(r#"{"message": "m"}"#, None, None)]
#[case::null(r#"{"error_code": null, "message": "m"}"#, None, None)]
#[case::object(r#"{"error_code": {"a": 1}, "message": "m"}"#, None, None)]
fn an_error_code_is_a_name_or_a_number(
    #[case] body: &str,
    #[case] error_code: Option<&str>,
    #[case] vendor_code: Option<i32>,
) {
    let error = failed(403, &[], body).error;
    assert_eq!(error.error_code.as_deref(), error_code);
    assert_eq!(error.vendor_code, vendor_code);
    assert_eq!(error.details, "m");
}

#[rstest]
#[case::at_the_end(r#"{"message": "[UNSUPPORTED_CONF] No such setting. SQLSTATE: 42K0I"}"#, Some("42K0I"))]
#[case::nowhere(r#"{"message": "No such setting."}"#, None)]
fn an_sql_state_is_read_from_the_message(#[case] body: &str, #[case] sql_state: Option<&str>) {
    assert_eq!(failed(400, &[], body).error.sql_state.as_deref(), sql_state);
}

#[rstest]
#[case::no_credential(
    401,
    r#"{"error_code": 401, "message": "Credential was not sent"}"#,
    Code::Unauthenticated,
    Some(401)
)]
#[case::refused_token(
    403,
    r#"{"error_code": 403, "message": "Invalid access token."}"#,
    Code::PermissionDenied,
    Some(403)
)]
#[case::no_session(
    404,
    r#"{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No session.", "details": []}"#,
    Code::NotFound,
    None
)]
#[case::malformed_id(
    400,
    r#"{"error_code": "INVALID_PARAMETER_VALUE", "message": "Not an id."}"#,
    Code::InvalidArgument,
    None
)]
fn errors_of_sessions_keep_the_servers_words(
    #[case] status: u16,
    #[case] body: &str,
    #[case] code: Code,
    #[case] vendor_code: Option<i32>,
) {
    let realm =
        [("www-authenticate", "Bearer realm=\"DatabricksRealm\""), ("x-databricks-reason-phrase", "another text")];
    let error = failed(status, &realm, body).error;
    let message = serde_json::from_str::<Value>(body).unwrap()["message"].as_str().unwrap().to_owned();
    assert_eq!((error.code, error.details, error.vendor_code, error.retryable), (code, message, vendor_code, false));
}

#[test]
fn details_and_request_id_are_kept() {
    let error = failed(404, &[("x-request-id", "c0ffee")], REQUEST_INFO).error;
    assert_eq!(error.details, "Statement 01f0 does not exist.");
    let details: Value = serde_json::from_str(error.error_details_json.as_deref().unwrap()).unwrap();
    assert_eq!(details[0]["request_id"], "7d8e");
    assert_eq!(error.source.unwrap().to_string(), "the server's request id is c0ffee");
}

#[rstest]
#[case::empty(500, &[], "", "the server answered HTTP 500 (Internal Server Error) without a message")]
#[case::blank(502, &[], " \n", "the server answered HTTP 502 (Bad Gateway) without a message")]
#[case::no_message(500, &[], "{}", "the server answered HTTP 500 (Internal Server Error) without a message")]
#[case::empty_message(500, &[], r#"{"message": " "}"#, "the server answered HTTP 500 (Internal Server Error) without a message")]
#[case::other_message(400, &[], r#"{"error_code": "E", "message": {"text": "m"}}"#, "the server answered HTTP 400 (Bad Request) without a message")]
#[case::other_json(400, &[], r#"["E"]"#, "the server answered HTTP 400 (Bad Request) without a message")]
#[case::page(502, &[], LOGIN_PAGE, "the server answered HTTP 502 (Bad Gateway) with a page instead of JSON")]
#[case::plain_text(503, &[], "no healthy upstream", "the server answered HTTP 503 (Service Unavailable) with a page instead of JSON")]
#[case::unnamed_status(599, &[], "", "the server answered HTTP 599 without a message")]
#[case::reason_header(
    401,
    &[("x-databricks-reason-phrase", "Credential was not sent")],
    "",
    "the server answered HTTP 401 (Unauthorized): Credential was not sent"
)]
#[case::redirect(
    302,
    &[("location", "https://login.example/?next=secret")],
    "",
    "the server answered HTTP 302 (Found), a redirect, which is never followed: check the host, and on a host that workspaces share add \
     ?o=WORKSPACE_ID to the http_path"
)]
fn a_reply_without_a_message_is_described_and_not_pasted(
    #[case] status: u16,
    #[case] headers: &[(&'static str, &'static str)],
    #[case] body: &str,
    #[case] details: &str,
) {
    assert_eq!(failed(status, headers, body).error.details, details);
}

#[rstest]
#[case::seconds("120", Some(120))]
#[case::zero("0", Some(0))]
#[case::blanks(" 5 ", Some(5))]
#[case::date("Sun, 06 Nov 1994 08:50:37 GMT", Some(60))]
#[case::past_date("Sun, 06 Nov 1994 08:00:00 GMT", Some(0))]
#[case::other_date_form("Sunday, 06-Nov-94 08:50:37 GMT", Some(60))]
#[case::fraction("1.5", None)]
#[case::negative("-1", None)]
#[case::words("soon", None)]
#[case::empty("", None)]
fn retry_after_is_seconds_or_a_date(#[case] text: &'static str, #[case] seconds: Option<u64>) {
    let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
    let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
    assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs));
    assert_eq!(retry_after(&HeaderMap::new(), now), None);
}

#[rstest]
#[case::login_page(LOGIN_PAGE, Code::Unknown, "the server answered with a page instead of JSON")]
#[case::empty("", Code::Unknown, "the server answered HTTP 200 without a body")]
#[case::other_json("{\"surprise\": 1}", Code::Internal, "the server's reply does not have the shape")]
#[case::cut_json("{\"statement_id\": ", Code::Internal, "the server's reply does not have the shape")]
fn an_unreadable_success_is_named(#[case] body: &str, #[case] code: Code, #[case] details: &str) {
    let problem = serde_json::from_str::<crate::sea::wire::SessionCreated>(body).unwrap_err();
    let error = unreadable(StatusCode::OK, &HeaderMap::new(), body.as_bytes(), problem);
    assert_eq!(error.code, code);
    assert!(error.details.starts_with(details), "{}", error.details);
    assert!(!error.details.contains("abc"));
}

#[test]
fn beginning_of_an_error_is_read_wherever_it_was_cut() {
    let message = "it \"broke\" \\ at é \u{1F600} [end] {x}";
    let escaped = serde_json::json!({"error_code": "E", "message": message, "details": [{"a": ["b"]}]}).to_string();
    let ascii = escaped.replace('é', "\\u00e9").replace('\u{1F600}', "\\ud83d\\ude00");
    for whole in [escaped, ascii] {
        for length in 0..whole.len() {
            let failure = api_failure(
                RequestKind::Poll,
                StatusCode::BAD_REQUEST,
                &HeaderMap::new(),
                &whole.as_bytes()[..length],
                false,
            );
            let details = failure.error.details;
            let is_words = details.starts_with("the server answered HTTP 400");
            assert!(is_words || message.starts_with(&*details), "{length}: {details}");
        }
    }
}
