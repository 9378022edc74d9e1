//! Statements as data: SQL in, types and rows out, or an error's class and SQLSTATE.

mod answers;
mod changes;
mod functions;
mod limits;
mod parameters;
mod refusals;
mod sessions;
mod tpch;
mod traps;

use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::TryStreamExt;
use rstest::rstest;

use super::{EmbeddedEngine, EngineConfig};
use crate::engine::{Engine, EngineSession, Parameter, SessionOptions, SqlError, Statement};

/// The engine that cases without tables of their own share.
fn shared() -> &'static EmbeddedEngine {
    static ENGINE: OnceLock<EmbeddedEngine> = OnceLock::new();
    ENGINE.get_or_init(engine)
}

fn engine() -> EmbeddedEngine {
    EmbeddedEngine::new(EngineConfig { data_dir: None, scale_factor: 0.01 }).unwrap()
}

async fn open(engine: &EmbeddedEngine) -> Arc<dyn EngineSession> {
    engine.open_session(SessionOptions::default()).await.unwrap()
}

/// `name TYPE, …` of the columns, and the rows with `|` between values.
type Shown = (String, Vec<String>);

async fn run_with(session: &dyn EngineSession, sql: &str, parameters: Vec<Parameter>) -> Result<Shown, SqlError> {
    let answer = session.execute(Statement { sql: sql.to_owned(), parameters }).await?;
    let columns: Vec<_> = answer.columns.iter().map(|c| format!("{} {}", c.name, c.sql_type)).collect();
    let batches: Vec<RecordBatch> = answer.batches.try_collect().await?;
    Ok((columns.join(", "), batches.iter().flat_map(rows).collect()))
}

async fn run(session: &dyn EngineSession, sql: &str) -> Result<Shown, SqlError> {
    run_with(session, sql, vec![]).await
}

fn rows(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let formatters: Vec<_> = batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
    let row = |row: usize| formatters.iter().map(|f| f.value(row).to_string()).collect::<Vec<_>>().join("|");
    (0..batch.num_rows()).map(row).collect()
}

/// What a statement shows, or its error as `class SQLSTATE`.
async fn shown(session: &dyn EngineSession, sql: &str) -> String {
    match run(session, sql).await {
        Ok((columns, rows)) if columns.is_empty() => rows.join("; "),
        Ok((columns, rows)) => format!("{columns}: {}", rows.join("; ")),
        Err(error) => format!("{} {}", error.class, error.sql_state),
    }
}

#[rstest]
#[case::literals(answers::LITERALS)]
#[case::arithmetic(answers::ARITHMETIC)]
#[case::casts(answers::CASTS)]
#[case::text(functions::TEXT)]
#[case::dates(functions::DATES)]
#[case::math(functions::MATH)]
#[case::nested(functions::NESTED)]
#[case::queries(answers::QUERIES)]
#[tokio::test]
async fn query_answers_as_stated(#[case] cases: &[(&str, &str, &[&str])]) {
    let mut wrong = Vec::new();
    for (sql, columns, rows) in cases {
        let session = open(shared()).await;
        let expected = Ok((columns.to_string(), rows.iter().map(ToString::to_string).collect()));
        let found = run(session.as_ref(), sql).await;
        if found != expected {
            wrong.push(format!("{sql}\n  expected {expected:?}\n  found    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn statement_that_fails_has_the_class_and_sqlstate_of_the_reference() {
    let mut wrong = Vec::new();
    for (sql, class, sql_state) in refusals::REFUSALS {
        let session = open(shared()).await;
        match run(session.as_ref(), sql).await {
            Err(error) if error.class == *class && error.sql_state == *sql_state => {}
            found => wrong.push(format!("{sql}\n  expected {class} {sql_state}\n  found    {found:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn unresolved_column_suggests_the_nearest_name() {
    let session = open(shared()).await;
    let error = run(session.as_ref(), "SELECT n_nam FROM samples.tpch.nation").await.unwrap_err();
    assert!(error.text.contains("Did you mean one of the following? [`n_name`"), "{error}");
}
