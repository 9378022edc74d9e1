use rstest::rstest;

use super::*;
use crate::auth::Credentials;
use crate::secret::Secret;
use crate::session::SessionConfig;
use crate::statement::execute;
use crate::transport::HttpConfig;
use crate::transport::test_server::{Answer, TestServer};

mod disposition;

const CREATED: &str = r#"{"session_id": "sess-1"}"#;
const FAILED: &str =
    r#"{"statement_id": "s-1", "status": {"state": "FAILED", "error": {"error_code": "BAD_REQUEST", "message": "m"}}}"#;
const FIRST_OF_TWO: &str = r#"{"statement_id": "s-1", "status": {"state": "SUCCEEDED"}, "manifest": {"format": "ARROW_STREAM",
    "schema": {"columns": [{"name": "n", "type_text": "INT", "type_name": "INT", "position": 0}]}, "total_chunk_count": 2, "total_row_count": 2},
    "result": {"chunk_index": 0, "row_count": 1, "attachment": "AAAA"}}"#;

async fn session(server: &TestServer, request_timeout: Option<Duration>) -> Arc<SessionCore> {
    let session = SessionCore::new(SessionConfig {
        host: server.url(),
        http_path: "/sql/1.0/warehouses/w1".to_owned(),
        credentials: Credentials::personal_access_token(Secret::new("dapi123".to_owned())).unwrap(),
        catalog: None,
        schema: None,
        parameters: Default::default(),
        tls: None,
        proxy: None,
        http: Some(HttpConfig { request_timeout, ..HttpConfig::default() }),
        retry: None,
        results: None,
        client_name: None,
    });
    let session = session.unwrap();
    Arc::clone(&session).open().await.unwrap();
    session
}

/// The wait that the server is told when a statement is executed.
async fn wait_asked_for(server: &TestServer, session: &Arc<SessionCore>, timeout: Option<Duration>) -> Option<String> {
    let spec = StatementSpec { timeout, ..StatementSpec::of_user("SELECT 1".to_owned()) };
    let _ = execute(Arc::clone(session), spec, Cancellation::new()).await;
    let requests = server.requests();
    let request = requests.iter().rfind(|request| request.line() == "POST /api/2.0/sql/statements").unwrap();
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    body.get("wait_timeout").map(|wait| wait.as_str().unwrap().to_owned())
}

#[rstest]
#[case::nothing_set(None, None, "5s")]
#[case::long_requests(Some(10), None, "5s")]
#[case::short_requests(Some(9), None, "0s")]
#[case::shortest_requests(Some(1), None, "0s")]
#[case::long_statement(None, Some(10), "5s")]
#[case::short_statement(None, Some(3), "0s")]
#[tokio::test(flavor = "multi_thread")]
async fn server_holds_the_reply_back_for_less_than_the_caller_waits(
    #[case] request_timeout: Option<u64>,
    #[case] timeout: Option<u64>,
    #[case] expected: &str,
) {
    let server = TestServer::start([Answer::json(200, CREATED), Answer::json(200, FAILED)]).await;
    let session = session(&server, request_timeout.map(Duration::from_secs)).await;
    let asked = wait_asked_for(&server, &session, timeout.map(Duration::from_secs)).await;
    assert_eq!(asked.as_deref(), Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn host_that_holds_chunks_back_is_told_no_wait_from_then_on() {
    let answers = [CREATED, FIRST_OF_TWO].map(|body| Answer::json(200, body));
    let server = TestServer::start(answers).await;
    let session = session(&server, None).await;
    assert_eq!(wait_asked_for(&server, &session, None).await.as_deref(), Some("5s"));
    assert_eq!(wait_asked_for(&server, &session, None).await, None);
    // Then it answers after 10 s.
    assert_eq!(wait_asked_for(&server, &session, Some(Duration::from_secs(19))).await.as_deref(), Some("0s"));
}
