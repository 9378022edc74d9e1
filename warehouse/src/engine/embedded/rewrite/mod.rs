//! Dialect to engine: what the parser read becomes what the engine's planner can plan.
//!
//! Names are folded to lower case, since they resolve without regard to case; the names shown to the client are
//! worked out beforehand (`names`). Every operation whose meaning or type differs becomes a typed call (`typed_call`),
//! which the expression planner resolves when it knows the types of the operands.

mod fold;
mod grouped;
pub(super) mod lateral_alias;
mod literal_names;
mod names;
mod ordering;
mod qualifiers;
mod quantified;
mod query;
mod recursive;
mod refused;
mod search;
pub(super) mod typed_call;
mod values;
mod windows;

use datafusion::sql::sqlparser::ast::{Statement, VisitMut};
use std::ops::ControlFlow;

pub(super) use fold::fold;
pub(super) use grouped::spell_keys_alike;
pub(super) use literal_names::{normalize, shown_local_time, shown_timestamp};
pub(super) use names::{UNKNOWN, column_name, shown_name};
pub(super) use ordering::takes_all;
pub(super) use query::{DUPLICATE_MARK, select_all};
pub(super) use search::{contains, holds_aggregates, holds_plain_aggregates, is_random};
pub(super) use windows::resolve_windows;

use crate::engine::SqlError;

/// Rewrites a query or the queries and expressions inside of a statement.
pub(super) fn rewrite(statement: &mut Statement) -> Result<(), SqlError> {
    resolve_windows(statement)?;
    refused::check(statement)?;
    if let Statement::Query(query) = statement {
        query::mark_duplicates(query);
    }
    run(statement, &mut query::NameUnnamed::default())?;
    run(statement, &mut quantified::SpellOut)?;
    run(statement, &mut fold::FoldNames)?;
    run(statement, &mut typed_call::TypedCalls)
}

fn run<V>(statement: &mut Statement, visitor: &mut V) -> Result<(), SqlError>
where
    V: datafusion::sql::sqlparser::ast::VisitorMut<Break = SqlError>,
{
    match statement.visit(visitor) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}
