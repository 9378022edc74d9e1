//! Names and keys of GROUP BY, HAVING and ORDER BY that the engine's planner would take for something else than the reference.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, OrderByKind, Query, Select, SelectItem, SetExpr, TableFactor, Visit, Visitor,
};

use super::super::functions::is_set_function;
use super::fold::fold;
use super::names::shown_name;
use super::search::{contains, function_name};

/// Whether GROUP BY ALL or ORDER BY ALL is anywhere in a statement; a column of the name would go first.
pub(in super::super) fn takes_all(statement: &impl Visit) -> bool {
    let mut all = All::default();
    let _ = statement.visit(&mut all);
    all.asked
}

/// Whether that stands beside a column that the statement itself calls so.
pub(super) fn named_all(statement: &impl Visit) -> bool {
    let mut all = All::default();
    let _ = statement.visit(&mut all);
    all.asked && all.named
}

#[derive(Default)]
struct All {
    asked: bool,
    named: bool,
}

impl Visitor for All {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.asked |= query.order_by.as_ref().is_some_and(|order| matches!(order.kind, OrderByKind::All(_)));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.asked |= matches!(select.group_by, GroupByExpr::All(_));
        let named =
            |item: &SelectItem| matches!(item, SelectItem::ExprWithAlias { alias, .. } if fold(&alias.value) == "all");
        self.named |= select.projection.iter().any(named);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } = factor
        {
            self.named |= alias.columns.iter().any(|column| fold(&column.name.value) == "all");
        }
        ControlFlow::Continue(())
    }
}

/// What of ORDER BY the planner takes for something else.
pub(super) fn ordering(query: &Query) -> Option<&'static str> {
    let order = query.order_by.as_ref()?;
    let keys = match (&order.kind, query.body.as_ref()) {
        (OrderByKind::All(_), SetExpr::SetOperation { .. }) => {
            return Some("ORDER BY ALL behind UNION, EXCEPT and INTERSECT");
        }
        (OrderByKind::Expressions(keys), SetExpr::Select(_)) => keys,
        _ => return None,
    };
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let windows = |expr: &Expr| matches!(expr, Expr::Function(call) if call.over.is_some());
    let aggregates = |expr: &Expr| matches!(expr, Expr::Function(call) if call.over.is_none() && is_set_function(&function_name(call)));
    if contains(&select.projection, windows) && keys.iter().any(|key| contains(&key.expr, aggregates)) {
        return Some("an aggregate in ORDER BY beside window functions");
    }
    let shown: Vec<String> = select.projection.iter().map(|item| fold(&item.to_string())).collect();
    let hidden = |expr: &Expr| aggregates(expr) && !shown.iter().any(|item| item.contains(&fold(&expr.to_string())));
    let in_having = select.having.as_ref().is_some_and(|having| contains(having, hidden));
    (in_having && keys.iter().any(|key| contains(&key.expr, hidden)))
        .then_some("HAVING and ORDER BY by aggregates that the select list has not")
}

/// A name of two computed columns of the select list by which rows are grouped, filtered or ordered.
pub(super) fn name_of_two(query: &Query) -> Option<String> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let mut names: HashMap<String, usize> = HashMap::new();
    for item in &select.projection {
        let (name, expr) = match item {
            SelectItem::ExprWithAlias { expr, alias } => (alias.value.clone(), expr),
            SelectItem::UnnamedExpr(expr) => (shown_name(expr), expr),
            _ => continue,
        };
        if !matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) {
            *names.entry(fold(&name)).or_default() += 1;
        }
    }
    names.retain(|_, count| *count > 1);
    if names.is_empty() {
        return None;
    }
    let asked = RefCell::new(None);
    let asks = |expr: &Expr| match expr {
        Expr::Identifier(name) if names.contains_key(&fold(&name.value)) => {
            *asked.borrow_mut() = Some(name.value.clone());
            true
        }
        _ => false,
    };
    let order = query.order_by.as_ref().map(|order| &order.kind);
    let _ = contains(&select.group_by, asks)
        || select.having.as_ref().is_some_and(|having| contains(having, asks))
        || matches!(order, Some(OrderByKind::Expressions(keys)) if keys.iter().any(|key| contains(&key.expr, asks)));
    asked.into_inner()
}
