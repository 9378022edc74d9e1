//! What each kind of statement does.

mod change;
mod define;
mod query;
mod session;
mod syntax;

use std::sync::Arc;

use datafusion::sql::sqlparser::ast::Statement as Syntax;

use super::session::{Session, SessionView};
use super::{errors, parse, settings, show, unread};
use crate::engine::{Answer, Parameter, SqlError, Statement};

/// A statement's surroundings while it runs.
struct Run<'a> {
    session: &'a Session,
    view: &'a Arc<SessionView>,
    parameters: &'a [Parameter],
}

/// Runs a statement of a session.
pub(super) async fn execute(session: &Session, statement: Statement) -> Result<Answer, SqlError> {
    let Statement { sql, parameters } = statement;
    executed(session, &sql, &parameters).await.map_err(|error| unread::unread(&sql, error))
}

async fn executed(session: &Session, sql: &str, parameters: &[Parameter]) -> Result<Answer, SqlError> {
    if let Some(feature) = parse::misread(sql) {
        return Err(errors::unsupported(feature));
    }
    if let Some(answer) = session::run(session, sql, settings::check_applied)? {
        return Ok(answer);
    }
    let view = Arc::new(session.view());
    let run = Run { session, view: &view, parameters };
    if let Some(definition) = syntax::definition(sql)? {
        return define::run(&run, definition).await;
    }
    if let Some(answer) = show::run(sql, &view, session.catalogs()).await {
        return answer;
    }
    if let Some(feature) = parse::not_here(sql) {
        return Err(errors::unsupported(feature));
    }
    match parse::statement(sql)? {
        syntax @ Syntax::Query(_) => query::run(&run, syntax).await,
        Syntax::Insert(insert) => change::insert(&run, insert).await,
        Syntax::Update(update) => change::update(&run, update).await,
        Syntax::Delete(delete) => change::delete(&run, delete).await,
        other => Err(errors::unsupported(format!("the statement {}", first_words(&other.to_string())))),
    }
}

/// Runs SET, RESET or USE for another engine, which has more settings; `None` when the statement is another.
pub(super) fn run_settings(session: &Session, sql: &str) -> Result<Option<Answer>, SqlError> {
    session::run(session, sql, |_, _| Ok(()))
}

/// Enough of a statement to know it by.
fn first_words(text: &str) -> String {
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}
