//! Faults that need the wire to be seen.

use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, LOCATION, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Warehouse, batches, config, decompress, path, state};

async fn executions(warehouse: &Warehouse) -> Value {
    warehouse.get("/_faults").await.1["executions"].clone()
}

fn request() -> Value {
    json!({"warehouse_id": "w", "statement": "ROWS 1"})
}

#[rstest]
#[case("cut_before", 0)]
#[case("cut_after", 1)]
#[tokio::test]
async fn cut_connection_gives_no_answer_at_all(#[case] action: &str, #[case] runs: u64) {
    let warehouse = Warehouse::start(config()).await;
    warehouse.plan(json!([{"on": "execute", "do": action}])).await;
    let error = warehouse.send(Method::POST, "/api/2.0/sql/statements", Some(request())).await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(executions(&warehouse).await, runs);
}

#[rstest]
#[case(json!({"code": 429, "retry_after": "2"}), StatusCode::TOO_MANY_REQUESTS, Some("2"), None)]
#[case(json!({"code": 503}), StatusCode::SERVICE_UNAVAILABLE, None, None)]
#[case(
    json!({"code": 503, "retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}),
    StatusCode::SERVICE_UNAVAILABLE,
    Some("Wed, 21 Oct 2026 07:28:00 GMT"),
    None
)]
#[case(json!({"code": 307}), StatusCode::TEMPORARY_REDIRECT, None, Some("/login"))]
#[case(json!({"code": 302}), StatusCode::FOUND, None, Some("/login"))]
#[tokio::test]
async fn planned_status_is_answered_and_nothing_runs(
    #[case] fault: Value,
    #[case] status: StatusCode,
    #[case] retry_after: Option<&str>,
    #[case] location: Option<&str>,
) {
    let warehouse = Warehouse::start(config()).await;
    warehouse.plan(json!([{"on": "execute", "do": {"status": fault}}])).await;
    let response = warehouse.send(Method::POST, "/api/2.0/sql/statements", Some(request())).await.unwrap();
    assert_eq!(response.status(), status);
    let field = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!((field(RETRY_AFTER), field(LOCATION)), (retry_after, location));
    assert_eq!(executions(&warehouse).await, 0);
}

#[rstest]
#[case(json!([{"on": "execute", "do": {"result": "closed"}}]), "rule 1: a fault of results")]
#[case(json!([{"on": "poll", "do": "hang"}, {"on": "result", "do": "hang"}]), "rule 2: only a fault of results")]
#[case(json!([{"on": "token", "do": {"query": {"code": null}}}]), "rule 1: \"query\"")]
#[case(json!([{"on": "poll", "do": {"status": {"code": 99}}}]), "rule 1: a status")]
#[case(json!([{"on": "poll", "chunk": 0, "do": "hang"}]), "rule 1: \"chunk\"")]
#[case(json!([{"on": "poll", "do": "explode"}]), "explode")]
#[case(json!([{"on": "poll", "do": "hang", "until": 3}]), "until")]
#[case(json!({"rules": []}), "sequence")]
#[tokio::test]
async fn plan_that_could_never_act_is_refused_by_name(#[case] plan: Value, #[case] named: &str) {
    let warehouse = Warehouse::start(config()).await;
    let (status, body) = warehouse.call(Method::POST, "/_faults", Some(plan)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["message"].as_str().unwrap().contains(named), "{body}");
}

#[tokio::test]
async fn slow_statement_runs_until_it_is_cancelled() {
    let warehouse = Warehouse::start(config()).await;
    warehouse.plan(json!([{"on": "result", "do": {"result": {"slow": {"milliseconds": 600_000}}}}])).await;
    let (_, reply) = warehouse.execute("ROWS 1", json!({"wait_timeout": "0s"})).await;
    assert_eq!(warehouse.call(Method::POST, &format!("{}/cancel", path(&reply)), None).await.0, StatusCode::OK);
    assert_eq!(state(&warehouse.get(&path(&reply)).await.1), "CANCELED");
    let (_, reply) = warehouse.execute("ROWS 1", json!({"wait_timeout": "50s"})).await;
    assert_eq!(state(&reply), "SUCCEEDED", "the plan was for one");
}

/// The first part arrives, whatever its size, and then the connection breaks.
#[rstest]
#[case(1)]
#[case(900)]
#[tokio::test]
async fn truncated_body_arrives_up_to_its_end(#[case] at: usize) {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    let link = &reply["result"]["external_links"][1];
    let whole = warehouse.fetch(link).await.bytes().await.unwrap();
    warehouse.plan(json!([{"on": "link", "chunk": 1, "do": {"truncate": {"at": at}}}])).await;
    let mut response = warehouse.fetch(link).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[CONTENT_LENGTH].to_str().unwrap(), whole.len().to_string());
    let mut arrived = Vec::new();
    let broken = loop {
        match response.chunk().await {
            Ok(Some(part)) => arrived.extend_from_slice(&part),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken);
    assert_eq!(arrived, whole[..at]);
    assert_eq!(warehouse.fetch(link).await.bytes().await.unwrap(), whole);
}

