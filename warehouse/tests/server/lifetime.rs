//! How statements, sessions and the server end.

use std::time::Duration;

use local_warehouse::Config;
use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::json;

use crate::support::{Warehouse, config, path, state};

#[rstest]
#[case("HANG")]
#[case("ENDLESS")]
#[tokio::test]
async fn cancel_stops_the_engine(#[case] sql: &str) {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute(sql, json!({"wait_timeout": "0s"})).await;
    warehouse.words.runs(1).await;
    let cancel = format!("{}/cancel", path(&reply));
    assert_eq!(warehouse.call(Method::POST, &cancel, None).await, (StatusCode::OK, json!({})));
    warehouse.words.runs(0).await;
    let (_, polled) = warehouse.get(&path(&reply)).await;
    assert_eq!(polled, json!({"statement_id": reply["statement_id"], "status": {"state": "CANCELED"}}));
    assert_eq!(warehouse.call(Method::POST, &cancel, None).await, (StatusCode::OK, json!({})));
}

#[tokio::test]
async fn closing_what_runs_stops_the_engine() {
    let warehouse = Warehouse::start(config()).await;
    let (_, reply) = warehouse.execute("HANG", json!({"wait_timeout": "0s"})).await;
    warehouse.words.runs(1).await;
    assert_eq!(warehouse.call(Method::DELETE, &path(&reply), None).await.0, StatusCode::OK);
    warehouse.words.runs(0).await;
    assert_eq!(state(&warehouse.get(&path(&reply)).await.1), "CLOSED");
}

#[tokio::test]
async fn end_of_a_session_stops_what_runs_and_keeps_what_is_done() {
    let warehouse = Warehouse::start(config()).await;
    let (_, opened) = warehouse.call(Method::POST, "/api/2.0/sql/sessions", Some(json!({"warehouse_id": "w"}))).await;
    let session = json!({"session_id": opened["session_id"], "wait_timeout": "0s"});
    let (_, running) = warehouse.execute("HANG", session).await;
    let (_, done) = warehouse.execute("ROWS 250", json!({"session_id": opened["session_id"]})).await;
    let close = format!("/api/2.0/sql/sessions/{}?warehouse_id=w", opened["session_id"].as_str().unwrap());
    assert_eq!(warehouse.call(Method::DELETE, &close, None).await, (StatusCode::OK, json!({})));
    warehouse.words.runs(0).await;
    assert_eq!(state(&warehouse.get(&path(&running)).await.1), "CANCELED");
    assert_eq!(warehouse.ids_by_chunk(&done).await.len(), 250);
    let (status, _) = warehouse.execute("ROWS 1", json!({"session_id": opened["session_id"]})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn statement_timeout_cancels_and_says_why() {
    let warehouse = Warehouse::start(config()).await;
    let open = json!({"warehouse_id": "w", "session_confs": {"STATEMENT_TIMEOUT": "50"}});
    let (_, opened) = warehouse.call(Method::POST, "/api/2.0/sql/sessions", Some(open)).await;
    let (status, reply) = warehouse.execute("HANG", json!({"session_id": opened["session_id"]})).await;
    assert_eq!((status, state(&reply)), (StatusCode::OK, "CANCELED"));
    assert_eq!(reply["status"]["sql_state"], "57KD0");
    assert_eq!(reply["status"]["error"]["error_code"], "DEADLINE_EXCEEDED");
    warehouse.words.runs(0).await;
}

#[rstest]
#[case("FAIL", "BAD_REQUEST", "42601", "[PARSE_SYNTAX_ERROR] Syntax error. SQLSTATE: 42601")]
#[case(
    "PANIC",
    "INTERNAL_ERROR",
    "XX000",
    "[INTERNAL_ERROR] The engine broke off while it ran this statement. SQLSTATE: XX000"
)]
#[tokio::test]
async fn failure_is_a_state_and_not_a_status(
    #[case] sql: &str,
    #[case] error_code: &str,
    #[case] sql_state: &str,
    #[case] message: &str,
) {
    let warehouse = Warehouse::start(config()).await;
    let (status, reply) = warehouse.execute(sql, json!({})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        reply["status"],
        json!({"state": "FAILED", "sql_state": sql_state, "error": {"error_code": error_code, "message": message}})
    );
    assert_eq!((reply.get("manifest"), reply.get("result")), (None, None));
}

#[tokio::test]
async fn closed_statement_is_forgotten_in_the_end() {
    let warehouse = Warehouse::start(Config { closed_ttl: Duration::ZERO, ..config() }).await;
    let (_, reply) = warehouse.execute("ROWS 1", json!({})).await;
    assert_eq!(state(&warehouse.get(&path(&reply)).await.1), "SUCCEEDED");
    assert_eq!(warehouse.call(Method::DELETE, &path(&reply), None).await.0, StatusCode::OK);
    assert_eq!(warehouse.get(&path(&reply)).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn result_that_is_too_old_is_closed() {
    let warehouse = Warehouse::start(Config { result_ttl: Duration::ZERO, ..config() }).await;
    let (_, reply) = warehouse.execute("ROWS 250", json!({})).await;
    assert_eq!(state(&reply), "SUCCEEDED");
    assert_eq!(state(&warehouse.get(&path(&reply)).await.1), "CLOSED");
    assert_eq!(warehouse.fetch(&reply["result"]["external_links"][0]).await.status(), StatusCode::NOT_FOUND);
}

#[rstest]
#[case::stopped(true)]
#[case::dropped(false)]
#[tokio::test]
async fn end_of_the_server_stops_queries_and_hanging_requests(#[case] orderly: bool) {
    let warehouse = Warehouse::start(config()).await;
    warehouse.execute("HANG", json!({"wait_timeout": "0s"})).await;
    warehouse.words.runs(1).await;
    warehouse.plan(json!([{"on": "poll", "do": "hang"}])).await;
    let Warehouse { server, words, http } = warehouse;
    let (url, token) = (server.url().to_owned(), server.token().to_owned());
    let hanging = http.get(format!("{url}/api/2.0/sql/statements/01f0aa12-77aa-1f00-8e21-0c1d2e3f4a5b"));
    let hanging = tokio::spawn(hanging.bearer_auth(&token).send());
    loop {
        let report = http.get(format!("{url}/_faults")).bearer_auth(&token).send().await.unwrap();
        if report.json::<serde_json::Value>().await.unwrap()["requests"]["poll"] == 1 {
            break;
        }
    }
    if orderly {
        server.stop().await;
    } else {
        drop(server);
    }
    words.runs(0).await;
    assert!(tokio::time::timeout(Duration::from_secs(20), hanging).await.unwrap().unwrap().is_err());
}
