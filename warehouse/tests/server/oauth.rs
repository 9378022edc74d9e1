//! Signing in over HTTP.

use std::time::Duration;

use local_warehouse::{Config, OAuthConfig};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

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
    for path in ["/.well-known/databricks-config", "/oidc/.well-known/oauth-authorization-server", "/oidc/jwks.json"] {
        assert_eq!(get(&warehouse, path).await.0, StatusCode::NOT_FOUND);
    }
}
