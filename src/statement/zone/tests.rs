use std::collections::HashMap;

use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::auth::Credentials;
use crate::error::Code;
use crate::secret::Secret;
use crate::session::SessionConfig;
use crate::statement::Executed;
use crate::transport::test_server::{Answer, TestServer};

/// A result of one column without rows.
fn empty(type_text: &str) -> Value {
    json!({"statement_id": "s", "status": {"state": "CLOSED"}, "result": {}, "manifest": {
        "schema": {"columns": [{"name": "c", "type_text": type_text}]}, "total_chunk_count": 0, "total_row_count": 0}})
}

/// A result of one row of text.
fn text(value: &str) -> Value {
    let mut reply = empty("STRING");
    reply["manifest"]["format"] = "JSON_ARRAY".into();
    (reply["manifest"]["total_chunk_count"], reply["manifest"]["total_row_count"]) = (1.into(), 1.into());
    reply["result"] = json!({"data_array": [[value]]});
    reply
}

pub(in crate::statement) async fn server(replies: &[Value]) -> TestServer {
    let opened = Answer::json(200, r#"{"session_id": "sess-1"}"#);
    let replies = replies.iter().map(|reply| Answer::json(200, &reply.to_string()));
    TestServer::start([opened].into_iter().chain(replies).collect::<Vec<_>>()).await
}

pub(in crate::statement) async fn session(server: &TestServer, parameters: &[(&str, &str)]) -> Arc<SessionCore> {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let config = SessionConfig {
        host: server.url(),
        http_path: "/sql/1.0/warehouses/w1".to_owned(),
        credentials: Credentials::personal_access_token(Secret::new("dapi123".to_owned())).unwrap(),
        catalog: None,
        schema: None,
        parameters: HashMap::from_iter::<Vec<(String, String)>>(parameters),
        tls: None,
        proxy: None,
        http: None,
        retry: None,
        results: None,
        client_name: None,
    };
    let session = SessionCore::new(config).unwrap();
    Arc::clone(&session).open().await.unwrap();
    session
}

async fn run(session: &Arc<SessionCore>, sql: &str) -> Executed {
    execute(Arc::clone(session), StatementSpec::of_user(sql.to_owned()), Cancellation::new()).await.unwrap()
}

async fn zone_of(executed: &mut Executed) -> Result<String> {
    let schema = executed.reader.schema().await?;
    Ok(schema.field(0).data_type().to_string())
}

fn statements(server: &TestServer) -> Vec<String> {
    let bodies = server.requests().into_iter().filter_map(|request| serde_json::from_str::<Value>(&request.body).ok());
    bodies.filter_map(|body| body["statement"].as_str().map(str::to_owned)).collect()
}

const QUESTION: &str = "SELECT current_timezone()";

#[tokio::test]
async fn an_empty_result_asks_once_a_session_and_only_when_its_schema_is_asked_for() {
    let server = server(&[empty("TIMESTAMP"), empty("TIMESTAMP"), text("America/Los_Angeles")]).await;
    let session = session(&server, &[]).await;
    let (mut first, mut second) = (run(&session, "SELECT 1").await, run(&session, "SELECT 2").await);
    assert_eq!(statements(&server), ["SELECT 1", "SELECT 2"]);
    let (a, b) = tokio::join!(zone_of(&mut first), zone_of(&mut second));
    let expected = r#"Timestamp(µs, "America/Los_Angeles")"#;
    assert_eq!((a.unwrap().as_str(), b.unwrap().as_str()), (expected, expected));
    assert_eq!(statements(&server), ["SELECT 1", "SELECT 2", QUESTION]);
}

#[rstest]
#[case::in_the_session(&[("timezone", "Asia/Tokyo")], &[])]
#[case::by_a_statement(&[], &["SET TIME ZONE 'Asia/Tokyo'"])]
#[case::by_a_statement_later(&[("timezone", "Etc/UTC")], &["SET TIMEZONE = 'Asia/Tokyo'", "SET ansi_mode = true"])]
#[tokio::test]
async fn what_the_client_has_set_is_not_asked_for(#[case] parameters: &[(&str, &str)], #[case] before: &[&str]) {
    let mut replies = vec![empty("STRING"); before.len()];
    replies.push(empty("TIMESTAMP"));
    let server = server(&replies).await;
    let session = session(&server, parameters).await;
    for sql in before {
        run(&session, sql).await;
    }
    let zone = zone_of(&mut run(&session, "SELECT 1").await).await.unwrap();
    assert_eq!(zone, r#"Timestamp(µs, "Asia/Tokyo")"#);
    assert_eq!(statements(&server).len(), before.len() + 1);
}

#[tokio::test]
async fn a_statement_that_may_have_changed_the_zone_makes_it_a_question_again() {
    let server = server(&[empty("STRING"), empty("TIMESTAMP"), text("Europe/Lisbon")]).await;
    let session = session(&server, &[("timezone", "Etc/UTC")]).await;
    run(&session, "RESET").await;
    let zone = zone_of(&mut run(&session, "SELECT 1").await).await.unwrap();
    assert_eq!(zone, r#"Timestamp(µs, "Europe/Lisbon")"#);
}

/// A server that answers every statement with a timestamp would be asked for its zone without end.
#[rstest]
#[case::without_rows(empty("TIMESTAMP"))]
#[case::rows_of_text(
    { let mut rows = text("2024-07-01 12:00:00"); rows["manifest"]["schema"] = empty("TIMESTAMP")["manifest"]["schema"].clone(); rows }
)]
#[case::nothing(empty("STRING"))]
#[tokio::test]
async fn a_question_that_is_not_answered_is_one_question_and_an_error(#[case] answer: Value) {
    let server = server(&[empty("STRING"), empty("TIMESTAMP"), answer]).await;
    let session = session(&server, &[]).await;
    run(&session, "SET TIME ZONE LOCAL").await;
    let error = zone_of(&mut run(&session, "SELECT 1").await).await.unwrap_err();
    let details = "the server was asked for the session's time zone and did not name it";
    assert_eq!((error.code, error.details.as_str()), (Code::Internal, details));
    assert_eq!(statements(&server), ["SET TIME ZONE LOCAL", "SELECT 1", QUESTION]);
}
