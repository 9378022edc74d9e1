//! When the network, the service or the store misbehaves: the right rows, or an error; never a short result, never a statement run twice.

use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use databricks_sql_kernel::{HttpConfig, KernelError, RetryConfig, Session};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Warehouse, execute, rows};

/// Five chunks of 1000 rows.
const SQL: &str = "SELECT id, CAST(id AS STRING) AS text FROM range(5000) ORDER BY id";

fn warehouse() -> Warehouse {
    Warehouse::start_with(&["--chunk-rows", "1000"])
}

fn expected() -> Vec<String> {
    (0..5000).map(|id| format!("{id}|{id}")).collect()
}

#[rstest]
#[case::linked_blocks(json!([{"on": "result", "do": {"result": "linked_blocks"}}]))]
#[case::frame_per_message(json!([{"on": "result", "do": {"result": "frame_per_message"}}]))]
#[case::not_compressed(json!([{"on": "result", "do": {"result": "not_compressed"}}]))]
#[case::renamed_columns(json!([{"on": "result", "do": {"result": "renamed_columns"}}]))]
#[case::surplus_rows(json!([{"on": "result", "do": {"result": {"surplus_rows": {"rows": 3}}}}]))]
#[case::json_rows(json!([{"on": "result", "do": {"result": "json_rows"}}]))]
#[case::expired_links(json!([{"on": "result", "do": {"result": {"expired_links": {"count": 3}}}}, {"on": "link", "chunk": 4, "do": {"status": {"code": 403, "body": "<Error/>"}}}]))]
#[case::link_cut(json!([{"on": "link", "chunk": 2, "do": {"truncate": {"at": 100}}}]))]
#[case::link_shortened(json!([{"on": "link", "chunk": 2, "do": {"shorten": {"at": 100}}}]))]
#[case::link_corrupt(json!([{"on": "link", "chunk": 0, "do": {"corrupt": {"at": 3}}}]))]
#[case::link_refused(json!([{"on": "link", "times": 2, "do": {"status": {"code": 503}}}]))]
#[case::links_out_of_order(json!([{"on": "link", "chunk": 0, "do": {"delay": {"milliseconds": 200}}}]))]
fn result_is_whole_all_the_same(#[case] plan: Value) {
    let warehouse = warehouse();
    let session = warehouse.session();
    warehouse.plan(&plan);
    assert_eq!(rows(&session, SQL).unwrap(), expected());
    assert_eq!(warehouse.report()["rules"], json!([]), "the whole plan was met");
}

#[rstest]
#[case::missing_chunk(json!([{"on": "result", "do": {"result": {"missing_chunk": {"chunk": 3}}}}]))]
#[case::rows_missing(json!([{"on": "result", "do": {"result": {"total_rows": {"add": 1}}}}]))]
#[case::foreign_schema(json!([{"on": "result", "do": {"result": "foreign_schema"}}]))]
#[case::always_corrupt(json!([{"on": "link", "chunk": 1, "times": 100, "do": {"corrupt": {"at": 3}}}]))]
#[case::always_shortened(json!([{"on": "link", "chunk": 1, "times": 100, "do": {"shorten": {"at": 64}}}]))]
fn short_or_foreign_result_is_data_loss(#[case] plan: Value) {
    let warehouse = warehouse();
    let session = warehouse.session();
    warehouse.plan(&plan);
    let error = rows(&session, SQL).unwrap_err();
    assert!(matches!(error, KernelError::DataLoss { query_id: Some(_), .. }), "{error:?}");
}

#[test]
fn result_in_a_closed_state_is_delivered_and_not_closed_again() {
    let warehouse = warehouse();
    let session = warehouse.session();
    warehouse.plan(&json!([{"on": "result", "do": {"result": "closed"}}]));
    assert_eq!(rows(&session, "SELECT 1 AS one").unwrap(), ["1"]);
    session.end().unwrap();
    assert_eq!(warehouse.report()["requests"].get("close"), None);
}

