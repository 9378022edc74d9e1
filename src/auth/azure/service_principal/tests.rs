use std::time::Duration;

use rstest::rstest;

use super::*;
use crate::auth::cache::Life;
use crate::error::Code;
use crate::transport::test_server::{Answer, TestServer};

const RESOURCE: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Databricks/workspaces/w";

fn settings() -> AzureServicePrincipal {
    AzureServicePrincipal {
        client_id: "app-1".to_owned(),
        client_secret: Secret::new("entra secret~1".to_owned()),
        tenant_id: Some("tenant-1".to_owned()),
        workspace_resource_id: None,
    }
}

fn principal(server: &TestServer, settings: AzureServicePrincipal) -> Principal {
    Principal::new(Arc::new(settings), &Url::parse(&server.url()).unwrap()).unwrap()
}

fn issued(token: &str, life: &str) -> Answer {
    Answer::json(200, &format!(r#"{{"token_type": "Bearer", "access_token": "{token}", "expires_in": {life}}}"#))
}

#[tokio::test]
async fn a_principal_signs_in_at_its_tenant() {
    let server = TestServer::start([issued("entra-1", "3599")]).await;
    let token = principal(&server, settings()).token(&Http::for_tests()).await.unwrap();
    assert_eq!(token.headers.authorization.expose(), "Bearer entra-1");
    assert_eq!(token.life, Life::For(Duration::from_secs(3599)));
    let request = server.request();
    assert_eq!(
        (request.line(), request.body.as_str()),
        (
            "POST /tenant-1/oauth2/v2.0/token",
            "grant_type=client_credentials&scope=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d%2F.default"
        )
    );
    // app-1:entra+secret%7E1
    assert_eq!(request.header("authorization"), Some("Basic YXBwLTE6ZW50cmErc2VjcmV0JTdFMQ=="));
}

#[tokio::test]
async fn the_tenant_is_asked_of_the_workspace_once() {
    let redirect = Answer::new(302, &[("location", "/tenant-2/oauth2/authorize")], "");
    let server = TestServer::start([redirect, issued("entra-1", "3599"), issued("entra-2", "3599")]).await;
    let principal = principal(&server, AzureServicePrincipal { tenant_id: None, ..settings() });
    for _ in 0..2 {
        principal.token(&Http::for_tests()).await.unwrap();
    }
    let sign_in = "POST /tenant-2/oauth2/v2.0/token";
    assert_eq!(server.lines(), ["GET /aad/auth", sign_in, sign_in]);
}

#[tokio::test]
async fn a_principal_that_manages_the_workspace_shows_that_it_may() {
    // The older endpoint writes seconds as text.
    let server = TestServer::start([issued("entra-1", "3599"), issued("manager-1", "\"1800\"")]).await;
    let settings = AzureServicePrincipal { workspace_resource_id: Some(RESOURCE.to_owned()), ..settings() };
    let token = principal(&server, settings).token(&Http::for_tests()).await.unwrap();
    let headers: Vec<_> =
        token.headers.extra.iter().map(|header| (header.name.as_str(), header.value.expose())).collect();
    let expected = [
        ("X-Databricks-Azure-SP-Management-Token", "manager-1"),
        ("X-Databricks-Azure-Workspace-Resource-Id", RESOURCE),
    ];
    assert_eq!(headers, expected);
    assert_eq!(token.life, Life::For(Duration::from_secs(1800)), "both are good so long");
    let request = &server.requests()[1];
    assert_eq!(
        (request.line(), request.body.as_str()),
        (
            "POST /tenant-1/oauth2/token",
            "grant_type=client_credentials&client_id=app-1&client_secret=entra+secret%7E1\
             &resource=https%3A%2F%2Fmanagement.core.windows.net%2F"
        )
    );
}

#[tokio::test]
async fn what_entra_refuses_is_said_without_the_secret() {
    let words = r#"{"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided: entra secret~1"}"#;
    let server = TestServer::start([Answer::json(401, words)]).await;
    let error = principal(&server, settings()).token(&Http::for_tests()).await.unwrap_err();
    assert_eq!(error.code, Code::Unauthenticated);
    assert!(
        error.details.contains("AADSTS7000215") && error.details.contains("to Microsoft Entra here"),
        "{}",
        error.details
    );
    assert!(!error.details.contains("entra secret"), "{}", error.details);
}

#[rstest]
#[case::no_id(AzureServicePrincipal { client_id: String::new(), ..settings() }, "azure_client_id")]
#[case::no_secret(AzureServicePrincipal { client_secret: Secret::new(String::new()), ..settings() }, "azure_client_secret")]
#[case::path(AzureServicePrincipal { tenant_id: Some("../x".to_owned()), ..settings() }, "azure_tenant_id")]
#[case::empty(AzureServicePrincipal { tenant_id: Some(String::new()), ..settings() }, "azure_tenant_id")]
#[case::resource(AzureServicePrincipal { workspace_resource_id: Some("w".to_owned()), ..settings() }, "azure_workspace_resource_id")]
fn what_cannot_be_one_is_named(#[case] settings: AzureServicePrincipal, #[case] named: &str) {
    let error = settings.check().unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert!(error.details.starts_with(named), "{}", error.details);
}
