use std::time::Duration;

use super::Session;
use crate::auth::Credentials;
use crate::error::KernelError;
use crate::secret::Secret;
use crate::session::SessionConfig;
use crate::transport::RetryConfig;
use crate::transport::test_server::{Answer, TestServer};

const TOKEN: &str = "dapi0123456789abcdef0123456789abcdef";
const CREATED: &str = r#"{"session_id": "sess-1"}"#;
const RUNNING: &str = r#"{"statement_id": "s-1", "status": {"state": "RUNNING"}}"#;
const FAILED: &str = r#"{"statement_id": "s-1", "status": {"state": "FAILED", "sql_state": "42P01", "error": {"error_code": "BAD_REQUEST",
    "message": "[TABLE_OR_VIEW_NOT_FOUND] The table `t` cannot be found. SQLSTATE: 42P01 (line 1, pos 14)"}}}"#;
const CANCELED: &str = r#"{"statement_id": "s-1", "status": {"state": "CANCELED"}}"#;
const CLOSED: &str = r#"{"statement_id": "s-1", "status": {"state": "CLOSED"}}"#;
const STRANGE: &str = r#"{"statement_id": "s-1", "status": {"state": "DREAMING"}}"#;
const SHORT: &str = r#"{"statement_id": "s-1", "status": {"state": "SUCCEEDED"}, "manifest": {"format": "JSON_ARRAY",
    "schema": {"column_count": 1, "columns": [{"name": "n", "type_text": "INT", "type_name": "INT", "position": 0}]},
    "total_chunk_count": 1, "total_row_count": 2}, "result": {"chunk_index": 0, "row_count": 1, "data_array": [["1"]]}}"#;
const GONE: &str = r#"{"error_code": "NOT_FOUND", "message": "Session sess-1 does not exist.",
    "details": [{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": "7d8e"}]}"#;
const LEAKING: &str = r#"{"error_code": 403, "message": "dapi0123456789abcdef0123456789abcdef may not read https://store.example/r/1?X-Amz-Signature=5ec7e7 here."}"#;
const LOGIN_PAGE: &str = "<!DOCTYPE html><html>Sign in</html>";

fn config(host: String) -> SessionConfig {
    SessionConfig {
        host,
        http_path: "/sql/1.0/warehouses/w1".to_owned(),
        credentials: Credentials::personal_access_token(Secret::new(TOKEN.to_owned())).unwrap(),
        catalog: None,
        schema: None,
        parameters: Default::default(),
        tls: None,
        proxy: None,
        http: None,
        retry: Some(RetryConfig { max_attempts: Some(1), ..RetryConfig::default() }),
        results: None,
        client_name: None,
    }
}

/// Opens a session, runs a statement and reads all of its result; answers the first error.
async fn run(config: SessionConfig) -> Result<(), KernelError> {
    let session = Session::new(config)?;
    session.open_async().await?;
    let statement = session.statement();
    statement.set_sql("SELECT secret FROM t".to_owned());
    statement.set_timeout(Some(Duration::from_secs(60)));
    let result = statement.execute_async().await?.result();
    while result.next_chunk_async().await?.is_some() {}
    Ok(())
}

async fn error_of(answers: Vec<Answer>) -> String {
    let server = TestServer::start(answers).await;
    let error = run(config(server.url())).await.unwrap_err();
    shown(&error).replace(&server.address.to_string(), "HOST")
}

/// What is known of an error.
fn shown(error: &KernelError) -> String {
    let absent =
        ["sql_state", "error_code", "vendor_code", "http_status", "query_id", "diagnostic_info", "error_details_json"];
    absent.iter().fold(format!("{error:?}"), |text, field| text.replace(&format!(", {field}: None"), ""))
}

#[tokio::test(flavor = "multi_thread")]
async fn public_errors_read_as_they_were_reviewed() {
    let json = Answer::json;
    let opened = || json(200, CREATED);
    let cases = [
        ("no credential", vec![Answer::new(401, &[("x-databricks-reason-phrase", "Credential was not sent")], "")]),
        ("words of the server with secrets in them", vec![json(403, LEAKING)]),
        ("a login page", vec![Answer::new(200, &[("content-type", "text/html")], LOGIN_PAGE)]),
        ("a redirect", vec![Answer::new(302, &[("location", "https://login.example/?token=x")], "")]),
        ("a session that is gone", vec![opened(), json(404, GONE)]),
        ("a server that is overloaded", vec![opened(), json(503, r#"{"error_code": "TEMPORARILY_UNAVAILABLE"}"#)]),
        ("a reply that is lost", vec![opened(), Answer::nothing()]),
        ("a statement that fails", vec![opened(), json(200, FAILED)]),
        ("a statement that fails later", vec![opened(), json(200, RUNNING), json(200, FAILED)]),
        ("a statement that is cancelled", vec![opened(), json(200, CANCELED)]),
        ("a statement that is closed", vec![opened(), json(200, CLOSED)]),
        ("a state of no protocol", vec![opened(), json(200, STRANGE)]),
        ("a result that is short", vec![opened(), json(200, SHORT)]),
    ];
    let mut texts = Vec::new();
    for (name, answers) in cases {
        texts.push(format!("{name}\n  {}", error_of(answers).await));
    }
    let unusable = [("ftp://host", "/sql/1.0/warehouses/w1"), ("host", "/sql/protocolv1/o/1/2")];
    for (host, http_path) in unusable {
        let error =
            run(SessionConfig { http_path: http_path.to_owned(), ..config(host.to_owned()) }).await.unwrap_err();
        texts.push(format!("{host} {http_path}\n  {}", shown(&error)));
    }
    let text = texts.join("\n\n");
    assert!(!text.contains(TOKEN) && !text.contains("5ec7e7") && !text.contains("SELECT"), "{text}");
    insta::assert_snapshot!("public_errors", text);
}
