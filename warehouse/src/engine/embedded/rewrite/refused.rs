//! What the engine's planner would answer otherwise than the reference, refused by its name.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, GroupByExpr, Join, JoinConstraint, JoinOperator, ObjectName, Query, Select,
    SelectItem, TableFactor, Visit, Visitor,
};

use super::super::errors;
use super::fold::fold;
use crate::engine::SqlError;

/// Refuses what of a statement the engine would answer otherwise.
pub(super) fn check(statement: &impl Visit) -> Result<(), SqlError> {
    match statement.visit(&mut Refusals::default()) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// The common table expressions of the surrounding queries that another run may give other rows: how often each is read.
#[derive(Default)]
struct Refusals {
    random: Vec<HashMap<String, usize>>,
}

impl Visitor for Refusals {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<SqlError> {
        let tables = query.with.iter().flat_map(|with| &with.cte_tables);
        let random = tables.filter(|cte| is_random(cte.query.as_ref())).map(|cte| (fold(&cte.alias.name.value), 0));
        self.random.push(random.collect());
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<SqlError> {
        self.random.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<SqlError> {
        let [part] = relation.0.as_slice() else { return ControlFlow::Continue(()) };
        let name = part.as_ident().map(|ident| fold(&ident.value)).unwrap_or_default();
        let Some(reads) = self.random.iter_mut().rev().find_map(|tables| tables.get_mut(&name)) else {
            return ControlFlow::Continue(());
        };
        *reads += 1;
        match *reads {
            1 => ControlFlow::Continue(()),
            _ => refuse("a common table expression with random values that is read more than once"),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<SqlError> {
        if let GroupByExpr::Expressions(_, modifiers) | GroupByExpr::All(modifiers) = &select.group_by
            && !modifiers.is_empty()
        {
            return refuse("WITH ROLLUP, WITH CUBE or GROUPING SETS behind the columns of GROUP BY");
        }
        for join in select.from.iter().flat_map(|table| &table.joins) {
            if keys_of_the_right(join) {
                return refuse("USING and NATURAL in a RIGHT or FULL JOIN");
            }
        }
        let conditions = select.selection.iter().chain(&select.having);
        for condition in conditions {
            if !plain_condition(condition) {
                return refuse(
                    "IN with a subquery in other places than behind AND in WHERE, or without NOT behind OR,",
                );
            }
        }
        let elsewhere = |item: &SelectItem| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => has_in_subquery(expr),
            _ => false,
        };
        if select.projection.iter().any(elsewhere) {
            return refuse("IN with a subquery in the select list");
        }
        if let Err(error) = generators(select) {
            return ControlFlow::Break(error);
        }
        match ambiguous_qualifier(select) {
            Some(name) => refuse(&format!("a column of {name} beside two tables of that name")),
            None => ControlFlow::Continue(()),
        }
    }
}

fn refuse(feature: &str) -> ControlFlow<SqlError> {
    ControlFlow::Break(errors::unsupported(feature))
}

fn keys_of_the_right(join: &Join) -> bool {
    let (JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) | JoinOperator::FullOuter(constraint)) =
        &join.join_operator
    else {
        return false;
    };
    matches!(constraint, JoinConstraint::Using(_) | JoinConstraint::Natural)
}

/// Whether an expression stands in a query, the queries inside of it left out.
fn contains(visited: &impl Visit, wanted: impl Fn(&Expr) -> bool) -> bool {
    struct Search<F> {
        wanted: F,
        queries: usize,
    }

    impl<F: Fn(&Expr) -> bool> Visitor for Search<F> {
        type Break = ();

        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.queries += 1;
            ControlFlow::Continue(())
        }

        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.queries -= 1;
            ControlFlow::Continue(())
        }

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match self.queries == 0 && (self.wanted)(expr) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        }
    }

    visited.visit(&mut Search { wanted, queries: 0 }).is_break()
}

fn has_in_subquery(expr: &Expr) -> bool {
    contains(expr, |expr| matches!(expr, Expr::InSubquery { .. }))
}

/// Whether every IN with a subquery stands where its NULL is as good as false.
fn plain_condition(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => plain_condition(inner),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => plain_condition(left) && plain_condition(right),
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => within_or(left) && within_or(right),
        Expr::InSubquery { expr, .. } => !has_in_subquery(expr),
        other => !has_in_subquery(other),
    }
}

fn within_or(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => within_or(inner),
        Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => {
            within_or(left) && within_or(right)
        }
        Expr::InSubquery { expr, negated: false, .. } => !has_in_subquery(expr),
        other => !has_in_subquery(other),
    }
}

fn function_name(function: &Function) -> String {
    match function.name.0.as_slice() {
        [part] => part.as_ident().map(|ident| fold(&ident.value)).unwrap_or_default(),
        _ => String::new(),
    }
}

fn is_generator(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(function)
        if ["explode", "explode_outer", "posexplode", "posexplode_outer", "inline", "inline_outer", "stack"]
            .contains(&function_name(function).as_str()))
}

/// A generator stands alone in the select list, and once.
fn generators(select: &Select) -> Result<(), SqlError> {
    let refused = |class: &str, text: &str| {
        Err(SqlError::new(
            &format!("UNSUPPORTED_GENERATOR.{class}"),
            "42K0E",
            format!("The generator is not supported: {text}."),
        ))
    };
    let mut found = 0;
    for item in &select.projection {
        let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { continue };
        match expr {
            generator if is_generator(generator) => found += 1,
            other if contains(other, is_generator) => {
                return refused("NESTED_IN_EXPRESSIONS", "it is nested in an expression");
            }
            _ => {}
        }
    }
    if found > 1 {
        return Err(errors::unsupported("more than one generator in a select list"));
    }
    let mut conditions = select.selection.iter().chain(&select.having);
    match conditions.any(|condition| contains(condition, is_generator)) {
        true => refused("OUTSIDE_SELECT", "it stands outside of a select list"),
        false => Ok(()),
    }
}

fn is_random(query: &Query) -> bool {
    struct Search;

    impl Visitor for Search {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Function(function)
                    if ["rand", "random", "randn", "uuid", "shuffle", "uniform", "randstr"]
                        .contains(&function_name(function).as_str()) =>
                {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }

    query.visit(&mut Search).is_break()
}

/// A name that two tables of FROM have, by which a column is asked for.
fn ambiguous_qualifier(select: &Select) -> Option<String> {
    let relations = select
        .from
        .iter()
        .flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)));
    let names: Vec<String> = relations.filter_map(relation_name).collect();
    let twice: Vec<&String> =
        names.iter().enumerate().filter(|(at, name)| names[..*at].contains(name)).map(|(_, name)| name).collect();
    twice.into_iter().find(|name| {
        contains(select, |expr| {
            matches!(expr, Expr::CompoundIdentifier(parts) if parts.len() == 2 && fold(&parts[0].value) == **name)
        })
    })
    .cloned()
}

fn relation_name(relation: &TableFactor) -> Option<String> {
    match relation {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            Some(fold(&alias.name.value))
        }
        TableFactor::Table { name, alias: None, .. } => {
            name.0.last().and_then(|part| part.as_ident()).map(|ident| fold(&ident.value))
        }
        _ => None,
    }
}
