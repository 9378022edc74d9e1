use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rstest::rstest;

use super::*;
use crate::auth::pat::PersonalAccessToken;
use crate::error::Code;
use crate::transport::test_server::{Answer, TestServer};

const GRANTED: &str = r#"{"access_token": "exchanged-1", "token_type": "Bearer", "expires_in": 3600}"#;
const REFUSED: &str = r#"{"error": "invalid_request", "error_description": "no policy trusts the issuer"}"#;

/// A token that `issuer` signed.
fn jwt(issuer: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.c2ln", part(r#"{"alg":"RS256"}"#), part(&format!(r#"{{"iss":"{issuer}","sub":"me"}}"#)))
}

fn federation(token: &str, server: &TestServer, principal: Option<&str>) -> Federation {
    let token = PersonalAccessToken::new(Secret::new(token.to_owned())).unwrap();
    let workspace = Url::parse(&server.url()).unwrap();
    Federation::new(Authenticator::Fixed(Arc::new(token)), workspace, principal.map(str::to_owned))
}

/// The answers of a host that does not say where its endpoints are, then those of its token endpoint.
async fn server(answers: impl IntoIterator<Item = Answer>) -> TestServer {
    let unknown = [Answer::json(404, "{}"), Answer::json(404, "{}")];
    TestServer::start(unknown.into_iter().chain(answers)).await
}

async fn sent(federation: &Federation) -> Result<String> {
    Ok(federation.headers(&Http::for_tests(), None).await?.authorization.expose().to_owned())
}

#[rstest]
#[case::user(None, "&return_original_token_if_authenticated=true")]
#[case::principal(Some("sp-1"), "&client_id=sp-1")]
#[tokio::test]
async fn a_token_of_another_issuer_is_exchanged_once(#[case] principal: Option<&str>, #[case] whose: &str) {
    let (server, token) = (server([Answer::json(200, GRANTED)]).await, jwt("https://idp.example/oauth"));
    let federation = federation(&token, &server, principal);
    for _ in 0..3 {
        assert_eq!(sent(&federation).await.unwrap(), "Bearer exchanged-1");
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 3, "{:?}", server.lines());
    assert_eq!(requests[2].line(), "POST /oidc/v1/token");
    let expected = format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token={token}\
         &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt&scope=all-apis{whose}"
    );
    assert_eq!(requests[2].body, expected);
    assert_eq!(requests[2].header("authorization"), None);
    assert!(federation.can_renew());
}

#[rstest]
#[case::of_the_workspace(jwt("SERVER/oidc"))]
#[case::opaque("dapi0123456789".to_owned())]
#[case::no_issuer(format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode("{}"), URL_SAFE_NO_PAD.encode("{}")))]
#[tokio::test]
async fn any_other_token_is_sent_as_it_is(#[case] token: String) {
    let server = TestServer::start([]).await;
    let token = if token == jwt("SERVER/oidc") { jwt(&format!("{}/oidc", server.url())) } else { token };
    let federation = federation(&token, &server, Some("sp-1"));
    assert_eq!(sent(&federation).await.unwrap(), format!("Bearer {token}"));
    assert_eq!(server.lines(), Vec::<String>::new());
    assert!(!federation.can_renew());
}

#[tokio::test]
async fn a_token_that_is_not_exchanged_for_its_user_is_sent_as_it_is() {
    let (server, token) = (server([Answer::json(400, REFUSED)]).await, jwt("https://idp.example"));
    let federation = federation(&token, &server, None);
    for _ in 0..2 {
        assert_eq!(sent(&federation).await.unwrap(), format!("Bearer {token}"));
    }
    assert_eq!(server.requests().len(), 3, "it is not asked for again");
}

#[tokio::test]
async fn a_token_that_is_not_exchanged_for_a_principal_is_refused() {
    let (server, token) = (server([Answer::json(400, REFUSED)]).await, jwt("https://idp.example"));
    let error = sent(&federation(&token, &server, Some("sp-1"))).await.unwrap_err();
    assert_eq!(error.code, Code::Unauthenticated);
    assert!(error.details.contains("no policy trusts the issuer"), "{}", error.details);
    assert!(!error.details.contains(&token));
}

#[tokio::test]
async fn an_exchanged_token_that_is_refused_is_exchanged_anew() {
    let second = GRANTED.replace("exchanged-1", "exchanged-2");
    let server = server([Answer::json(200, GRANTED), Answer::json(200, &second)]).await;
    let federation = federation(&jwt("https://idp.example"), &server, None);
    let http = Http::for_tests();
    let first = federation.headers(&http, None).await.unwrap();
    let next = federation.headers(&http, Some(&first)).await.unwrap();
    assert_eq!(next.authorization.expose(), "Bearer exchanged-2");
}
