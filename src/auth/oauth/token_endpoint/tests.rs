use rstest::rstest;

use super::*;
use crate::auth::oauth::ClientSecret;
use crate::secret::Secret;
use crate::transport::test_server::{Answer, TestServer};

const GRANTED: &str =
    r#"{"access_token": "tok-1234567", "token_type": "Bearer", "expires_in": 3600, "scope": "all-apis"}"#;

fn client() -> ClientSecret {
    ClientSecret::new("sp id".to_owned(), Secret::new("sec ret:é".to_owned())).unwrap()
}

/// What a server's answers make of a sign-in.
async fn sign_in(answers: impl IntoIterator<Item = Answer>) -> (TestServer, Result<Token, Refused>) {
    let server = TestServer::start(answers).await;
    let endpoint = Url::parse(&format!("{}/oidc/v1/token", server.url())).unwrap();
    let client = client();
    let request = || client.request(&endpoint, "all-apis");
    let outcome = ask(&Http::for_tests(), RequestKind::Token, &endpoint, request).await;
    (server, outcome.map(|issued| issued.token))
}

#[tokio::test]
async fn a_client_signs_in_with_its_secret_written_as_in_a_form() {
    let (server, token) = sign_in([Answer::json(200, GRANTED)]).await;
    let token = token.unwrap_or_else(|refused| panic!("{}", refused.error));
    assert_eq!(token.headers.authorization.expose(), "Bearer tok-1234567");
    assert_eq!(token.life, Life::For(Duration::from_secs(3600)));
    let request = server.request();
    assert_eq!(
        (request.line(), request.body.as_str()),
        ("POST /oidc/v1/token", "grant_type=client_credentials&scope=all-apis")
    );
    // sp+id:sec+ret%3A%C3%A9
    assert_eq!(request.header("authorization"), Some("Basic c3AraWQ6c2VjK3JldCUzQSVDMyVBOQ=="));
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(request.header("accept"), Some("application/json"));
    let names = ["accept", "authorization", "content-length", "content-type", "host", "user-agent"];
    assert_eq!(request.header_names(), names);
}