#[rstest]
#[case::too_many(json!({"status": {"code": 429, "retry_after": "0"}}), 3)]
#[case::unavailable_with_a_time(json!({"status": {"code": 503, "retry_after": "0"}}), 3)]
fn execute_is_sent_again_when_it_certainly_did_not_run(#[case] action: Value, #[case] requests: u64) {
    let warehouse = warehouse();
    let session = warehouse.session();
    warehouse.plan(&json!([{"on": "execute", "times": 2, "do": action}]));
    assert_eq!(rows(&session, "SELECT 1").unwrap(), ["1"]);
    let report = warehouse.report();
    assert_eq!((&report["requests"]["execute"], &report["executions"]), (&json!(requests), &json!(1)));
}

#[rstest]
#[case::reply_lost(json!("cut_after"), 1)]
#[case::request_lost(json!("cut_before"), 0)]
#[case::unavailable_without_a_time(json!({"status": {"code": 503}}), 0)]
#[case::broken(json!({"status": {"code": 500}}), 0)]
#[case::gateway(json!({"status": {"code": 502}}), 0)]
#[case::gateway_timeout(json!({"status": {"code": 504}}), 0)]
#[case::login_page(json!("login_page"), 0)]
#[case::redirect(json!({"status": {"code": 307}}), 0)]
fn execute_is_never_sent_twice_when_it_may_have_run(#[case] action: Value, #[case] executions: u64) {
    let warehouse = warehouse();
    let session = warehouse.session();
    warehouse.plan(&json!([{"on": "execute", "do": action}]));
    rows(&session, "SELECT 1").unwrap_err();
    let report = warehouse.report();
    assert_eq!((&report["requests"]["execute"], &report["executions"]), (&json!(1), &json!(executions)));
}

#[rstest]
#[case::open("open_session", json!("cut_before"))]
#[case::poll("poll", json!("cut_after"))]
#[case::chunk("chunk", json!({"status": {"code": 502}}))]
#[case::cut_chunk("chunk", json!("cut_after"))]
fn request_that_can_be_repeated_is(#[case] kind: &str, #[case] action: Value) {
    let warehouse = Warehouse::start_with(&["--chunk-rows", "100", "--hybrid-agents", "nobody"]);
    warehouse.plan(&json!([{"on": kind, "do": action}]));
    let session = warehouse.session();
    let statement = session.statement();
    statement.set_sql(SQL.to_owned());
    let result = statement.submit().unwrap().await_result().unwrap();
    assert_eq!(crate::support::as_text(&crate::support::read(&result).unwrap().1), expected());
    assert_eq!(warehouse.report()["rules"], json!([]));
}

#[test]
fn host_without_hybrid_is_asked_for_links_and_remembered() {
    let warehouse = Warehouse::start_with(&["--chunk-rows", "1000", "--hybrid-agents", "nobody"]);
    let session = warehouse.session();
    assert_eq!(rows(&session, SQL).unwrap(), expected());
    assert_eq!(rows(&session, "SELECT 1").unwrap(), ["1"]);
    let report = warehouse.report();
    assert_eq!((&report["requests"]["execute"], &report["executions"]), (&json!(3), &json!(2)));
}

/// One chunk that is large enough to come in parts.
const LARGE_SQL: &str =
    "SELECT id, id * 7919 % 1000003 AS mixed, id * 104729 % 999983 AS more FROM range(900000) ORDER BY id";

