//! Links: where they point, for how long, and what the store answers.

use std::time::Duration;

use local_warehouse::Config;
use reqwest::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, RANGE};
use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Warehouse, config, path};

/// The scheme, host and port of a link.
fn origin(link: &Value) -> String {
    let url = reqwest::Url::parse(link["external_link"].as_str().unwrap()).unwrap();
    url.origin().ascii_serialization()
}

#[tokio::test]
async fn links_point_to_a_port_of_their_own_when_there_is_one() {
    let warehouse = Warehouse::start(Config { link_port: Some(0), ..config() }).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    let link = &reply["result"]["external_links"][0];
    let store = origin(link);
    assert_ne!(store, warehouse.server.url());
    assert_eq!(warehouse.ids_by_chunk(&reply).await, (0..250).collect::<Vec<_>>());

    let signed = link["external_link"].as_str().unwrap().strip_prefix(&store).unwrap();
    let beside_the_api = warehouse.send(Method::GET, signed, None).await.unwrap();
    assert_eq!(beside_the_api.status(), StatusCode::NOT_FOUND);
    let api_at_the_store = warehouse.http.get(format!("{store}{}", path(&reply)));
    let api_at_the_store = api_at_the_store.bearer_auth(warehouse.server.token()).send().await.unwrap();
    assert_eq!(api_at_the_store.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn links_lie_beside_the_api_by_default() {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    assert_eq!(origin(&reply["result"]["external_links"][0]), warehouse.server.url());
}

#[tokio::test]
async fn link_with_required_headers_is_refused_without_them() {
    let warehouse = Warehouse::start(config()).await;
    warehouse.fault_result(json!({"required_headers": {"x-key": "k1", "x-algorithm": "AES256"}})).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    let link = &reply["result"]["external_links"][1];
    assert_eq!(link["http_headers"], json!({"x-key": "k1", "x-algorithm": "AES256"}));
    assert_eq!(warehouse.fetch(link).await.status(), StatusCode::OK);
    for headers in [json!({}), json!({"x-key": "k1"}), json!({"x-key": "k2", "x-algorithm": "AES256"})] {
        let mut bare = link.clone();
        bare["http_headers"] = headers;
        let response = warehouse.fetch(&bare).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert!(response.text().await.unwrap().contains("<Code>AccessDenied</Code>"));
    }
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    assert_eq!(reply["result"]["external_links"][0].get("http_headers"), None);
}

#[tokio::test]
async fn store_answers_as_object_stores_do() {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    let link = &reply["result"]["external_links"][0];
    let whole = warehouse.fetch(link).await;
    assert_eq!(whole.headers()[CONTENT_TYPE], "binary/octet-stream");
    assert_eq!(whole.headers()[ACCEPT_RANGES], "bytes");
    assert_eq!(whole.headers()[CONTENT_LENGTH].to_str().unwrap(), link["byte_count"].to_string());
    assert!(whole.headers()[ETAG].to_str().unwrap().starts_with('"'));
    let whole = whole.bytes().await.unwrap();

    let part = warehouse.http.get(link["external_link"].as_str().unwrap()).header(RANGE, "bytes=10-19");
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[CONTENT_RANGE].to_str().unwrap(), format!("bytes 10-19/{}", whole.len()));
    assert_eq!(part.bytes().await.unwrap(), whole[10..20]);

    let beyond = warehouse.http.get(link["external_link"].as_str().unwrap()).header(RANGE, "bytes=9999999-");
    assert_eq!(beyond.send().await.unwrap().status(), StatusCode::RANGE_NOT_SATISFIABLE);
}

#[rstest]
#[case::credentials("", true, StatusCode::BAD_REQUEST, "InvalidArgument")]
#[case::changed_signature("0", false, StatusCode::FORBIDDEN, "SignatureDoesNotMatch")]
#[tokio::test]
async fn store_refuses_in_xml(
    #[case] suffix: &str,
    #[case] credentials: bool,
    #[case] status: StatusCode,
    #[case] code: &str,
) {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    let link = reply["result"]["external_links"][0]["external_link"].as_str().unwrap();
    let mut request = warehouse.http.get(format!("{link}{suffix}"));
    if credentials {
        request = request.bearer_auth(warehouse.server.token());
    }
    let response = request.send().await.unwrap();
    assert_eq!((response.status(), &response.headers()[CONTENT_TYPE]), (status, &"application/xml".parse().unwrap()));
    assert!(response.headers().contains_key("x-request-id"));
    assert!(response.text().await.unwrap().contains(&format!("<Code>{code}</Code>")));
}

#[tokio::test]
async fn link_ends_and_a_fresh_one_is_given() {
    let warehouse = Warehouse::start(Config { link_ttl: Duration::ZERO, ..config() }).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    let response = warehouse.fetch(&reply["result"]["external_links"][0]).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(response.text().await.unwrap().contains("<Code>ExpiredToken</Code>"));

    let warehouse = Warehouse::start(config()).await;
    warehouse.fault_result(json!({"expired_links": {"count": 1}})).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    let links = reply["result"]["external_links"].as_array().unwrap();
    assert_eq!(warehouse.fetch(&links[0]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(warehouse.fetch(&links[1]).await.status(), StatusCode::OK);
}
