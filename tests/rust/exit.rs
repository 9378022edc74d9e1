//! The end of a process: whatever it left open, the server is told, and nothing is waited for that is not owed.
//!
//! A process ends once, so each case runs as a child of the test.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use databricks_sql_kernel::{HttpConfig, Session, Statement, finish_background, shutdown_kernel};
use rstest::rstest;
use serde_json::json;

use crate::support::{ENDLESS, Warehouse, execute, rows, until_served};

const CASE: &str = "KERNEL_TEST_CASE";
const URL: &str = "KERNEL_TEST_URL";
const ENDING: &str = "KERNEL_TEST_ENDING";
const LIMIT: Duration = Duration::from_secs(8);

fn endless(session: &Session) -> Arc<Statement> {
    let statement = session.statement();
    statement.set_sql(ENDLESS.to_owned());
    statement
}

/// Runs `call` on a thread that the end of the process does not wait for.
fn leave_waiting<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) {
    std::thread::spawn(call);
}

/// What a process has open when it ends. The statement's id is not known in `unanswered` and `interrupted`, and known in the others.
fn leave_open(case: &str, warehouse: &Warehouse) -> Vec<Arc<Session>> {
    let session = match case {
        // The server is asked to answer at once, for the time limit is short.
        "running" => warehouse.session_with(|config| {
            config.http = Some(HttpConfig { request_timeout: Some(Duration::from_secs(5)), ..HttpConfig::default() });
        }),
        "opening" => {
            let session = Session::new(warehouse.config()).unwrap();
            let opens = Arc::clone(&session);
            leave_waiting(move || opens.open());
            until_served(warehouse, "open_session", 1);
            session
        }
        "nothing" => return Vec::new(),
        _ => warehouse.session(),
    };
    match case {
        "unanswered" => {
            let statement = endless(&session);
            leave_waiting(move || statement.execute());
            until_served(warehouse, "execute", 1);
        }
        "interrupted" => {
            let statement = endless(&session);
            assert!(statement.execute_within(Duration::from_millis(50)).unwrap().is_none());
            until_served(warehouse, "execute", 1);
            statement.interrupt();
        }
        "running" => {
            let statement = endless(&session);
            leave_waiting(move || statement.execute());
            until_served(warehouse, "poll", 1);
        }
        "reading" => {
            let executed = execute(&session, "SELECT id FROM range(100000)").unwrap();
            executed.result().next_chunk().unwrap().unwrap();
            std::mem::forget(executed);
        }
        "read" => assert_eq!(rows(&session, "SELECT 1").unwrap(), ["1"]),
        "submitted" => drop(endless(&session).submit().unwrap()),
        "closed" => session.end().unwrap(),
        _ => {}
    }
    vec![session]
}

#[test]
#[ignore = "the child process of the other tests"]
fn child() {
    let variable = |name| std::env::var(name).unwrap();
    let warehouse = Warehouse::at(variable(URL));
    let open = leave_open(&variable(CASE), &warehouse);
    match variable(ENDING).as_str() {
        "interpreter" => shutdown_kernel(LIMIT),
        _ => finish_background(LIMIT),
    }
    // Nothing is dropped: the end alone gives back what is open.
    std::mem::forget(open);
    std::process::exit(0);
}

/// Ends a process; answers the requests that arrived because of it: cancels, closes, sessions closed.
fn end(warehouse: &Warehouse, case: &str, ending: &str) -> ([u64; 3], Duration) {
    let began = Instant::now();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "exit::child", "--ignored", "--nocapture"])
        .envs([(CASE, case), (URL, warehouse.url.as_str()), (ENDING, ending)])
        .output()
        .unwrap();
    let took = began.elapsed();
    let errors = String::from_utf8(child.stderr).unwrap();
    assert!(child.status.success(), "{errors}");
    assert_eq!(errors, "", "the end of a process is quiet");
    let requests = warehouse.report()["requests"].clone();
    (["cancel", "close", "close_session"].map(|kind| requests[kind].as_u64().unwrap_or(0)), took)
}

/// What is expected of each kind of request: none, or at least one.
#[rstest]
#[case::unanswered("unanswered", [1, 1, 1])]
#[case::interrupted("interrupted", [1, 1, 1])]
#[case::running("running", [1, 1, 1])]
#[case::reading("reading", [0, 1, 1])]
#[case::read("read", [0, 1, 1])]
#[case::opening("opening", [0, 0, 1])]
#[case::forgotten("forgotten", [0, 0, 1])]
#[case::submitted("submitted", [0, 0, 0])]
#[case::closed("closed", [0, 0, 1])]
#[case::nothing("nothing", [0, 0, 0])]
fn what_is_open_at_the_end_is_given_back(
    #[case] case: &str,
    #[case] expected: [u64; 3],
    #[values("interpreter", "virtual machine")] ending: &str,
) {
    let warehouse = Warehouse::start_with(&["--chunk-rows", "1000"]);
    warehouse.plan(&json!([{"on": "open_session", "do": {"delay": {"milliseconds": 300}}}]));
    let (seen, took) = end(&warehouse, case, ending);
    assert_eq!(seen.map(|count| count.min(1)), expected);
    // An id that is held back is known after 5 s.
    let limit = if matches!(case, "unanswered" | "interrupted") { 7 } else { 3 };
    assert!(took < Duration::from_secs(limit), "{took:?}");
}

#[test]
fn end_does_not_wait_for_a_request_that_is_not_sent_again() {
    let warehouse = Warehouse::start();
    warehouse
        .plan(&json!([{"on": "open_session", "times": 100, "do": {"status": {"code": 503, "retry_after": "60"}}}]));
    let (seen, took) = end(&warehouse, "opening", "interpreter");
    assert_eq!(seen, [0, 0, 0]);
    assert!(took < Duration::from_secs(3), "{took:?}");
}
