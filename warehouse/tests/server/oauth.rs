//! Signing in over HTTP.

use std::time::Duration;

use local_warehouse::{AzureConfig, Config, OAuthConfig};
use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use url::Url;

use crate::support::{Warehouse, config};

fn signing_in() -> Config {
    let clients = vec![("sp".to_owned(), "secret".to_owned())];
    Config {
        oauth: Some(OAuthConfig { clients, token_life: Duration::from_secs(60), ..OAuthConfig::default() }),
        ..config()
    }
}

/// Asks for a token.
async fn sign_in(warehouse: &Warehouse, secret: &str) -> (StatusCode, Value) {
    let (_, metadata) = get(warehouse, "/oidc/.well-known/oauth-authorization-server").await;
    let request = warehouse.http.post(metadata["token_endpoint"].as_str().unwrap()).basic_auth("sp", Some(secret));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let response = request.body("grant_type=client_credentials&scope=all-apis").send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    (response.status(), response.json().await.unwrap())
}

/// Posts a form.
async fn post(warehouse: &Warehouse, path: &str, form: &str) -> (StatusCode, Value) {
    let request = warehouse.http.post(format!("{}{path}", warehouse.server.url()));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// Asks without credentials.
async fn get(warehouse: &Warehouse, path: &str) -> (StatusCode, Value) {
    let response = warehouse.http.get(format!("{}{path}", warehouse.server.url())).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// What opening a session with a token answers.
async fn open(warehouse: &Warehouse, token: &str) -> StatusCode {
    let request = warehouse.http.post(format!("{}/api/2.0/sql/sessions", warehouse.server.url()));
    request.bearer_auth(token).json(&json!({"warehouse_id": "w"})).send().await.unwrap().status()
}

#[tokio::test]
async fn issued_token_opens_until_it_is_revoked() {
    let warehouse = Warehouse::start(signing_in()).await;
    let (status, granted) = sign_in(&warehouse, "secret").await;
    assert_eq!(
        (status, &granted["token_type"], &granted["expires_in"]),
        (StatusCode::OK, &json!("Bearer"), &json!(60))
    );
    let token = granted["access_token"].as_str().unwrap();
    assert_eq!(open(&warehouse, token).await, StatusCode::OK);
    assert_eq!(warehouse.call(Method::DELETE, "/_tokens", None).await, (StatusCode::OK, json!({})));
    assert_eq!(open(&warehouse, token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn unknown_client_is_refused_as_the_standard_says() {
    let warehouse = Warehouse::start(signing_in()).await;
    let refusal = json!({"error": "invalid_client", "error_description": "Client authentication failed"});
    assert_eq!(sign_in(&warehouse, "other").await, (StatusCode::UNAUTHORIZED, refusal));
}

#[tokio::test]
async fn documents_name_this_server() {
    let warehouse = Warehouse::start(signing_in()).await;
    let issuer = format!("{}/oidc", warehouse.server.url());
    let (_, host) = get(&warehouse, "/.well-known/databricks-config").await;
    assert_eq!(host["oidc_endpoint"], issuer.as_str());
    for name in ["oauth-authorization-server", "openid-configuration"] {
        assert_eq!(get(&warehouse, &format!("/oidc/.well-known/{name}")).await.1["issuer"], issuer.as_str());
    }
    assert_eq!(get(&warehouse, "/oidc/jwks.json").await.1["keys"][0]["alg"], "ES256");
}

#[tokio::test]
async fn members_of_an_answer_go_wrong_as_planned() {
    let warehouse = Warehouse::start(signing_in()).await;
    warehouse.plan(json!([{"on": "token", "do": {"json": {"expires_in": "59", "scope": null}}}])).await;
    let (_, granted) = sign_in(&warehouse, "secret").await;
    assert_eq!((&granted["expires_in"], granted.get("scope")), (&json!("59"), None));
    assert_eq!(sign_in(&warehouse, "secret").await.1["expires_in"], 60);
}

#[tokio::test]
async fn nobody_signs_in_where_that_was_not_asked_for() {
    let warehouse = Warehouse::start(config()).await;
    for path in [
        "/.well-known/databricks-config",
        "/oidc/.well-known/oauth-authorization-server",
        "/oidc/jwks.json",
        "/aad/auth",
        AUTHORIZE,
    ] {
        assert_eq!(get(&warehouse, path).await.0, StatusCode::NOT_FOUND);
    }
}

/// RFC 7636, appendix B.
const AUTHORIZE: &str = "/oidc/v1/authorize?response_type=code&client_id=databricks-sql-python\
    &redirect_uri=http%3A%2F%2Flocalhost%3A8020&scope=sql+offline_access&state=s1\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
const PROOF: &str = "client_id=databricks-sql-python&redirect_uri=http%3A%2F%2Flocalhost%3A8020\
    &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Where a browser is led back to.
async fn led_back(warehouse: &Warehouse) -> Url {
    let response = warehouse.http.get(format!("{}{AUTHORIZE}", warehouse.server.url())).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    Url::parse(response.headers()["location"].to_str().unwrap()).unwrap()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn browser_signs_in_and_the_sign_in_is_renewed() {
    let warehouse = Warehouse::start(signing_in()).await;
    let back = led_back(&warehouse).await;
    assert_eq!((back.port(), parameter(&back, "state").as_deref()), (Some(8020), Some("s1")));
    let code = parameter(&back, "code").unwrap();
    let form = format!("grant_type=authorization_code&code={code}&{PROOF}");
    let (status, granted) = post(&warehouse, "/oidc/v1/token", &form).await;
    assert_eq!(
        (status, open(&warehouse, granted["access_token"].as_str().unwrap()).await),
        (StatusCode::OK, StatusCode::OK)
    );
    let renewing = |token: &Value| {
        format!("grant_type=refresh_token&client_id=databricks-sql-python&refresh_token={}", token.as_str().unwrap())
    };
    warehouse.call(Method::DELETE, "/_tokens", None).await;
    let (status, renewed) = post(&warehouse, "/oidc/v1/token", &renewing(&granted["refresh_token"])).await;
    assert_eq!(status, StatusCode::OK);
    let counts = json!({"issued": {"authorization_code": 1, "refresh_token": 1}});
    assert_eq!(warehouse.get("/_tokens").await, (StatusCode::OK, counts));
    warehouse.call(Method::DELETE, "/_tokens?refresh=true", None).await;
    let (status, refusal) = post(&warehouse, "/oidc/v1/token", &renewing(&renewed["refresh_token"])).await;
    assert_eq!((status, &refusal["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
}

#[tokio::test]
async fn browser_of_an_unknown_app_gets_a_page_and_is_led_nowhere() {
    let warehouse = Warehouse::start(signing_in()).await;
    let url = format!("{}{}", warehouse.server.url(), AUTHORIZE.replace("8020", "9999"));
    let response = warehouse.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(!response.headers().contains_key("location"));
}

#[tokio::test]
async fn way_back_goes_wrong_as_planned() {
    let warehouse = Warehouse::start(signing_in()).await;
    let denied = json!({"query": {"code": null, "error": "access_denied", "state": "other"}});
    warehouse.plan(json!([{"on": "authorize", "do": denied}])).await;
    let back = led_back(&warehouse).await;
    let found = ["code", "error", "state"].map(|name| parameter(&back, name));
    assert_eq!(found, [None, Some("access_denied".to_owned()), Some("other".to_owned())]);
    assert!(parameter(&led_back(&warehouse).await, "code").is_some());
}

#[rstest]
#[case("x.cloud.databricks.com", Some("https://x.cloud.databricks.com/oidc"))]
#[case("x.cloud.databricks.com:443", Some("https://x.cloud.databricks.com/oidc"))]
#[case("evil.example", None)]
#[tokio::test]
async fn documents_name_the_host_of_the_service_that_was_asked(#[case] host: &str, #[case] issuer: Option<&str>) {
    let warehouse = Warehouse::start(signing_in()).await;
    let own = format!("{}/oidc", warehouse.server.url());
    let url = format!("{own}/.well-known/oauth-authorization-server");
    let document: Value = warehouse.http.get(url).header("host", host).send().await.unwrap().json().await.unwrap();
    assert_eq!(document["issuer"], issuer.unwrap_or(&own));
    assert_eq!(document["token_endpoint"], format!("{}/v1/token", issuer.unwrap_or(&own)));
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
}

fn at_azure() -> Config {
    let clients = vec![("app".to_owned(), "secret".to_owned())];
    let azure = AzureConfig { tenant: "tenant".to_owned(), clients, apps: vec!["page".to_owned()] };
    Config { oauth: Some(OAuthConfig { azure: Some(azure), ..OAuthConfig::default() }), ..config() }
}

const PRINCIPAL: &str = "grant_type=client_credentials&client_id=app&client_secret=secret";
const WORKSPACES: &str = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";

#[tokio::test]
async fn entra_answers_numbers_at_one_endpoint_and_texts_at_the_other() {
    let warehouse = Warehouse::start(at_azure()).await;
    let form = format!("{PRINCIPAL}&scope={WORKSPACES}%2F.default");
    let (status, by_scope) = post(&warehouse, "/tenant/oauth2/v2.0/token", &form).await;
    assert_eq!((status, &by_scope["expires_in"]), (StatusCode::OK, &json!(3600)));
    let form = format!("{PRINCIPAL}&resource={WORKSPACES}");
    let (status, by_resource) = post(&warehouse, "/tenant/oauth2/token", &form).await;
    assert_eq!((status, &by_resource["expires_in"]), (StatusCode::OK, &json!("3600")));
    for granted in [by_scope, by_resource] {
        assert_eq!(open(&warehouse, granted["access_token"].as_str().unwrap()).await, StatusCode::OK);
    }
    let (status, refusal) = post(&warehouse, "/other/oauth2/token", PRINCIPAL).await;
    assert_eq!((status, &refusal["error_codes"]), (StatusCode::BAD_REQUEST, &json!([90002])));
}

#[tokio::test]
async fn management_token_is_good_for_nothing_else_and_checked_where_it_is_sent() {
    let warehouse = Warehouse::start(at_azure()).await;
    let token = async |resource: &str| {
        let form = format!("{PRINCIPAL}&resource={resource}");
        post(&warehouse, "/tenant/oauth2/token", &form).await.1["access_token"].as_str().unwrap().to_owned()
    };
    let (api, management) = (token(WORKSPACES).await, token("https%3A%2F%2Fmanagement.core.windows.net%2F").await);
    assert_eq!(open(&warehouse, &management).await, StatusCode::UNAUTHORIZED);
    for (sent, wanted) in [(&management, StatusCode::OK), (&api, StatusCode::UNAUTHORIZED)] {
        let request = warehouse.http.post(format!("{}/api/2.0/sql/sessions", warehouse.server.url()));
        let request = request.bearer_auth(&api).header("X-Databricks-Azure-SP-Management-Token", sent);
        assert_eq!(request.json(&json!({"warehouse_id": "w"})).send().await.unwrap().status(), wanted);
    }
}

#[rstest]
#[case::as_it_should_be(&[("Metadata", "true")], StatusCode::OK)]
#[case::no_mark(&[], StatusCode::BAD_REQUEST)]
#[case::through_a_proxy(&[("Metadata", "true"), ("X-Forwarded-For", "10.0.0.1")], StatusCode::BAD_REQUEST)]
#[tokio::test]
async fn machine_gives_its_identity_to_nobody_elsewhere(#[case] headers: &[(&str, &str)], #[case] wanted: StatusCode) {
    let warehouse = Warehouse::start(at_azure()).await;
    let path = format!("/metadata/identity/oauth2/token?api-version=2021-10-01&resource={WORKSPACES}");
    let mut request = warehouse.http.get(format!("{}{path}", warehouse.server.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), wanted);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["expires_on"].is_string(), wanted == StatusCode::OK);
}

/// databricks-sql-connector asks with two slashes.
#[rstest]
#[case("/aad/auth")]
#[case("//aad/auth")]
#[tokio::test]
async fn workspace_names_its_tenant(#[case] path: &str) {
    let warehouse = Warehouse::start(at_azure()).await;
    let request = warehouse.http.get(format!("{}{path}", warehouse.server.url()));
    let response = request.header("host", "adb-1.1.azuredatabricks.net").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.starts_with("https://login.microsoftonline.com/tenant/oauth2/authorize?"), "{location}");
}

#[tokio::test]
async fn whoever_follows_the_workspace_to_its_tenant_gets_a_page() {
    let warehouse = Warehouse::start(at_azure()).await;
    let response = warehouse.http.get(format!("{}/aad/auth", warehouse.server.url())).send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap();
    assert_eq!(warehouse.http.get(location).send().await.unwrap().status(), StatusCode::OK);
}
