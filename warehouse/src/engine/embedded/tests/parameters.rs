//! Parameters.

use rstest::rstest;

use super::{open, run_with, shared};
use crate::engine::{Marker, Parameter};

fn named(name: &str, sql_type: &str, value: Option<&str>) -> Parameter {
    Parameter { marker: Marker::Named(name.into()), sql_type: sql_type.into(), value: value.map(Into::into) }
}

fn nth(position: usize, sql_type: &str, value: Option<&str>) -> Parameter {
    Parameter { marker: Marker::Ordinal(position), sql_type: sql_type.into(), value: value.map(Into::into) }
}

#[rstest]
#[case::int("SELECT :p AS x", vec![named("p", "INT", Some("42"))], "x INT", "42")]
#[case::any_case("SELECT :P AS x", vec![named("p", "int", Some(" 42 "))], "x INT", "42")]
#[case::string("SELECT :p || '!' AS x", vec![named("p", "STRING", Some("it's; -- \" `"))], "x STRING", "it's; -- \" `!")]
#[case::no_type_is_string("SELECT :p AS x", vec![named("p", "", Some("1"))], "x STRING", "1")]
#[case::decimal("SELECT :p AS x", vec![named("p", "DECIMAL(5,2)", Some("123.46"))], "x DECIMAL(5,2)", "123.46")]
#[case::date("SELECT :p + 1 AS x", vec![named("p", "DATE", Some("2024-02-28"))], "x DATE", "2024-02-29")]
#[case::timestamp("SELECT :p AS x", vec![named("p", "TIMESTAMP", Some("2024-01-01T12:00:00+02:00"))], "x TIMESTAMP", "2024-01-01T10:00:00Z")]
#[case::boolean("SELECT NOT :p AS x", vec![named("p", "BOOLEAN", Some("true"))], "x BOOLEAN", "false")]
#[case::typed_null("SELECT :p AS x", vec![named("p", "BIGINT", None)], "x BIGINT", "NULL")]
#[case::void("SELECT :p AS x", vec![named("p", "VOID", None)], "x VOID", "NULL")]
#[case::ordinals("SELECT ? + ? AS x", vec![nth(2, "INT", Some("2")), nth(1, "LONG", Some("40"))], "x BIGINT", "42")]
#[case::extra_named_is_ignored("SELECT :p AS x", vec![named("q", "INT", Some("1")), named("p", "INT", Some("2"))], "x INT", "2")]
#[case::twice("SELECT :p + :p AS x", vec![named("p", "INT", Some("2"))], "x INT", "4")]
#[case::not_in_strings("SELECT ':p ?' AS x, /* :q ? */ 1 AS `:r` -- ?", vec![], "x STRING, :r INT", ":p ?|1")]
#[case::in_limit("SELECT id FROM range(9) ORDER BY id LIMIT :n", vec![named("n", "INT", Some("1"))], "id BIGINT", "0")]
#[case::in_a_subquery("SELECT id AS x FROM range(3) WHERE id IN (SELECT id FROM range(3) WHERE id = ?)", vec![nth(1, "INT", Some("1"))], "x BIGINT", "1")]
#[tokio::test]
async fn parameter_is_a_value_of_its_type(
    #[case] sql: &str,
    #[case] parameters: Vec<Parameter>,
    #[case] columns: &str,
    #[case] row: &str,
) {
    let session = open(shared()).await;
    let found = run_with(session.as_ref(), sql, parameters).await;
    assert_eq!(found, Ok((columns.to_owned(), vec![row.to_owned()])));
}

