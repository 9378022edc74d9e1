use rstest::rstest;

use super::*;
use crate::transport::test_server::{Answer, TestServer};

#[rstest]
#[case::public(
    "adb-1.2.azuredatabricks.net",
    "https://login.microsoftonline.com/t/oauth2/token",
    "https://management.core.windows.net/",
    DATABRICKS_RESOURCE
)]
#[case::private_link(
    "sql.corp.example",
    "https://login.microsoftonline.com/t/oauth2/token",
    "https://management.core.windows.net/",
    DATABRICKS_RESOURCE
)]
#[case::government(
    "adb-1.2.databricks.azure.us",
    "https://login.microsoftonline.us/t/oauth2/token",
    "https://management.core.usgovcloudapi.net/",
    DATABRICKS_RESOURCE
)]
#[case::china(
    "adb-1.2.databricks.azure.cn",
    "https://login.chinacloudapi.cn/t/oauth2/token",
    "https://management.core.chinacloudapi.cn/",
    DATABRICKS_RESOURCE
)]
#[case::development(
    "adb-1.2.dev.azuredatabricks.net",
    "https://login.microsoftonline.com/t/oauth2/token",
    "https://management.core.windows.net/",
    "62a912ac-b58e-4c1d-89ea-b2dbfc7358fc"
)]
#[case::staging(
    "adb-1.2.staging.azuredatabricks.net",
    "https://login.microsoftonline.com/t/oauth2/token",
    "https://management.core.windows.net/",
    "4a67d088-db5c-48f1-9ff2-0aace800ae68"
)]
fn a_workspace_signs_in_to_its_own_cloud(
    #[case] host: &str,
    #[case] endpoint: &str,
    #[case] management: &str,
    #[case] databricks: &str,
) {
    let cloud = Cloud::of(&Url::parse(&format!("https://{host}")).unwrap()).unwrap();
    assert_eq!(cloud.endpoint("t", "token").unwrap().as_str(), endpoint);
    assert_eq!((cloud.management, cloud.databricks), (management, databricks));
    assert_eq!(cloud.machines.as_str(), "http://169.254.169.254/");
}

#[test]
fn a_workspace_on_this_machine_is_a_cloud_of_its_own() {
    let cloud = Cloud::of(&Url::parse("http://127.0.0.1:8080").unwrap()).unwrap();
    assert_eq!(cloud.endpoint("t", "v2.0/token").unwrap().as_str(), "http://127.0.0.1:8080/t/oauth2/v2.0/token");
    assert_eq!(cloud.machines.as_str(), "http://127.0.0.1:8080/");
}

async fn tenant(answer: Answer) -> (TestServer, Result<String>) {
    let server = TestServer::start([answer]).await;
    let workspace = Url::parse(&server.url()).unwrap();
    let tenant = Cloud::of(&workspace).unwrap().tenant(&Http::for_tests(), &workspace).await;
    (server, tenant)
}

#[tokio::test]
async fn a_workspace_names_its_tenant_by_a_redirect() {
    let (server, tenant) = tenant(Answer::new(302, &[("location", "/a1b2-c3/oauth2/authorize?client_id=x")], "")).await;
    assert_eq!(tenant.unwrap(), "a1b2-c3");
    assert_eq!(server.lines(), ["GET /aad/auth"]);
}

#[rstest]
#[case::stranger(Answer::new(302, &[("location", "https://login.evil.example/t/oauth2/authorize")], ""), "login.evil.example")]
#[case::no_tenant(Answer::new(302, &[("location", "/")], ""), "leads elsewhere")]
#[case::odd_tenant(Answer::new(302, &[("location", "/..%2f/oauth2")], ""), "leads elsewhere")]
#[case::nowhere(Answer::new(302, &[], ""), "leads nowhere")]
#[case::no_redirect(Answer::json(200, "{}"), "leads nowhere")]
#[case::unknown(Answer::json(404, "{}"), "404")]
#[tokio::test]
async fn a_workspace_that_names_none_says_what_to_pass(#[case] answer: Answer, #[case] why: &str) {
    let (_, tenant) = tenant(answer).await;
    let error = tenant.unwrap_err();
    assert_eq!(error.code, Code::Unauthenticated);
    assert!(error.details.contains(why) && error.details.contains("azure_tenant_id"), "{}", error.details);
}
