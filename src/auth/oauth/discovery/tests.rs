use rstest::rstest;

use super::*;
use crate::transport::test_server::{Answer, TestServer};

const CONFIG: &str = "GET /.well-known/databricks-config";
const DOCUMENT: &str = "GET /oidc/.well-known/oauth-authorization-server";

async fn found(http: &Http, workspace: &Url) -> Result<Endpoints> {
    endpoints(http, Document { workspace, named: None }).await
}

fn workspace(server: &TestServer) -> Url {
    Url::parse(&format!("{}/", server.url())).unwrap()
}

fn not_found() -> Answer {
    Answer::json(404, "{}")
}

/// An answer that names a URL on the server's own loopback.
fn naming(member: &str, path: &str) -> Answer {
    Answer::json(200, &format!(r#"{{"{member}": "http://localhost:1{path}", "account_id": "acc-1"}}"#))
}

#[rstest]
#[case::workspace(vec![not_found(), naming("token_endpoint", "/t")], vec![CONFIG, DOCUMENT], "http://localhost:1/t")]
#[case::no_document(vec![not_found(), not_found()], vec![CONFIG, DOCUMENT], "SERVER/oidc/v1/token")]
#[case::config_is_a_page(vec![Answer::new(200, &[], "<html>"), naming("token_endpoint", "/t")], vec![CONFIG, DOCUMENT], "http://localhost:1/t")]
#[case::config_names_none(vec![Answer::json(200, "{}"), naming("token_endpoint", "/t")], vec![CONFIG, DOCUMENT], "http://localhost:1/t")]
#[case::config_without_an_account(
    vec![Answer::json(200, r#"{"oidc_endpoint": "http://localhost:1/oidc/accounts/{account_id}"}"#), naming("token_endpoint", "/t")],
    vec![CONFIG, DOCUMENT],
    "http://localhost:1/t"
)]
#[tokio::test]
async fn a_workspace_says_where_its_tokens_come_from(
    #[case] answers: Vec<Answer>,
    #[case] asked: Vec<&str>,
    #[case] endpoint: &str,
) {
    let server = TestServer::start(answers).await;
    let found = found(&Http::for_tests(), &workspace(&server)).await.unwrap().token;
    assert_eq!(found.as_str(), endpoint.replace("SERVER", &server.url()));
    assert_eq!(server.lines(), asked);
}

#[tokio::test]
async fn a_shared_host_names_its_accounts_issuer() {
    let issuer = TestServer::start([naming("token_endpoint", "/t")]).await;
    let config =
        format!(r#"{{"oidc_endpoint": "{}/oidc/accounts/{{account_id}}", "account_id": "acc-1"}}"#, issuer.url());
    let server = TestServer::start([Answer::json(200, &config)]).await;
    let found = found(&Http::for_tests(), &workspace(&server)).await.unwrap().token;
    assert_eq!(found.as_str(), "http://localhost:1/t");
    assert_eq!(issuer.lines(), ["GET /oidc/accounts/acc-1/.well-known/oauth-authorization-server"]);
}

#[tokio::test]
async fn a_document_that_the_caller_names_is_asked_instead() {
    let server = TestServer::start([not_found(), naming("token_endpoint", "/t"), not_found(), not_found()]).await;
    let (http, workspace) = (Http::for_tests(), workspace(&server));
    let named = workspace.join("/other/document").unwrap();
    let document = Document { workspace: &workspace, named: Some(&named) };
    assert_eq!(endpoints(&http, document).await.unwrap().token.path(), "/t");
    assert_eq!(server.lines(), [CONFIG, "GET /other/document"]);
    forget(document);
    let error = endpoints(&http, document).await.unwrap_err();
    assert_eq!(error.http_status, Some(404), "{}", error.details);
}

#[tokio::test]
async fn an_answer_is_kept_until_it_is_forgotten() {
    let answers = [not_found(), naming("token_endpoint", "/a"), not_found(), naming("token_endpoint", "/b")];
    let server = TestServer::start(answers).await;
    let (http, workspace) = (Http::for_tests(), workspace(&server));
    for _ in 0..3 {
        assert_eq!(found(&http, &workspace).await.unwrap().token.path(), "/a");
    }
    forget(Document { workspace: &workspace, named: None });
    assert_eq!(found(&http, &workspace).await.unwrap().token.path(), "/b");
    assert_eq!(server.requests().len(), 4);
}

#[rstest]
#[case::of_the_workspace(vec![not_found(), Answer::json(200, r#"{"token_endpoint": "https://evil.example/t"}"#)], "https://evil.example/t")]
#[case::of_the_host(vec![Answer::json(200, r#"{"oidc_endpoint": "https://evil.example/oidc"}"#)], "https://evil.example/oidc")]
#[tokio::test]
async fn a_stranger_is_refused_before_anything_is_sent_there(#[case] answers: Vec<Answer>, #[case] stranger: &str) {
    let server = TestServer::start(answers).await;
    let error = found(&Http::for_tests(), &workspace(&server)).await.unwrap_err();
    assert_eq!(error.code, Code::Unauthenticated);
    assert!(
        error.details.starts_with(&format!("the host named {stranger:?} for signing in, and")),
        "{}",
        error.details
    );
}

#[rstest]
#[case::page(Answer::new(200, &[], "<html>"), Code::Unauthenticated)]
#[case::redirect(Answer::new(302, &[("location", "/login")], ""), Code::Unauthenticated)]
#[case::forbidden(Answer::json(403, "{}"), Code::Unauthenticated)]
#[case::other_shape(Answer::json(200, "{}"), Code::Unauthenticated)]
#[tokio::test]
async fn a_document_that_cannot_be_read_is_named(#[case] answer: Answer, #[case] code: Code) {
    let server = TestServer::start([not_found(), answer]).await;
    let error = found(&Http::for_tests(), &workspace(&server)).await.unwrap_err();
    assert_eq!(error.code, code, "{}", error.details);
    assert!(
        error.details.starts_with(&format!("{}/oidc/.well-known/oauth-authorization-server, ", server.url())),
        "{}",
        error.details
    );
}