#[tokio::test]
async fn stalled_body_arrives_up_to_its_stall() {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    let link = &reply["result"]["external_links"][0];
    let whole = warehouse.fetch(link).await.bytes().await.unwrap();
    warehouse.plan(json!([{"on": "link", "do": {"stall": {"at": 100}}}])).await;
    let mut response = warehouse.fetch(link).await;
    let mut arrived = Vec::new();
    while arrived.len() < 100 {
        arrived.extend_from_slice(&response.chunk().await.unwrap().unwrap());
    }
    assert_eq!(arrived, whole[..100]);
    assert!(tokio::time::timeout(Duration::from_millis(100), response.chunk()).await.is_err());
}

#[tokio::test]
async fn corrupt_body_differs_in_one_byte() {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    let link = &reply["result"]["external_links"][0];
    let whole = warehouse.fetch(link).await.bytes().await.unwrap();
    warehouse.plan(json!([{"on": "link", "do": {"corrupt": {"at": 50}}}])).await;
    let mut corrupt = warehouse.fetch(link).await.bytes().await.unwrap().to_vec();
    assert_eq!(corrupt[50], !whole[50]);
    corrupt[50] = whole[50];
    assert_eq!(corrupt, whole);
}

/// A part has the byte of the whole content, or none.
#[rstest]
#[case::part_with_it("bytes=40-", Some(10))]
#[case::part_behind_it("bytes=51-", None)]
#[tokio::test]
async fn corrupt_byte_is_counted_from_the_contents_beginning(#[case] range: &str, #[case] at: Option<usize>) {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    let link = &reply["result"]["external_links"][0];
    let mut ranged = link.clone();
    ranged["http_headers"] = json!({"range": range});
    let whole = warehouse.fetch(&ranged).await.bytes().await.unwrap();
    warehouse.plan(json!([{"on": "link", "do": {"corrupt": {"at": 50}}}])).await;
    let corrupt = warehouse.fetch(&ranged).await.bytes().await.unwrap();
    let differing = (0..whole.len()).find(|position| whole[*position] != corrupt[*position]);
    assert_eq!((corrupt.len(), differing), (whole.len(), at));
}

#[tokio::test]
async fn one_chunks_declared_rows_differ() {
    let warehouse = Warehouse::start(config()).await;
    warehouse.fault_result(json!({"chunk_rows": {"chunk": 1, "add": -3}})).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    let declared =
        |list: &Value| list.as_array().unwrap().iter().map(|chunk| chunk["row_count"].clone()).collect::<Vec<_>>();
    assert_eq!(declared(&reply["manifest"]["chunks"]), [100, 97, 50]);
    assert_eq!(declared(&reply["result"]["external_links"]), [100, 97, 50]);
    assert_eq!(reply["manifest"]["total_row_count"], 250);
}

#[tokio::test]
async fn surplus_rows_are_as_many_as_planned() {
    let warehouse = Warehouse::start(config()).await;
    warehouse.fault_result(json!({"surplus_rows": {"rows": 250}})).await;
    let (_, reply) = warehouse.execute("ROWS 150", json!({})).await;
    let body = warehouse.fetch(&reply["result"]["external_links"][1]).await.bytes().await.unwrap();
    let rows: usize = batches(&decompress(&body)).iter().map(|batch| batch.num_rows()).sum();
    assert_eq!((rows, &reply["manifest"]["chunks"][1]["row_count"]), (300, &json!(50)));
}

#[tokio::test]
async fn rows_of_text_come_as_the_real_ones_do() {
    let warehouse = Warehouse::start(config()).await;
    warehouse.fault_result(json!("json_rows")).await;
    let (_, reply) = warehouse.execute("ROWS 1", json!({})).await;
    assert_eq!((state(&reply), &reply["manifest"]["format"]), ("SUCCEEDED", &json!("JSON_ARRAY")));
    assert_eq!(reply["manifest"]["chunks"], json!([{"chunk_index": 0, "row_offset": 0, "row_count": 1}]));
    assert_eq!(reply["result"]["data_array"], json!([["0", "text of the row 0"]]));
}

#[tokio::test]
async fn missing_chunk_is_named_and_never_given() {
    let warehouse = Warehouse::start(config()).await;
    warehouse.fault_result(json!({"missing_chunk": {"chunk": 1}})).await;
    let (_, reply) = warehouse.execute("ROWS 150", json!({"disposition": "EXTERNAL_LINKS"})).await;
    assert_eq!(reply["manifest"]["total_chunk_count"], 2);
    assert_eq!(reply["result"]["external_links"][0]["next_chunk_index"], 1);
    let (status, body) = warehouse.get(&format!("{}/result/chunks/1", path(&reply))).await;
    assert_eq!((status, body), (StatusCode::OK, json!({"external_links": []})));
}
