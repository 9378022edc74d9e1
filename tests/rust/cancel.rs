//! Cancelling, from every side.

use std::time::{Duration, Instant};

use databricks_sql_kernel::{HttpConfig, KernelError, Statement, StatementState, finish_background};
use rstest::rstest;
use serde_json::json;

use crate::support::{ENDLESS, Warehouse, rows, until_served};

#[test]
fn canceller_ends_a_running_query_from_another_thread() {
    let warehouse = Warehouse::start();
    let session = warehouse.session();
    let statement = session.statement();
    statement.set_sql(ENDLESS.to_owned());
    let canceller = statement.canceller();
    let error = std::thread::scope(|scope| {
        let running = scope.spawn(|| statement.execute().err().unwrap());
        until_served(&warehouse, "execute", 1);
        canceller.cancel().unwrap();
        running.join().unwrap()
    });
    assert!(matches!(error, KernelError::Cancelled { .. }), "{error:?}");
    canceller.cancel().unwrap();
    assert_eq!(rows(&session, "SELECT 1").unwrap(), ["1"]);
}

#[test]
fn wish_to_cancel_before_the_run_is_kept_for_it_alone() {
    let warehouse = Warehouse::start();
    let statement = warehouse.session().statement();
    statement.set_sql("SELECT 1".to_owned());
    statement.canceller().request();
    assert!(matches!(statement.execute().err().unwrap(), KernelError::Cancelled { .. }));
    statement.execute().unwrap();
    assert_eq!(warehouse.report()["executions"], 1);
}

#[test]
fn interrupt_returns_at_once_and_the_query_is_cancelled_when_its_id_arrives() {
    let warehouse = Warehouse::start();
    let statement = warehouse.session().statement();
    statement.set_sql(ENDLESS.to_owned());
    assert!(statement.execute_within(Duration::from_millis(50)).unwrap().is_none());
    assert!(statement.execute_within(Duration::ZERO).unwrap().is_none());
    let began = Instant::now();
    statement.interrupt();
    assert_eq!(warehouse.report()["executions"], 1);
    // The reply to execute is held back for five seconds; then the id is known.
    until_served(&warehouse, "cancel", 1);
    until_served(&warehouse, "close", 1);
    assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
}

#[test]
fn statement_that_is_given_up_between_two_attempts_is_not_sent_again() {
    let warehouse = Warehouse::start();
    let session = warehouse.session();
    warehouse.plan(&json!([{"on": "execute", "times": 100, "do": {"status": {"code": 429, "retry_after": "1"}}}]));
    let statement = session.statement();
    statement.set_sql(ENDLESS.to_owned());
    assert!(statement.execute_within(Duration::from_millis(50)).unwrap().is_none());
    until_served(&warehouse, "execute", 1);
    statement.interrupt();
    finish_background(Duration::from_secs(8));
    let report = warehouse.report();
    assert_eq!((&report["requests"]["execute"], &report["executions"]), (&json!(1), &json!(0)));
}

#[rstest]
#[case::query(|statement: &Statement| statement.execute().map(drop))]
#[case::submitted(|statement: &Statement| statement.submit().map(drop))]
fn statement_whose_reply_comes_too_late_is_cancelled(#[case] run: fn(&Statement) -> Result<(), KernelError>) {
    let warehouse = Warehouse::start();
    let session = warehouse.session_with(|config| {
        config.http = Some(HttpConfig { request_timeout: Some(Duration::from_millis(200)), ..HttpConfig::default() });
    });
    warehouse.plan(&json!([{"on": "execute", "do": {"delay": {"milliseconds": 600}}}]));
    let statement = session.statement();
    statement.set_sql(ENDLESS.to_owned());
    let error = run(&statement).unwrap_err();
    assert!(matches!(&error, KernelError::Timeout { retryable: false, .. }), "{error:?}");
    until_served(&warehouse, "cancel", 1);
    until_served(&warehouse, "close", 1);
}

#[rstest]
#[case::request_timeout(Some(Duration::from_secs(2)), None)]
#[case::time_limit(None, Some(Duration::from_secs(9)))]
fn short_time_limit_does_not_break_a_longer_query(
    #[case] request_timeout: Option<Duration>,
    #[case] timeout: Option<Duration>,
) {
    let warehouse = Warehouse::start();
    let session = warehouse.session_with(|config| {
        config.http = Some(HttpConfig { request_timeout, ..HttpConfig::default() });
    });
    let statement = session.statement();
    statement.set_timeout(timeout);
    statement.set_sql(ENDLESS.to_owned());
    assert!(statement.execute_within(Duration::from_secs(3)).unwrap().is_none());
    // The id was known at once, and the statement is asked about.
    until_served(&warehouse, "poll", 2);
    statement.interrupt();
    until_served(&warehouse, "cancel", 1);
}

#[test]
fn dropped_wait_cancels_the_query() {
    let warehouse = Warehouse::start();
    let session = warehouse.session();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let statement = session.statement();
        statement.set_sql(ENDLESS.to_owned());
        tokio::time::timeout(Duration::from_millis(50), statement.execute_async()).await.err().unwrap();
    });
    until_served(&warehouse, "cancel", 1);
}

#[test]
fn time_limit_of_a_statement_cancels_it() {
    let warehouse = Warehouse::start();
    let statement = warehouse.session().statement();
    statement.set_sql(ENDLESS.to_owned());
    statement.set_timeout(Some(Duration::from_millis(100)));
    let error = statement.execute().err().unwrap();
    assert!(matches!(error, KernelError::Timeout { .. }), "{error:?}");
    until_served(&warehouse, "cancel", 1);
}

#[test]
fn submitted_query_is_cancelled_and_says_so() {
    let warehouse = Warehouse::start();
    let statement = warehouse.session().statement();
    statement.set_sql(ENDLESS.to_owned());
    let submitted = statement.submit().unwrap();
    assert!(matches!(submitted.fetch_result().err().unwrap(), KernelError::InvalidState { .. }));
    assert!(submitted.await_result_within(Duration::from_millis(20)).unwrap().is_none());
    submitted.cancel().unwrap();
    assert!(matches!(submitted.await_result().err().unwrap(), KernelError::Cancelled { .. }));
    assert_eq!(submitted.status().unwrap().state, StatementState::Cancelled);
}

#[test]
fn dropped_handle_leaves_a_submitted_query_running() {
    let warehouse = Warehouse::start();
    let session = warehouse.session();
    let statement = session.statement();
    statement.set_sql(ENDLESS.to_owned());
    let id = statement.submit().unwrap().statement_id();
    drop(statement);
    assert_eq!(rows(&session, "SELECT 1").unwrap(), ["1"]);
    assert_eq!(session.attach(id.clone()).status().unwrap().state, StatementState::Running);
    session.attach(id).cancel().unwrap();
}
