//! Who may ask, what is asked wrongly, and how that is answered.

use local_warehouse::{Config, Server, StartError};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::engine::Words;
use crate::support::{Warehouse, config, path, state};

const SESSIONS: &str = "/api/2.0/sql/sessions";
const UNKNOWN_STATEMENT: &str = "/api/2.0/sql/statements/01f0aa12-77aa-1f00-8e21-0c1d2e3f4a5b";

fn two_tokens() -> Config {
    Config { tokens: vec!["first".to_owned(), "second".to_owned()], ..config() }
}

#[rstest]
#[case("Bearer first", StatusCode::OK)]
#[case("Bearer second", StatusCode::OK)]
#[case("bearer second", StatusCode::OK)]
#[case("Bearer third", StatusCode::UNAUTHORIZED)]
#[case("Bearer firs", StatusCode::UNAUTHORIZED)]
#[case("Bearer", StatusCode::UNAUTHORIZED)]
#[case("Basic first", StatusCode::UNAUTHORIZED)]
#[tokio::test]
async fn every_given_token_opens_and_no_other_does(#[case] authorization: &str, #[case] expected: StatusCode) {
    let warehouse = Warehouse::start(two_tokens()).await;
    let request = warehouse.http.post(format!("{}{SESSIONS}", warehouse.server.url()));
    let request = request.header(AUTHORIZATION, authorization).json(&json!({"warehouse_id": "w"}));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), expected);
    let body: Value = response.json().await.unwrap();
    if expected == StatusCode::UNAUTHORIZED {
        assert_eq!(body["error_code"], 401);
        assert_eq!(body.get("details"), None);
    }
}

#[tokio::test]
async fn tokens_are_not_shown_by_debug() {
    assert!(!format!("{:?}", two_tokens()).contains("first"));
}

#[rstest]
#[case(Config { tokens: vec![], ..config() }, "no token is given")]
#[case(Config { tokens: vec![String::new()], ..config() }, "no token is given")]
#[case(Config { address: [0, 0, 0, 0].into(), ..config() }, "0.0.0.0 is not a loopback address")]
#[case(Config { faults: Some("{".to_owned()), ..config() }, "the plan of faults does not parse")]
#[tokio::test]
async fn server_that_cannot_be_does_not_start(#[case] config: Config, #[case] reason: &str) {
    let error = Server::start(config, std::sync::Arc::new(Words::new())).await.err().unwrap();
    assert!(error.to_string().starts_with(reason), "{error}");
}

#[tokio::test]
async fn port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for config in [Config { port, ..config() }, Config { link_port: Some(port), ..config() }] {
        let error = Server::start(config, std::sync::Arc::new(Words::new())).await.err().unwrap();
        assert!(matches!(error, StartError::Listen { port: named, .. } if named == port), "{error}");
    }
}

