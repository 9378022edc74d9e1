//! Statements and their results.

use std::collections::HashMap;
use std::sync::Arc;

use databricks_sql_kernel::{KernelError, StatementState};
use rstest::rstest;

use crate::support::{Warehouse, as_text, execute, read, row_count, rows};

#[test]
fn rows_arrive_in_order_inline_and_over_links() {
    let warehouse = Warehouse::start_with(&["--chunk-rows", "1000"]);
    let session = warehouse.session();
    for count in [1, 1000, 1001, 25_000] {
        let found = rows(&session, &format!("SELECT id FROM range({count}) ORDER BY id")).unwrap();
        let expected: Vec<_> = (0..count).map(|id| id.to_string()).collect();
        assert_eq!(found, expected);
    }
}

#[rstest]
#[case("CAST(1 AS TINYINT)")]
#[case("CAST(1 AS BIGINT)")]
#[case("CAST(1.25 AS DECIMAL(38,10))")]
#[case("CAST(1 AS DOUBLE)")]
#[case("'text'")]
#[case("true")]
#[case("DATE '2024-01-01'")]
#[case("TIMESTAMP '2024-01-01 00:00:00'")]
#[case("array(1, 2)")]
#[case("named_struct('a', 1, 'b', array('x'))")]
#[case("map('k', CAST(1.5 AS DECIMAL(5,2)))")]
fn empty_result_has_the_schema_of_the_full_one(#[case] expression: &str) {
    let warehouse = Warehouse::start();
    let session = warehouse.session();
    let result = |condition: &str| {
        read(&execute(&session, &format!("SELECT {expression} AS c FROM range(1) WHERE {condition}")).unwrap().result())
            .unwrap()
    };
    let ((full, one), (empty, none)) = (result("id = 0"), result("id = 1"));
    assert_eq!((row_count(&one), row_count(&none)), (1, 0));
    assert_eq!(full, empty);
    assert!(full.field(0).is_nullable());
    assert!(full.field(0).metadata().contains_key("databricks.type_name"));
}

#[test]
fn parameters_are_bound_by_name_and_by_position() {
    let warehouse = Warehouse::start();
    let session = warehouse.session();
    let statement = session.statement();
    statement.set_sql("SELECT :a AS a, :b AS b, :c IS NULL AS c".to_owned());
    statement.bind_named("a".to_owned(), Some("12.50".to_owned()), "decimal(10,2)".to_owned()).unwrap();
    statement.bind_named("b".to_owned(), Some("it's; -- text".to_owned()), "STRING".to_owned()).unwrap();
    statement.bind_named("c".to_owned(), None, "INT".to_owned()).unwrap();
    assert_eq!(as_text(&read(&statement.execute().unwrap().result()).unwrap().1), ["12.50|it's; -- text|true"]);

    let statement = session.statement();
    statement.set_sql("SELECT ? + 1 AS a, '?' AS b, ? AS c".to_owned());
    statement.bind(1, Some("41".to_owned()), "INT".to_owned()).unwrap();
    statement.bind(2, Some("2024-05-06".to_owned()), "DATE".to_owned()).unwrap();
    assert_eq!(as_text(&read(&statement.execute().unwrap().result()).unwrap().1), ["42|?|2024-05-06"]);
    let error = statement.bind(1, Some("many".to_owned()), "INT".to_owned()).unwrap_err();
    assert!(matches!(error, KernelError::InvalidArgument { .. }));
}

#[test]
fn dml_counts_its_rows_and_a_query_does_not() {
    let warehouse = Warehouse::start();
    let session = warehouse.session();
    for (sql, count) in [
        ("CREATE TABLE main.default.counted (a INT)", None),
        ("INSERT INTO main.default.counted VALUES (1), (2), (3)", Some(3)),
        ("UPDATE main.default.counted SET a = 5 WHERE a > 1", Some(2)),
        ("DELETE FROM main.default.counted WHERE a = 1", Some(1)),
        ("SELECT a FROM main.default.counted", None),
        ("SELECT CAST(7 AS BIGINT) AS num_affected_rows", None),
    ] {
        let executed = execute(&session, sql).unwrap();
        assert_eq!(executed.modified_row_count(), count, "{sql}");
        assert_eq!(row_count(&read(&executed.result()).unwrap().1) > 0, !sql.starts_with("CREATE"), "{sql}");
    }
}

#[test]
fn row_limit_truncates_and_says_so() {
    let warehouse = Warehouse::start();
    let statement = warehouse.session().statement();
    statement.set_sql("SELECT id FROM range(100)".to_owned());
    statement.set_row_limit(Some(7)).unwrap();
    let result = statement.execute().unwrap().result();
    assert_eq!(
        (result.truncated(), result.total_row_count(), row_count(&read(&result).unwrap().1)),
        (true, Some(7), 7)
    );
    statement.set_row_limit(Some(0)).unwrap();
    let result = statement.execute().unwrap().result();
    let (schema, batches) = read(&result).unwrap();
    assert_eq!((result.truncated(), schema.fields().len(), row_count(&batches)), (true, 1, 0));
    assert!(matches!(statement.set_row_limit(Some(-1)).unwrap_err(), KernelError::InvalidArgument { .. }));
}