#[rstest]
#[case::int("INT", " 41 ", "41 INT", "41")]
#[case::string("STRING", "it's", "it's STRING", "it's")]
#[case::binary("BINARY", "ab", "X'6162' BINARY", "6162")]
#[case::date("DATE", "2024-2-28", "DATE '2024-02-28' DATE", "2024-02-28")]
#[case::timestamp(
    "TIMESTAMP",
    "2024-01-01T12:00:00.500+02:00",
    "TIMESTAMP '2024-01-01 10:00:00.5' TIMESTAMP",
    "2024-01-01T10:00:00.500Z"
)]
#[case::local_time(
    "TIMESTAMP_NTZ",
    "2024-01-01T12:00:00",
    "TIMESTAMP_NTZ '2024-01-01 12:00:00' TIMESTAMP_NTZ",
    "2024-01-01T12:00:00"
)]
#[tokio::test]
async fn parameter_without_an_alias_is_named_as_its_literal(
    #[case] sql_type: &str,
    #[case] value: &str,
    #[case] column: &str,
    #[case] row: &str,
) {
    let session = open(shared()).await;
    let found = run_with(session.as_ref(), "SELECT ?", vec![nth(1, sql_type, Some(value))]).await;
    assert_eq!(found, Ok((column.to_owned(), vec![row.to_owned()])));
}

#[rstest]
#[case::unbound_named("SELECT :p", vec![named("q", "INT", Some("1"))], "UNBOUND_SQL_PARAMETER", "42P02")]
#[case::unbound_ordinal("SELECT ?, ?", vec![nth(1, "INT", Some("1"))], "UNBOUND_SQL_PARAMETER", "42P02")]
#[case::mixed("SELECT ?", vec![nth(1, "INT", Some("1")), named("p", "INT", Some("1"))], "INVALID_QUERY_MIXED_QUERY_PARAMETERS", "42613")]
#[case::malformed("SELECT :p", vec![named("p", "INT", Some("x"))], "CAST_INVALID_INPUT", "22018")]
#[case::unknown_type("SELECT :p", vec![named("p", "NOSUCH", Some("x"))], "UNSUPPORTED_DATATYPE", "0A000")]
#[case::void_with_a_value("SELECT :p", vec![named("p", "VOID", Some("x"))], "INVALID_PARAMETER_VALUE", "22023")]
#[tokio::test]
async fn parameter_that_does_not_fit_is_an_error(
    #[case] sql: &str,
    #[case] parameters: Vec<Parameter>,
    #[case] class: &str,
    #[case] sql_state: &str,
) {
    let session = open(shared()).await;
    let error = run_with(session.as_ref(), sql, parameters).await.unwrap_err();
    assert_eq!((error.class.as_str(), error.sql_state.as_str()), (class, sql_state));
}

#[tokio::test]
async fn changes_take_parameters() {
    let engine = super::engine();
    let session = open(&engine).await;
    run_with(session.as_ref(), "CREATE TABLE t (a INT, b STRING)", vec![]).await.unwrap();
    let values = vec![nth(1, "INT", Some("1")), nth(2, "STRING", None)];
    run_with(session.as_ref(), "INSERT INTO t VALUES (?, ?)", values).await.unwrap();
    let change = vec![named("b", "STRING", Some("x")), named("a", "INT", Some("1"))];
    run_with(session.as_ref(), "UPDATE t SET b = :b WHERE a = :a", change).await.unwrap();
    let places = vec![nth(1, "INT", Some("3")), nth(2, "STRING", Some("y")), nth(3, "INT", Some("1"))];
    run_with(session.as_ref(), "UPDATE t SET a = ?, b = ? WHERE a = ?", places).await.unwrap();
    let found = run_with(session.as_ref(), "SELECT * FROM t", vec![]).await;
    assert_eq!(found, Ok(("a INT, b STRING".to_owned(), vec!["3|y".to_owned()])));
    run_with(
        session.as_ref(),
        "DELETE FROM t WHERE a = ? AND b = ?",
        vec![nth(1, "INT", Some("3")), nth(2, "STRING", Some("y"))],
    )
    .await
    .unwrap();
    let found = run_with(session.as_ref(), "SELECT * FROM t", vec![]).await;
    assert_eq!(found, Ok(("a INT, b STRING".to_owned(), vec![])));
}