#[rstest]
#[case(Method::GET, "/api/2.0/sql/statements/nonsense", StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE")]
#[case(Method::GET, UNKNOWN_STATEMENT, StatusCode::NOT_FOUND, "NOT_FOUND")]
#[case(Method::DELETE, UNKNOWN_STATEMENT, StatusCode::NOT_FOUND, "NOT_FOUND")]
#[case(Method::DELETE, "/api/2.0/sql/sessions/gone?warehouse_id=w", StatusCode::NOT_FOUND, "NOT_FOUND")]
#[case(
    Method::GET,
    "/api/2.0/sql/statements/a/result/chunks/first",
    StatusCode::BAD_REQUEST,
    "INVALID_PARAMETER_VALUE"
)]
#[case(Method::GET, "/.well-known/databricks-config", StatusCode::NOT_FOUND, "ENDPOINT_NOT_FOUND")]
#[case(Method::GET, "/api/2.0/sql/sessions", StatusCode::NOT_FOUND, "ENDPOINT_NOT_FOUND")]
#[tokio::test]
async fn errors_are_json_with_a_name_and_the_requests_id(
    #[case] method: Method,
    #[case] path: &str,
    #[case] status: StatusCode,
    #[case] error_code: &str,
) {
    let warehouse = Warehouse::start(config()).await;
    let response = warehouse.send(method, path, None).await.unwrap();
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error_code"], error_code);
    assert!(!body["message"].as_str().unwrap().is_empty());
    assert_eq!(
        body["details"],
        json!([{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": request_id, "serving_data": ""}])
    );
}

#[rstest]
#[case(json!({"statement": null}), "statement")]
#[case(json!({"statement": " \n"}), "statement")]
#[case(json!({"statement": "x".repeat(16 * 1024 * 1024 + 1)}), "16777216")]
#[case(json!({"statement": "x".repeat(70 * 1024 * 1024)}), "body")]
#[case(json!({"warehouse_id": ""}), "warehouse_id")]
#[case(json!({"session_id": "s", "catalog": "main"}), "catalog")]
#[case(json!({"disposition": "INLINE"}), "INLINE")]
#[case(json!({"format": "JSON_ARRAY"}), "INLINE_OR_EXTERNAL_LINKS")]
#[case(json!({"format": "XML"}), "XML")]
#[case(json!({"result_compression": "GZIP"}), "GZIP")]
#[case(json!({"wait_timeout": "4s"}), "wait_timeout")]
#[case(json!({"wait_timeout": "51s"}), "wait_timeout")]
#[case(json!({"wait_timeout": "10"}), "wait_timeout")]
#[case(json!({"on_wait_timeout": "STOP"}), "on_wait_timeout")]
#[case(json!({"row_limit": -1}), "row_limit")]
#[case(json!({"row_limit": "many"}), "row_limit")]
#[case(json!({"byte_limit": 0}), "byte_limit")]
#[case(json!({"parameters": [{"name": "a", "value": "1"}, {"ordinal": 1, "value": "1"}]}), "mixed")]
#[case(json!({"parameters": [{"name": "a", "ordinal": 1, "value": "1"}]}), "mixed")]
#[case(json!({"parameters": [{"ordinal": 0, "value": "1"}]}), "ordinal")]
#[case(json!({"parameters": [{"name": "", "value": "1"}]}), "name")]
#[case(json!({"parameters": [{"name": "a", "value": 1}]}), "parse")]
#[tokio::test]
async fn statement_that_is_asked_wrongly_is_refused_by_name_and_not_run(#[case] fields: Value, #[case] named: &str) {
    let warehouse = Warehouse::start(config()).await;
    let (status, body) = warehouse.execute("ROWS 1", fields).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["error_code"], "INVALID_PARAMETER_VALUE");
    assert!(body["message"].as_str().unwrap().contains(named), "{body}");
    assert_eq!(warehouse.get("/_faults").await.1["executions"], 0);
}

#[tokio::test]
async fn unknown_keys_nulls_and_numbers_as_text_are_let_pass() {
    let warehouse = Warehouse::start(config()).await;
    let fields =
        json!({"row_limit": "2", "parameters": null, "session_id": null, "query_tags": [{"key": "k"}], "x": {}});
    let (status, body) = warehouse.execute("ROWS 5", fields).await;
    assert_eq!((status, state(&body), &body["manifest"]["total_row_count"]), (StatusCode::OK, "SUCCEEDED", &json!(2)));
}

#[rstest]
#[case(json!({"catalog": "SPARK"}), None)]
#[case(json!({"catalog": "main", "session_confs": null, "execution_mode": "FAST"}), Some("main"))]
#[tokio::test]
async fn session_opens_in_the_catalog_that_was_chosen(#[case] mut fields: Value, #[case] catalog: Option<&str>) {
    let warehouse = Warehouse::start(config()).await;
    fields["warehouse_id"] = json!("w");
    assert_eq!(warehouse.call(Method::POST, SESSIONS, Some(fields)).await.0, StatusCode::OK);
    assert_eq!(warehouse.words.opened.borrow()[0].catalog.as_deref(), catalog);
}

#[tokio::test]
async fn session_in_a_missing_catalog_is_refused() {
    let warehouse = Warehouse::start(config()).await;
    let (status, body) =
        warehouse.call(Method::POST, SESSIONS, Some(json!({"warehouse_id": "w", "catalog": "nowhere"}))).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["message"].as_str().unwrap().contains("'nowhere'"), "{body}");
}

#[tokio::test]
async fn jdbc_spellings_open_and_close_a_session() {
    let warehouse = Warehouse::start(config()).await;
    let sessions = "/api/2.0/sql/warehouses/w/sessions";
    for spelling in [sessions.to_owned(), format!("{sessions}/")] {
        let (_, opened) = warehouse.call(Method::POST, &spelling, Some(json!({}))).await;
        let id = opened["session_id"].as_str().unwrap();
        let close = format!("{sessions}/{id}");
        assert_eq!(warehouse.call(Method::DELETE, &close, None).await, (StatusCode::OK, json!({})));
        assert_eq!(warehouse.call(Method::DELETE, &close, None).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn chunk_calls_without_a_chunk_say_why() {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("ROWS 300", json!({})).await;
    let (status, body) = warehouse.get(&format!("{}/result/chunks/3", path(&reply))).await;
    assert_eq!((status, &body["error_code"]), (StatusCode::BAD_REQUEST, &json!("INVALID_PARAMETER_VALUE")));
    let (_, reply) = warehouse.execute("FAIL", json!({})).await;
    let (status, body) = warehouse.get(&format!("{}/result/chunks/0", path(&reply))).await;
    assert_eq!((status, &body["error_code"]), (StatusCode::BAD_REQUEST, &json!("BAD_REQUEST")));
    assert!(body["message"].as_str().unwrap().contains("FAILED"), "{body}");
}
