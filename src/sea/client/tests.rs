use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::auth::Credentials;
use crate::sea::wire::{Compression, Disposition, Format, QueryTag, StatementParameter};
use crate::secret::Secret;
use crate::transport::RetryConfig;
use crate::transport::test_server::{Answer, Recorded, TestServer};

const SUCCEEDED: &str = r#"{"statement_id": "s-1", "status": {"state": "SUCCEEDED"}}"#;

fn config(server: &TestServer) -> SessionConfig {
    SessionConfig {
        host: server.url(),
        http_path: "/sql/1.0/warehouses/w1?o=42".to_owned(),
        credentials: Credentials::personal_access_token(Secret::new("dapi123".to_owned())).unwrap(),
        catalog: None,
        schema: None,
        parameters: Default::default(),
        tls: None,
        proxy: None,
        http: None,
        retry: Some(RetryConfig { min_wait: Some(Duration::from_millis(1)), ..RetryConfig::default() }),
        results: None,
        client_name: None,
    }
}

fn client(server: &TestServer) -> SeaClient {
    SeaClient::new(&config(server)).unwrap()
}

fn select() -> ExecuteStatement {
    ExecuteStatement {
        warehouse_id: "w1".to_owned(),
        session_id: "sess-1".to_owned(),
        statement: "SELECT 1".to_owned(),
        disposition: Disposition::InlineOrExternalLinks,
        format: Format::ArrowStream,
        result_compression: Compression::Lz4Frame,
        wait_timeout: None,
        on_wait_timeout: None,
        row_limit: None,
        parameters: Vec::new(),
        query_tags: Vec::new(),
    }
}

/// A request without what differs between runs: the port and the version.
fn shown(request: &Recorded, server: &TestServer) -> String {
    let head = request.head.replace(&server.address.to_string(), "HOST").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let mut lines: Vec<_> = head.trim_end().lines().collect();
    lines[1..].sort_unstable();
    format!("{}\n\n{}", lines.join("\n"), request.body)
}

#[tokio::test]
async fn create_session_sends_what_was_configured() {
    let server = TestServer::start([Answer::json(200, r#"{"session_id": "sess-1"}"#)]).await;
    let body = CreateSession {
        warehouse_id: "w1".to_owned(),
        catalog: Some("main".to_owned()),
        schema: Some("default".to_owned()),
        session_confs: BTreeMap::from([("TIMEZONE".to_owned(), "Europe/Lisbon".to_owned())]),
    };
    let created = client(&server).create_session(&body).await.unwrap();
    assert_eq!(created.session_id, "sess-1");
    insta::assert_snapshot!("create_session", shown(&server.request(), &server));
}

#[tokio::test]
async fn execute_sends_what_was_set() {
    let server = TestServer::start([Answer::json(200, SUCCEEDED)]).await;
    let body = ExecuteStatement {
        wait_timeout: Some("10s"),
        on_wait_timeout: Some("CONTINUE"),
        disposition: Disposition::ExternalLinks,
        row_limit: Some(50_000),
        parameters: vec![
            StatementParameter {
                name: Some("c".to_owned()),
                ordinal: None,
                sql_type: "STRING".to_owned(),
                value: Some("PT".to_owned()),
            },
            StatementParameter { name: None, ordinal: Some(1), sql_type: "INT".to_owned(), value: None },
        ],
        query_tags: vec![
            QueryTag { key: "team".to_owned(), value: Some("billing".to_owned()) },
            QueryTag { key: "adhoc".to_owned(), value: None },
        ],
        ..select()
    };
    let response = client(&server).execute(&body, RequestKind::Execute, &[]).await.unwrap();
    assert_eq!(response.statement_id, "s-1");
    insta::assert_snapshot!("execute", shown(&server.request(), &server));
}

#[tokio::test]
async fn execute_sends_a_metadata_statements_headers() {
    let server = TestServer::start([Answer::json(200, SUCCEEDED)]).await;
    let headers = [("x-databricks-sea-can-run-fully-sync", "true")];
    client(&server).execute(&select(), RequestKind::MetadataExecute, &headers).await.unwrap();
    insta::assert_snapshot!("metadata_execute", shown(&server.request(), &server));
}

#[tokio::test]
async fn calls_can_run_on_the_threads_of_the_runtime() {
    fn sendable<T: Send>(_: &T) {}
    let server = TestServer::start([]).await;
    let client = client(&server);
    sendable(&client.execute(&select(), RequestKind::Execute, &[]));
    sendable(&client.close_statement("s-1"));
}
