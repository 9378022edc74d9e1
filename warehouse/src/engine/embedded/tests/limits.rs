//! Statements that are long, deep or both: answered, or refused as too complex, and never more than that.

use std::time::{Duration, Instant};

use rstest::rstest;

use super::{open, shared};
use crate::engine::{STACK, Statement};

const TOO_COMPLEX: &str = "FAILED_TO_PARSE_TOO_COMPLEX 54001";

/// `ok`, or the error's class and SQLSTATE, of a statement that runs on threads like the server's.
fn outcome(sql: String) -> String {
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    let threads = threads.worker_threads(1).thread_stack_size(STACK).enable_all().build().unwrap();
    let running = threads.spawn(async move {
        let session = open(shared()).await;
        let answer = match session.execute(Statement { sql, parameters: vec![] }).await {
            Ok(answer) => answer,
            Err(error) => return format!("{} {}", error.class, error.sql_state),
        };
        match futures::TryStreamExt::try_collect::<Vec<_>>(answer.batches).await {
            Ok(_) => "ok".to_owned(),
            Err(error) => format!("{} {}", error.class, error.sql_state),
        }
    });
    threads.block_on(running).unwrap()
}

fn chain(term: &str, operator: &str, terms: usize) -> String {
    format!("SELECT {} AS x", vec![term; terms].join(operator))
}

fn numbered(text: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{text}{n}")).collect()
}

fn nested(before: &str, core: &str, after: &str, depth: usize) -> String {
    format!("{}{core}{}", before.repeat(depth), after.repeat(depth))
}

/// Each common table expression reads the one before it as `body` says.
fn named_in_turn(count: usize, body: impl Fn(String) -> String) -> String {
    let named: Vec<_> = (1..=count).map(|n| format!("c{n} AS ({})", body(format!("c{}", n - 1)))).collect();
    format!("WITH c0 AS (SELECT 1 AS x), {} SELECT count(*) FROM c{count}", named.join(", "))
}

#[rstest]
#[case::sum(chain("1", " + ", 150))]
#[case::like(chain("'a'", " LIKE ", 100))]
#[case::concat(chain("'a'", " || ", 1000))]
#[case::or(chain("id = 1", " OR ", 1600).replace(" AS x", " FROM range(3)"))]
#[case::and(chain("id = 1", " AND ", 1600).replace(" AS x", " FROM range(3)"))]
#[case::union(vec!["SELECT 1 AS x"; 1000].join(" UNION ALL "))]
#[case::many_in(format!("SELECT id IN ({}) AS x FROM range(3)", vec!["7"; 100_000].join(", ")))]
#[case::values(format!("SELECT count(*) FROM VALUES {}", vec!["(1, 'a')"; 50_000].join(", ")))]
#[case::parentheses(format!("SELECT {} AS x", nested("(", "1", ")", 60)))]
#[case::functions(format!("SELECT {} AS x", nested("upper(", "'a'", ")", 60)))]
#[case::logarithms(format!("SELECT {} AS x", nested("ln(", "1.0", ")", 10)))]
#[case::arrays(format!("SELECT {} AS x", nested("array(", "1", ")", 40)))]
#[case::queries(format!("SELECT * FROM {}", nested("(SELECT * FROM ", "range(1)", ")", 40)))]
#[case::names(named_in_turn(200, |before| format!("SELECT * FROM {before}")))]
#[case::joins(format!("SELECT count(*) FROM {}", numbered("range(1) AS r", 60).join(" CROSS JOIN ")))]
#[case::case_of_case(format!("SELECT {} AS x", nested("CASE ", "1", " WHEN 1 THEN 1 WHEN 2 THEN 2 END", 8)))]
fn long_statement_is_answered(#[case] sql: String) {
    let started = Instant::now();
    assert_eq!(outcome(sql), "ok");
    assert!(started.elapsed() < Duration::from_secs(60), "it took {:?}", started.elapsed());
}

#[rstest]
#[case::sum(chain("1", " + ", 100_000))]
#[case::or(chain("true", " OR ", 50_000))]
#[case::union(vec!["SELECT 1"; 10_000].join(" UNION ALL "))]
#[case::a_type(format!("SELECT CAST(NULL AS {})", nested("ARRAY<", "INT", ">", 5000)))]
#[case::a_struct(format!("SELECT CAST(NULL AS {})", nested("STRUCT<a: ", "INT", ">", 5000)))]
#[case::a_table_of_a_type(format!("CREATE TABLE deep (a {})", nested("ARRAY<", "INT", ">", 5000)))]
#[case::parentheses(format!("SELECT {}", nested("(", "1", ")", 5000)))]
#[case::tables_in_parentheses(format!("SELECT * FROM {}", nested("(", "range(1)", ")", 5000)))]
#[case::functions(format!("SELECT {}", nested("upper(", "'a'", ")", 5000)))]
#[case::negations(format!("SELECT {}", nested("NOT ", "true", "", 5000)))]
#[case::signs(format!("SELECT {}", nested("- ", "1", "", 5000)))]
#[case::arrays(format!("SELECT {}", nested("array(", "1", ")", 5000)))]
#[case::case_of_case(format!("SELECT {}", nested("CASE ", "1", " WHEN 1 THEN 1 WHEN 2 THEN 2 END", 40)))]
#[case::remainders(format!("SELECT {}", nested("nullif(", "1", ", 2)", 40)))]
#[case::steps(format!("SELECT x{} FROM range(1)", "[0]".repeat(50_000)))]
#[case::casts(format!("SELECT 1{}", "::int".repeat(50_000)))]
#[case::queries(format!("SELECT * FROM {}", nested("(SELECT * FROM ", "range(1)", ")", 5000)))]
#[case::names(named_in_turn(2000, |before| format!("SELECT * FROM {before}")))]
#[case::doubled_names(named_in_turn(40, |before| format!("SELECT * FROM {before} UNION ALL SELECT * FROM {before}")))]
#[case::joins(format!("SELECT count(*) FROM range(1) {}", "CROSS JOIN range(1) ".repeat(5000)))]
fn statement_beyond_the_limits_is_too_complex(#[case] sql: String) {
    assert_eq!(outcome(sql), TOO_COMPLEX);
}

#[test]
fn parameter_of_a_deep_type_is_too_complex() {
    let error = super::super::types::parse(&nested("MAP<INT, ", "INT", ">", 5000), "UTC").unwrap_err();
    assert_eq!(format!("{} {}", error.class, error.sql_state), TOO_COMPLEX);
}

#[test]
fn statement_that_is_planned_for_long_leaves_its_thread_to_others() {
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (entered, waits) = std::sync::mpsc::channel();
    let (lets_go, released) = std::sync::mpsc::channel::<()>();
    let busy = threads.spawn(super::super::cooperative::aside(async move {
        entered.send(()).unwrap();
        released.recv().unwrap();
    }));
    waits.recv().unwrap();
    threads.block_on(threads.spawn(async {})).unwrap();
    lets_go.send(()).unwrap();
    threads.block_on(busy).unwrap();
}
