//! Ids: of what the server started, and in the paths of requests.

use super::*;

#[tokio::test]
async fn an_id_stays_one_part_of_the_path() {
    let server = TestServer::start([Answer::json(200, SUCCEEDED)]).await;
    client(&server).close_statement("../a/b?c#d%2F é").await.unwrap();
    assert_eq!(server.lines(), ["DELETE /api/2.0/sql/statements/..%2Fa%2Fb%3Fc%23d%252F%20%C3%A9"]);
}

#[rstest]
#[case::empty("")]
#[case::here(".")]
#[case::above("..")]
#[tokio::test]
async fn an_id_that_would_name_another_path_is_refused(#[case] id: &str) {
    let server = TestServer::start([]).await;
    let error = client(&server).statement(id).await.unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert!(server.requests().is_empty());
}

#[rstest]
#[case::empty("")]
#[case::above("..")]
#[tokio::test]
async fn what_the_server_started_without_an_id_is_an_internal_error(#[case] id: &str) {
    let created = Answer::json(200, &format!(r#"{{"session_id": "{id}"}}"#));
    let executed = Answer::json(200, &format!(r#"{{"statement_id": "{id}", "status": {{"state": "PENDING"}}}}"#));
    let server = TestServer::start([created, executed]).await;
    let body = CreateSession { warehouse_id: "w1".to_owned(), ..CreateSession::default() };
    let error = client(&server).create_session(&body, &Flight::new()).await.unwrap_err();
    let details = format!("the server started a session and named it {id:?}, which is not an id");
    assert_eq!((error.code, error.details), (Code::Internal, details));
    let error = execute(&server).await.unwrap_err();
    let details = format!("the server started a statement and named it {id:?}, which is not an id");
    assert_eq!((error.code, error.details), (Code::Internal, details));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_answer_about_another_statement_is_an_internal_error() {
    let server = TestServer::start([Answer::json(200, SUCCEEDED)]).await;
    let error = client(&server).statement("s-2").await.unwrap_err();
    let details = "the server was asked about the statement s-2 and answered about \"s-1\"";
    assert_eq!((error.code, error.details.as_str(), error.query_id.as_deref()), (Code::Internal, details, Some("s-2")));
}