#[rstest]
#[case("SELECT * FROM no_such_table", "42P01")]
#[case("SELECT no_such_column FROM samples.tpch.nation", "42703")]
#[case("SELEC 1", "42601")]
#[case("SELECT 1 / (n_nationkey - n_nationkey) FROM samples.tpch.nation", "22012")]
fn failing_statement_is_a_sql_error_with_its_facts(#[case] sql: &str, #[case] expected: &str) {
    let warehouse = Warehouse::start();
    match execute(&warehouse.session(), sql).err().unwrap() {
        KernelError::SqlError { sql_state, query_id, error_code, retryable, details, .. } => {
            assert_eq!(sql_state.as_deref(), Some(expected));
            assert_eq!((query_id.unwrap().len(), error_code.as_deref(), retryable), (36, Some("BAD_REQUEST"), false));
            assert!(details.starts_with('['), "{details}");
        }
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::blank("  \n", "has no SQL text")]
#[case::long(&"x".repeat(16 * 1024 * 1024 + 1), "bytes")]
fn unusable_text_is_refused_before_it_is_sent(#[case] sql: &str, #[case] reason: &str) {
    let warehouse = Warehouse::start();
    let session = warehouse.session();
    let error = execute(&session, sql).err().unwrap();
    assert!(matches!(&error, KernelError::InvalidArgument { details, .. } if details.contains(reason)), "{error:?}");
    assert_eq!(warehouse.report()["requests"].get("execute"), None);
}

#[test]
fn submitted_statement_is_read_twice_and_attached_to() {
    let warehouse = Warehouse::start();
    let session = warehouse.session();
    let statement = session.statement();
    statement.set_sql("SELECT id FROM range(3) ORDER BY id".to_owned());
    statement
        .set_query_tags(HashMap::from([("team".to_owned(), Some("kernel".to_owned())), ("adhoc".to_owned(), None)]))
        .unwrap();
    let submitted = statement.submit().unwrap();
    for reader in [Arc::clone(&submitted), submitted.reader(), session.attach(submitted.statement_id())] {
        assert_eq!(as_text(&read(&reader.await_result().unwrap()).unwrap().1), ["0", "1", "2"]);
        assert_eq!(reader.status().unwrap().state, StatementState::Succeeded);
    }
    assert_eq!(row_count(&read(&submitted.fetch_result().unwrap()).unwrap().1), 3);
    submitted.end().unwrap();
    submitted.end().unwrap();
    assert!(matches!(submitted.status().unwrap_err(), KernelError::InvalidStatementHandle { .. }));
    assert_eq!(session.attach(submitted.statement_id()).status().unwrap().state, StatementState::Closed);
}

#[test]
fn submitted_statement_reports_its_failure_as_an_answer() {
    let warehouse = Warehouse::start();
    let statement = warehouse.session().statement();
    statement.set_sql("SELECT * FROM no_such_table".to_owned());
    let submitted = statement.submit().unwrap();
    assert!(matches!(submitted.await_result().err().unwrap(), KernelError::SqlError { .. }));
    let status = submitted.status().unwrap();
    assert_eq!(status.state, StatementState::Failed);
    assert!(
        matches!(status.failure.unwrap(), KernelError::SqlError { sql_state: Some(state), .. } if state == "42P01")
    );
}

#[test]
fn unknown_statement_is_not_found() {
    let warehouse = Warehouse::start();
    let error = warehouse.session().attach("01f0aa12-77aa-7f00-8e21-0c1d2e3f4a5b".to_owned()).status().unwrap_err();
    assert!(matches!(error, KernelError::NotFound { http_status: Some(404), .. }), "{error:?}");
}

#[test]
fn ended_result_refuses_to_be_read_and_keeps_its_schema() {
    let warehouse = Warehouse::start();
    let executed = execute(&warehouse.session(), "SELECT 1 AS one").unwrap();
    executed.end();
    executed.end();
    assert!(matches!(executed.result().next_chunk().err().unwrap(), KernelError::InvalidStatementHandle { .. }));
    assert!(!executed.result().schema_stream().unwrap().is_empty());
}

#[test]
fn chunk_that_is_held_outlives_its_owners_while_memory_of_others_is_used_again() {
    let warehouse = Warehouse::start_with(&["--chunk-rows", "100000"]);
    let session = warehouse.session();
    let executed = execute(&session, "SELECT id, id * 7 AS n FROM range(3000000)").unwrap();
    let result = executed.result();
    let mut held = Vec::new();
    let mut number = 0;
    while let Some(chunk) = result.next_chunk().unwrap() {
        if number % 3 == 0 {
            held.push((chunk.owner.to_bytes(), chunk));
        }
        number += 1;
    }
    assert_eq!(number, 30);
    drop((result, executed, session, warehouse));
    for (bytes, chunk) in held {
        assert!(bytes.len() > 1 << 20, "a chunk is large enough for a mapping of its own");
        assert!(chunk.owner.to_bytes() == bytes);
    }
}

#[test]
fn many_threads_share_a_session() {
    let warehouse = Warehouse::start();
    let session = warehouse.session();
    std::thread::scope(|scope| {
        for number in 0..16 {
            let session = Arc::clone(&session);
            scope.spawn(move || {
                assert_eq!(rows(&session, &format!("SELECT {number} AS n")).unwrap(), [number.to_string()])
            });
        }
    });
}

#[test]
fn awaited_calls_answer_as_blocking_ones() {
    let warehouse = Warehouse::start();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let session = databricks_sql_kernel::Session::new(warehouse.config()).unwrap();
        session.open_async().await.unwrap();
        let statement = session.statement();
        statement.set_sql("SELECT id FROM range(5)".to_owned());
        let result = statement.execute_async().await.unwrap().result();
        let mut rows = 0;
        while let Some(chunk) = result.next_chunk_async().await.unwrap() {
            rows += chunk.row_count;
        }
        assert_eq!(rows, 5);
        session.end_async().await.unwrap();
    });
}
