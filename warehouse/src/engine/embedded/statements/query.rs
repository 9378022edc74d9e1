//! Queries.

use std::sync::Arc;

use datafusion::sql::sqlparser::ast::{Expr, SelectItem, SetExpr, Statement};

use super::super::answer;
use super::super::plan::Planner;
use super::super::rewrite::shown_name;
use super::super::session::{Session, SessionView};
use crate::engine::{Answer, SqlError};

/// Runs a query.
pub(super) async fn run(session: &Session, view: &Arc<SessionView>, statement: Statement) -> Result<Answer, SqlError> {
    let names = written_names(&statement);
    let executor = session.executor();
    let state = executor.state(view);
    let planner = Planner { state: &state, catalogs: session.catalogs(), session: view, depth: 0 };
    let plan = planner.query(statement).await?;
    let rows = executor.run(&state, &plan).await?;
    answer::streamed(rows, &names, view.time_zone())
}

/// The names of a query's columns as it writes them, by position; up to the first `*`.
pub(super) fn written_names(statement: &Statement) -> Vec<Option<String>> {
    let Statement::Query(query) = statement else { return vec![] };
    let mut body = query.body.as_ref();
    let select = loop {
        match body {
            SetExpr::Select(select) => break select,
            SetExpr::Query(query) => body = query.body.as_ref(),
            SetExpr::SetOperation { left, .. } => body = left.as_ref(),
            _ => return vec![],
        }
    };
    let name = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().map(|p| p.value.clone()),
        SelectItem::UnnamedExpr(expr) => Some(shown_name(expr)),
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        _ => None,
    };
    select.projection.iter().map(name).take_while(Option::is_some).collect()
}
