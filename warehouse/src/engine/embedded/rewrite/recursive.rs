//! WITH RECURSIVE as far as the engine runs it as the reference does.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, Join, JoinOperator, Query, SetExpr, SetOperator, SetQuantifier, visit_relations,
};

use super::super::functions::is_set_function;
use super::fold::fold;
use super::search::{contains, function_name};

/// WITH RECURSIVE in which a row may come from more than the rows of the step before, each taken alone.
pub(super) fn recursion(query: &Query) -> Option<&'static str> {
    let with = query.with.as_ref().filter(|with| with.recursive)?;
    for cte in &with.cte_tables {
        let SetExpr::SetOperation { op, set_quantifier, right, .. } = cte.query.body.as_ref() else { continue };
        if !matches!(op, SetOperator::Union) {
            return Some("WITH RECURSIVE over other than UNION ALL");
        }
        if !matches!(set_quantifier, SetQuantifier::All) {
            return Some("WITH RECURSIVE over UNION, which leaves out duplicates,");
        }
        if cte.query.order_by.is_some() || cte.query.limit_clause.is_some() {
            return Some("WITH RECURSIVE with ORDER BY, LIMIT or OFFSET");
        }
        let SetExpr::Select(step) = right.as_ref() else { return Some("WITH RECURSIVE with a query in brackets") };
        let inner = |join: &Join| {
            matches!(join.join_operator, JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_))
        };
        let sets = |expr: &Expr| matches!(expr, Expr::Function(call) if call.over.is_some() || is_set_function(&function_name(call)));
        let grouped = !matches!(&step.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
        let own = fold(&cte.alias.name.value);
        let subquery = |expr: &Expr| match expr {
            Expr::Subquery(query) => reads(query, &own),
            Expr::Exists { subquery, .. } | Expr::InSubquery { subquery, .. } => reads(subquery, &own),
            _ => false,
        };
        if !step.from.iter().flat_map(|table| &table.joins).all(inner) || contains(step, sets) || grouped {
            return Some("WITH RECURSIVE with outer joins, aggregates or windows");
        }
        if step.distinct.is_some() || contains(step, subquery) {
            return Some("WITH RECURSIVE with DISTINCT, or read by a subquery in an expression");
        }
    }
    None
}

/// Whether a query reads the table of a name.
fn reads(query: &Query, table: &str) -> bool {
    visit_relations(query, |relation| match relation.0.as_slice() {
        [part] if part.as_ident().is_some_and(|ident| fold(&ident.value) == table) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}