#[rstest]
#[case::wrong_secret(
    401,
    r#"{"error": "invalid_client", "error_description": "Client authentication failed"}"#,
    Code::Unauthenticated,
    "Client authentication failed (invalid_client): the id and the secret or key must belong to the same service principal, and to the \
     service that is asked: to Databricks here, not to Microsoft Entra; with a key, also check the clock"
)]
#[case::wrong_scope(
    400,
    r#"{"error": "invalid_scope"}"#,
    Code::Unauthenticated,
    "invalid_scope (invalid_scope): check the scopes"
)]
#[case::no_endpoint(
    404,
    "",
    Code::Unauthenticated,
    "the server answered HTTP 404 (Not Found) without a message: check the host, or the token_url where one was passed"
)]
#[case::redirect(
    302,
    "",
    Code::Unauthenticated,
    "the server answered HTTP 302 (Found), a redirect, which is never followed: check the host, and on a host that workspaces share add \
     ?o=WORKSPACE_ID to the http_path"
)]
#[case::page(
    200,
    "<!DOCTYPE html><title>Sign in</title>",
    Code::Unauthenticated,
    "the server answered with a page instead of JSON, as a login page does: check the host, and on a host that workspaces share add \
     ?o=WORKSPACE_ID to the http_path"
)]
#[case::nothing(
    200,
    "",
    Code::Unauthenticated,
    "the server answered HTTP 200 without a body, where it must say something"
)]
#[case::no_token(200, r#"{"token_type": "Bearer"}"#, Code::Unauthenticated, "the answer has no access_token")]
#[case::error_as_success(200, r#"{"error": "invalid_client"}"#, Code::Unauthenticated, "invalid_client")]
#[case::other_type(
    200,
    r#"{"access_token": "tok-1234567", "token_type": "mac"}"#,
    Code::Unauthenticated,
    "the token is of the type \"mac\"; only Bearer tokens can be used"
)]
#[case::unusable_token(
    200,
    r#"{"access_token": "tok en-1234567"}"#,
    Code::Unauthenticated,
    "the token that was issued has blanks, control or non-ASCII characters: pass it exactly as it was issued"
)]
#[case::not_json(
    200,
    r#"{"access_token": 5}"#,
    Code::Unauthenticated,
    "the server's reply does not have the shape that the protocol gives it"
)]
#[tokio::test]
async fn a_refusal_is_told_at_once_with_what_to_correct(
    #[case] status: u16,
    #[case] body: &str,
    #[case] code: Code,
    #[case] details: &str,
) {
    let (server, outcome) = sign_in([Answer::json(status, body)]).await;
    let error = outcome.err().unwrap().error;
    assert_eq!(error.code, code);
    assert_eq!(error.details, format!("the sign-in at {}/oidc/v1/token failed: {details}", server.url()));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_a_server_echoes_of_a_secret_is_cut_out() {
    let echo = r#"{"error": "invalid_client", "error_description": "no client sp id with sec ret:é or c3AraWQ6c2VjK3JldCUzQSVDMyVBOQ=="}"#;
    let (_, outcome) = sign_in([Answer::json(401, echo)]).await;
    let details = outcome.err().unwrap().error.details;
    assert!(!details.contains("sec ret") && !details.contains("c2VjK3Jl"), "{details}");
}

#[rstest]
#[case::number(Some("3599"), "t", Life::For(Duration::from_secs(3599)))]
#[case::fraction(Some("1.5"), "t", Life::For(Duration::from_millis(1500)))]
#[case::text(Some("\"3599\""), "t", Life::For(Duration::from_secs(3599)))]
#[case::over(Some("0"), "t", Life::Once)]
#[case::negative(Some("-5"), "t", Life::Once)]
#[case::endless(Some("1e300"), "t", Life::For(LONGEST_LIFE))]
#[case::absent(None, "t", Life::Open)]
#[case::null(Some("null"), "t", Life::Open)]
#[case::words(Some("\"soon\""), "t", Life::Open)]
#[case::no_number(Some("\"NaN\""), "t", Life::Open)]
#[case::in_the_token(None, "eyJh.eyJleHAiOjE2MDB9.c2ln", Life::For(Duration::from_secs(600)))]
#[case::token_has_ended(None, "eyJh.eyJleHAiOjEwfQ.c2ln", Life::Once)]
#[case::token_says_nothing(None, "eyJh.e30.c2ln", Life::Open)]
#[case::answer_before_token(Some("60"), "eyJh.eyJleHAiOjE2MDB9.c2ln", Life::For(Duration::from_secs(60)))]
fn a_token_lives_as_long_as_the_answer_or_itself_says(
    #[case] expires_in: Option<&str>,
    #[case] token: &str,
    #[case] expected: Life,
) {
    let expires_in: Option<Value> = expires_in.map(|json| serde_json::from_str(json).unwrap());
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
    assert_eq!(life(expires_in.as_ref(), token, now), expected);
}

#[test]
fn a_client_hides_its_secret() {
    assert!(!format!("{:?}", client()).contains("sec ret"));
}

#[rstest]
#[case::empty_id("", "s", "client_id is empty")]
#[case::empty_secret("id", "", "client_secret is empty")]
#[case::newline("id", "s3cret\n", "client_secret has control characters")]
#[case::blank(" id", "s3cret", "client_id begins or ends with a blank")]
fn what_cannot_have_been_issued_is_refused_by_name(#[case] id: &str, #[case] secret: &str, #[case] why: &str) {
    let error = ClientSecret::new(id.to_owned(), Secret::new(secret.to_owned())).unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert_eq!(error.details, format!("{why}: pass it exactly as it was issued"));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_busy_is_asked_again() {
    let busy = Answer::new(429, &[("retry-after", "1")], "");
    let (server, token) = sign_in([busy, Answer::json(503, "{}"), Answer::nothing(), Answer::json(200, GRANTED)]).await;
    assert!(token.is_ok());
    assert_eq!(server.requests().len(), 4);
}
