//! What each kind of statement does.

mod query;
mod session;

use std::sync::Arc;

use datafusion::sql::sqlparser::ast::Statement as Syntax;

use super::session::Session;
use super::{errors, parameters, parse, show};
use crate::engine::{Answer, SqlError, Statement};

/// Runs a statement of a session.
pub(super) async fn execute(session: &Session, statement: Statement) -> Result<Answer, SqlError> {
    if let Some(answer) = session::run(session, &statement.sql)? {
        return Ok(answer);
    }
    let view = Arc::new(session.view());
    if let Some(answer) = show::run(&statement.sql, &view, session.catalogs()).await {
        return answer;
    }
    let mut syntax = parse::statement(&statement.sql)?;
    parameters::bind(&mut syntax, &statement.parameters, view.time_zone())?;
    match syntax {
        Syntax::Query(_) => query::run(session, &view, syntax).await,
        other => Err(errors::unsupported(format!("the statement {}", first_words(&other.to_string())))),
    }
}

/// Enough of a statement to know it by.
fn first_words(text: &str) -> String {
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}
