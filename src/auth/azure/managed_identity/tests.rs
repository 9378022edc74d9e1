use rstest::rstest;

use super::*;
use crate::auth::cache::Life;
use crate::transport::test_server::{Answer, TestServer};

const ISSUED: &str = r#"{"access_token": "machine-1", "client_id": "c", "expires_in": "86399", "expires_on": "1506484173", "token_type": "Bearer"}"#;

async fn token(settings: AzureManagedIdentity, answers: Vec<Answer>) -> (TestServer, Result<Token>) {
    let server = TestServer::start(answers).await;
    let identity = Identity::new(Arc::new(settings), &Url::parse(&server.url()).unwrap()).unwrap();
    let token = identity.token(&Http::for_tests()).await;
    (server, token)
}

#[rstest]
#[case::of_the_machine(None, "")]
#[case::assigned(Some("id 1"), "&client_id=id+1")]
#[tokio::test]
async fn a_machine_has_an_identity(#[case] client_id: Option<&str>, #[case] further: &str) {
    let settings = AzureManagedIdentity { client_id: client_id.map(str::to_owned), ..AzureManagedIdentity::default() };
    let (server, token) = token(settings, vec![Answer::json(200, ISSUED)]).await;
    let token = token.unwrap();
    assert_eq!(token.headers.authorization.expose(), "Bearer machine-1");
    assert_eq!(token.life, Life::For(Duration::from_secs(86399)));
    let request = server.request();
    let usual =
        "GET /metadata/identity/oauth2/token?api-version=2021-10-01&resource=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";
    assert_eq!(request.line(), format!("{usual}{further}"));
    assert_eq!((request.header("metadata"), request.header("authorization")), (Some("true"), None));
}

#[tokio::test]
async fn an_identity_that_manages_the_workspace_shows_that_it_may() {
    let resource_id = Some("/subscriptions/s/w".to_owned());
    let settings = AzureManagedIdentity { workspace_resource_id: resource_id, ..AzureManagedIdentity::default() };
    let manager = Answer::json(200, &ISSUED.replace("machine-1", "manager-1"));
    let (server, token) = token(settings, vec![Answer::json(200, ISSUED), manager]).await;
    let extra: Vec<_> = token.unwrap().headers.extra.iter().map(|header| header.value.expose().to_owned()).collect();
    assert_eq!(extra, ["manager-1", "/subscriptions/s/w"]);
    assert!(server.lines()[1].ends_with("&resource=https%3A%2F%2Fmanagement.core.windows.net%2F"));
}

#[rstest]
#[case::no_identity(
    Answer::json(400, r#"{"error": "invalid_request", "error_description": "Identity not found"}"#),
    "Identity not found"
)]
#[case::page(Answer::new(200, &[], "<html>"), "identity service")]
#[tokio::test]
async fn a_machine_without_one_says_so(#[case] answer: Answer, #[case] why: &str) {
    let (_, token) = token(AzureManagedIdentity::default(), vec![answer]).await;
    let error = token.unwrap_err();
    assert!(error.details.contains(why) && error.details.contains("machines of Azure"), "{}", error.details);
}
