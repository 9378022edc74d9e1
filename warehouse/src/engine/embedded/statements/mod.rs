//! What each kind of statement does.

mod alter;
mod change;
mod define;
mod identifier;
mod immediate;
mod query;
mod routine;
mod session;
mod syntax;
mod variable;

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::sql::sqlparser::ast::Statement as Syntax;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::parameters::Bindings;
use super::session::{Session, SessionView};
use super::tokens::with_backticks;
use super::{errors, parse, settings, show, unread};
use crate::engine::{Answer, SqlError, Statement};

/// How many EXECUTE IMMEDIATE may stand in each other.
const MAX_DEPTH: usize = 16;

/// A statement's surroundings while it runs.
#[derive(Clone, Copy)]
struct Run<'a> {
    session: &'a Session,
    view: &'a Arc<SessionView>,
    parameters: &'a Bindings<'a>,
    /// How many EXECUTE IMMEDIATE surround it.
    depth: usize,
}

/// Runs a statement of a session.
pub(super) async fn execute(session: &Session, statement: Statement) -> Result<Answer, SqlError> {
    let Statement { sql, parameters } = statement;
    let bindings = Bindings::of_client(&parameters);
    executed(session, &sql, &bindings, 0).await
}

/// Runs a text with the values of its markers.
fn executed<'a>(
    session: &'a Session,
    sql: &'a str,
    parameters: &'a Bindings<'a>,
    depth: usize,
) -> BoxFuture<'a, Result<Answer, SqlError>> {
    async move {
        if depth > MAX_DEPTH {
            return Err(errors::too_complex("EXECUTE IMMEDIATE stands in each other too deeply"));
        }
        let view = Arc::new(session.view());
        let run = Run { session, view: &view, parameters, depth };
        ran(run, sql).await.map_err(|error| unread::unread(sql, error))
    }
    .boxed()
}

async fn ran(run: Run<'_>, sql: &str) -> Result<Answer, SqlError> {
    let view = run.view;
    if let Some(feature) = unread::misread(sql) {
        return Err(errors::unsupported(feature));
    }
    let quoted = match view.settings.is_on(settings::DOUBLE_QUOTED_IDENTIFIERS) {
        true => Cow::Owned(with_backticks(sql)?),
        false => Cow::Borrowed(sql),
    };
    let sql = identifier::spelled_out(&run, &quoted).await?;
    let sql = sql.as_ref();
    match command(&run, sql).boxed().await? {
        Some(answer) => Ok(answer),
        None => parsed(&run, sql).boxed().await,
    }
}

/// Runs what is read here; `None` for what the parser reads.
async fn command(run: &Run<'_>, sql: &str) -> Result<Option<Answer>, SqlError> {
    let Run { session, view, .. } = *run;
    if let Some(answer) = immediate::run(run, sql).boxed().await? {
        return Ok(Some(answer));
    }
    if let Some(answer) = variable::run(run, sql).boxed().await? {
        return Ok(Some(answer));
    }
    if let Some(answer) = session::run(session, sql, settings::check_applied)? {
        return Ok(Some(answer));
    }
    if let Some(answer) = routine::run(run, sql).boxed().await? {
        return Ok(Some(answer));
    }
    if let Some(answer) = alter::run(run, sql).boxed().await? {
        return Ok(Some(answer));
    }
    if let Some(definition) = syntax::definition(sql)? {
        return define::run(run, definition).boxed().await.map(Some);
    }
    show::run(sql, view, session.catalogs()).boxed().await.transpose()
}

async fn parsed(run: &Run<'_>, sql: &str) -> Result<Answer, SqlError> {
    if let Some(feature) = unread::not_here(sql) {
        return Err(errors::unsupported(feature));
    }
    match parse::statement(sql)? {
        syntax @ Syntax::Query(_) => query::run(run, syntax).boxed().await,
        Syntax::Insert(insert) => change::insert(run, insert).boxed().await,
        Syntax::Update(update) => change::update(run, update).boxed().await,
        Syntax::Delete(delete) => change::delete(run, delete).boxed().await,
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
