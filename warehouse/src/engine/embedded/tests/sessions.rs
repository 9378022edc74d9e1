//! Sessions and their settings.

use std::collections::BTreeMap;
use std::time::Duration;

use rstest::rstest;

use super::{open, run, shared, shown};
use crate::engine::{Engine, SessionOptions};

fn options(catalog: Option<&str>, schema: Option<&str>, settings: &[(&str, &str)]) -> SessionOptions {
    SessionOptions {
        catalog: catalog.map(Into::into),
        schema: schema.map(Into::into),
        settings: settings.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>(),
    }
}

#[rstest]
#[case::nothing(None, None, "main|default")]
#[case::spark_means_none(Some("SPARK"), None, "main|default")]
#[case::both(Some("Samples"), Some("TPCH"), "samples|tpch")]
#[case::schema_that_is_to_come(None, Some("Later"), "main|later")]
#[tokio::test]
async fn open_session_chooses_catalog_and_schema(
    #[case] catalog: Option<&str>,
    #[case] schema: Option<&str>,
    #[case] expected: &str,
) {
    let session = shared().open_session(options(catalog, schema, &[])).await.unwrap();
    let found = shown(session.as_ref(), "SELECT current_catalog() AS c, current_schema() AS s").await;
    assert_eq!(found, format!("c STRING, s STRING: {expected}"));
}

#[rstest]
#[case::catalog(options(Some("nope"), None, &[]), "NO_SUCH_CATALOG_EXCEPTION", "42704")]
#[case::setting(options(None, None, &[("nope", "1")]), "CONFIG_NOT_AVAILABLE", "42K0I")]
#[case::zone(options(None, None, &[("timezone", "Mars/Base")]), "INVALID_CONF_VALUE.TIME_ZONE", "22022")]
#[tokio::test]
async fn open_session_refuses_what_is_not_there(
    #[case] options: SessionOptions,
    #[case] class: &str,
    #[case] sql_state: &str,
) {
    let error = shared().open_session(options).await.err().unwrap();
    assert_eq!((error.class.as_str(), error.sql_state.as_str()), (class, sql_state));
}

#[rstest]
#[case::default_of_a_parameter(&[("SET ansi_mode", "key STRING, value STRING: ansi_mode|true")])]
#[case::set_and_ask(&[
    ("SET QUERY_TAGS = team:x,adhoc", "key STRING, value STRING: QUERY_TAGS|team:x,adhoc"),
    ("SET query_tags;", "key STRING, value STRING: query_tags|team:x,adhoc"),
    ("RESET query_tags", ""),
    ("SET query_tags", "key STRING, value STRING: query_tags|"),
])]
#[case::spark(&[
    ("SET spark.sql.shuffle.partitions = 5", "key STRING, value STRING: spark.sql.shuffle.partitions|5"),
    ("SET spark.sql.shuffle.partitions", "key STRING, value STRING: spark.sql.shuffle.partitions|5"),
])]
#[case::zone(&[
    ("SET TIME ZONE 'Europe/Lisbon'", "key STRING, value STRING: spark.sql.session.timeZone|Europe/Lisbon"),
    ("SELECT current_timezone() AS z, timestamp'2024-07-01 12:00:00' AS t", "z STRING, t TIMESTAMP: Europe/Lisbon|2024-07-01T12:00:00+01:00"),
    ("SELECT cast(timestamp'2024-07-01 12:00:00Z' AS STRING) AS s", "s STRING: 2024-07-01 13:00:00"),
    ("SELECT timestamp'2024-03-31 01:30:00' AS gap, timestamp'2024-10-27 01:30:00' AS overlap", "gap TIMESTAMP, overlap TIMESTAMP: 2024-03-31T02:30:00+01:00|2024-10-27T01:30:00+01:00"),
    ("SELECT hour(timestamp'2024-07-01 12:00:00Z') AS h, cast(timestamp'2024-07-01 23:30:00Z' AS DATE) AS d", "h INT, d DATE: 13|2024-07-02"),
    ("SET TIMEZONE = '+05:30'", "key STRING, value STRING: TIMEZONE|+05:30"),
    ("SELECT cast('2024-01-01 00:00:00' AS TIMESTAMP) AS t", "t TIMESTAMP: 2024-01-01T00:00:00+05:30"),
])]
#[case::use_forms(&[
    ("USE CATALOG samples", ""),
    ("USE SCHEMA tpch", ""),
    ("SELECT count(*) AS n FROM region", "n BIGINT: 5"),
    ("USE `main`.`default`", ""),
    ("SELECT current_catalog() AS c", "c STRING: main"),
    ("USE DATABASE default -- a comment", ""),
])]
#[tokio::test]
async fn session_statements_in_turn_show_what_is_stated(#[case] script: &[(&str, &str)]) {
    let session = open(shared()).await;
    for (sql, expected) in script {
        assert_eq!(shown(session.as_ref(), sql).await, *expected, "{sql}");
    }
}

#[tokio::test]
async fn statement_timeout_is_the_sessions() {
    let session = shared().open_session(options(None, None, &[("statement_timeout", "7")])).await.unwrap();
    assert_eq!(session.statement_timeout(), Some(Duration::from_secs(7)));
    shown(session.as_ref(), "SET STATEMENT_TIMEOUT = 0").await;
    assert_eq!(session.statement_timeout(), None);
}

#[tokio::test]
async fn table_shows_its_timestamps_in_the_readers_zone() {
    let engine = super::engine();
    let (writer, reader) = (open(&engine).await, open(&engine).await);
    shown(writer.as_ref(), "CREATE TABLE t AS SELECT timestamp'2024-07-01 12:00:00' AS at").await;
    shown(reader.as_ref(), "SET TIMEZONE = 'Europe/Lisbon'").await;
    assert_eq!(
        shown(reader.as_ref(), "SELECT at, hour(at) AS h FROM t").await,
        "at TIMESTAMP, h INT: 2024-07-01T13:00:00+01:00|13"
    );
}

#[tokio::test]
async fn dropped_answer_ends_an_endless_statement() {
    let session = open(shared()).await;
    let sql = "SELECT count(*) FROM range(1000000000000) a JOIN range(1000000000000) b ON a.id < b.id".to_owned();
    let statement = crate::engine::Statement { sql, parameters: vec![] };
    let answer = session.execute(statement).await.unwrap();
    drop(answer);
    assert_eq!(shown(session.as_ref(), "SELECT 1 AS x").await, "x INT: 1");
}

#[tokio::test]
async fn join_gives_way_while_it_runs() {
    let session = open(shared()).await;
    let sql = "SELECT sum(a.id * b.id) AS s FROM range(200000) a CROSS JOIN range(20000) b";
    let running = tokio::spawn(async move { run(session.as_ref(), sql).await });
    // On this test's one thread it goes on only when the join lets it.
    tokio::time::sleep(Duration::from_millis(100)).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(!running.is_finished());
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
}