#[rstest]
#[case::none(json!([]))]
#[case::cut(json!([{"on": "link", "do": {"truncate": {"at": 100_000}}}]))]
#[case::cut_in_a_later_part(json!([{"on": "link", "skip": 1, "do": {"truncate": {"at": 100_000}}}]))]
#[case::shortened(json!([{"on": "link", "skip": 1, "do": {"shorten": {"at": 1000}}}]))]
#[case::stalled(json!([{"on": "link", "skip": 1, "do": {"stall": {"at": 100_000}}}]))]
#[case::never_answered(json!([{"on": "link", "skip": 1, "do": "hang"}]))]
#[case::refused(json!([{"on": "link", "skip": 1, "do": {"status": {"code": 403}}}]))]
#[case::not_in_parts(json!([{"on": "link", "do": {"status": {"code": 200, "body": "all of it"}}}]))]
fn large_chunk_is_whole_all_the_same(#[case] plan: Value) {
    let warehouse = Warehouse::start_with(&["--chunk-rows", "1000000"]);
    large_chunk_is_whole(&warehouse, &warehouse.session(), &plan);
}

/// Over one connection the first reply is the body's beginning, where damage is noticed: blocks have no checksum of their own.
#[test]
fn large_chunk_whose_beginning_is_damaged_is_fetched_again() {
    let warehouse = Warehouse::start_with(&["--chunk-rows", "1000000"]);
    let http = HttpConfig { max_connections: Some(1), ..HttpConfig::default() };
    let session = warehouse.session_with(|config| config.http = Some(http));
    large_chunk_is_whole(&warehouse, &session, &json!([{"on": "link", "do": {"corrupt": {"at": 3}}}]));
}

fn large_chunk_is_whole(warehouse: &Warehouse, session: &Session, plan: &Value) {
    warehouse.plan(plan);
    let executed = execute(session, LARGE_SQL).unwrap();
    let (_, batches) = crate::support::read(&executed.result()).unwrap();
    let mut id = 0;
    for batch in &batches {
        let column = |index: usize| batch.column(index).as_primitive::<Int64Type>().values();
        for (row, mixed) in column(1).iter().enumerate() {
            assert_eq!((column(0)[row], *mixed, column(2)[row]), (id, id * 7919 % 1_000_003, id * 104_729 % 999_983));
            id += 1;
        }
    }
    assert_eq!(id, 900_000);
    let report = warehouse.report();
    assert_eq!(report["rules"], json!([]), "the whole plan was met");
    assert!(report["requests"]["link"].as_u64() >= Some(2), "it came in parts: {report}");
}

#[test]
fn stalled_body_is_given_up_and_fetched_again() {
    let warehouse = warehouse();
    let session = warehouse.session_with(|config| {
        config.http = Some(HttpConfig { stall_timeout: Some(Duration::from_millis(200)), ..HttpConfig::default() });
    });
    warehouse.plan(&json!([{"on": "link", "chunk": 1, "do": {"stall": {"at": 50}}}]));
    assert_eq!(rows(&session, SQL).unwrap(), expected());
}

#[test]
fn reply_that_never_comes_is_a_timeout() {
    let warehouse = warehouse();
    let session = warehouse.session_with(|config| {
        config.http = Some(HttpConfig { request_timeout: Some(Duration::from_millis(300)), ..HttpConfig::default() });
        config.retry = Some(RetryConfig { max_attempts: Some(1), ..RetryConfig::default() });
    });
    warehouse.plan(&json!([{"on": "execute", "do": "hang"}]));
    let error = execute(&session, "SELECT 1").err().unwrap();
    assert!(matches!(error, KernelError::Timeout { .. }), "{error:?}");
}

#[test]
fn session_that_the_server_forgot_is_an_error_and_not_opened_again() {
    let warehouse = warehouse();
    let session = warehouse.session();
    warehouse.plan(&json!([{"on": "execute", "do": {"status": {"code": 404, "body": "{\"error_code\": \"NOT_FOUND\", \"message\": \"The session does not exist.\"}"}}}]));
    let error = execute(&session, "SELECT 1").err().unwrap();
    assert!(
        matches!(&error, KernelError::NotFound { details, error_code: Some(code), .. } if details.contains("session") && code == "NOT_FOUND"),
        "{error:?}"
    );
    assert_eq!(warehouse.report()["requests"].get("open_session"), None);
}
