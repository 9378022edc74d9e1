//! Cancelling, from every side.

use std::time::Duration;

use databricks_sql_kernel::{KernelError, StatementState};

use crate::support::{Warehouse, rows};

/// A query that does not end by itself in a test's time.
const ENDLESS: &str = "SELECT count(*) FROM range(100000000) a CROSS JOIN range(100000000) b";

/// Waits, by asking, until the server has served this many requests of a kind.
fn until_served(warehouse: &Warehouse, kind: &str, count: u64) {
    while warehouse.report()["requests"][kind].as_u64().unwrap_or(0) < count {
        // The server is asked, not the clock; the pause only keeps the question from being its only work.
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

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
    statement.interrupt();
    assert_eq!(warehouse.report()["executions"], 1);
    // The reply to execute is held back for ten seconds; then the id is known.
    until_served(&warehouse, "cancel", 1);
    until_served(&warehouse, "close", 1);
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
