//! What the engine's planner would answer otherwise than the reference, refused by its name.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, Expr, Function, GroupByExpr, Join, JoinConstraint, JoinOperator, ObjectName, Query,
    Select, SelectItem, SetExpr, SetQuantifier, TableFactor, TableWithJoins, Value, Visit, Visitor, visit_relations,
};

use super::super::errors;
use super::super::functions::is_set_function;
use super::fold::fold;
use super::ordering::{name_of_two, named_all, ordering};
use crate::engine::SqlError;

/// Refuses what of a statement the engine would answer otherwise.
pub(super) fn check(statement: &impl Visit) -> Result<(), SqlError> {
    if named_all(statement) {
        return Err(errors::unsupported("GROUP BY ALL and ORDER BY ALL beside a column of that name"));
    }
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
        if let Some(feature) = recursion(query).or_else(|| ordering(query)) {
            return refuse(feature);
        }
        if let Some(name) = name_of_two(query) {
            return refuse(&format!("the name {name}, which two columns of the select list have,"));
        }
        if let SetExpr::Values(values) = query.body.as_ref()
            && values.rows.iter().flat_map(|row| &row.content).any(by_chance)
        {
            return refuse("a value by chance in VALUES");
        }
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

    // `::` binds to a value, not to a condition.
    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<SqlError> {
        match expr {
            Expr::Cast { kind: CastKind::DoubleColon, expr, .. } if is_condition(expr) => {
                ControlFlow::Break(errors::syntax("Syntax error at or near '::'."))
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<SqlError> {
        if let GroupByExpr::Expressions(_, modifiers) | GroupByExpr::All(modifiers) = &select.group_by
            && !modifiers.is_empty()
        {
            return refuse("WITH ROLLUP, WITH CUBE or GROUPING SETS behind the columns of GROUP BY");
        }
        let lateral = |factor: &TableFactor| matches!(factor, TableFactor::Derived { lateral: true, .. });
        let factors =
            |table: &TableWithJoins| lateral(&table.relation) || table.joins.iter().any(|join| lateral(&join.relation));
        if select.from.iter().any(factors) && by_chance(&select.from) {
            return refuse("values by chance beside LATERAL");
        }
        if let Err(error) = positions(select) {
            return ControlFlow::Break(error);
        }
        if let Some(feature) = aggregation(select) {
            return refuse(feature);
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
        if let Some(name) = name_of_another_schema(select) {
            return refuse(&format!("the column {name}, by the schema of its table,"));
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
pub(super) fn contains(visited: &impl Visit, wanted: impl Fn(&Expr) -> bool) -> bool {
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

pub(super) fn function_name(function: &Function) -> String {
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
            Expr::Function(generator) if is_generator(expr) && !contains(&generator.args, is_generator) => found += 1,
            other if contains(other, is_generator) => {
                return refused("NESTED_IN_EXPRESSIONS", "it is nested in an expression");
            }
            _ => {}
        }
    }
    if found > 1 {
        return Err(errors::unsupported("more than one generator in a select list"));
    }
    let sets = |expr: &Expr| matches!(expr, Expr::Function(call) if call.over.is_some() || is_set_function(&function_name(call)));
    if found == 1 && (contains(&select.projection, sets) || contains(&select.group_by, |_| true)) {
        return Err(errors::unsupported("a generator beside aggregates or windows"));
    }
    let mut conditions = select.selection.iter().chain(&select.having);
    match conditions.any(|condition| contains(condition, is_generator)) {
        true => refused("OUTSIDE_SELECT", "it stands outside of a select list"),
        false => Ok(()),
    }
}

/// What of grouping the planner takes for something else.
fn aggregation(select: &Select) -> Option<&'static str> {
    let GroupByExpr::Expressions(keys, _) = &select.group_by else { return None };
    for key in keys {
        let (Expr::GroupingSets(sets) | Expr::Rollup(sets) | Expr::Cube(sets)) = key else { continue };
        if sets.iter().flatten().any(is_number) {
            return Some("positions in GROUPING SETS, ROLLUP and CUBE");
        }
        if matches!(key, Expr::GroupingSets(_)) && sets.iter().any(Vec::is_empty) {
            return Some("GROUPING SETS with an empty set");
        }
        let parts: Vec<(String, Vec<char>)> =
            sets.iter().flatten().map(|expr| (expr.to_string(), parts(expr))).collect();
        let alike = |(text, parts): &(String, Vec<char>), (other, others): &(String, Vec<char>)| {
            text != other && parts == others
        };
        if parts.iter().any(|one| parts.iter().any(|other| alike(one, other))) {
            return Some("GROUPING SETS of an expression in two spellings");
        }
    }
    let aggregates =
        |expr: &Expr| matches!(expr, Expr::Function(function) if is_set_function(&function_name(function)));
    let shown = |item: &SelectItem| contains(item, aggregates);
    if select.having.is_some() && keys.is_empty() && !select.projection.iter().any(shown) {
        return Some("HAVING without GROUP BY over a select list without aggregates");
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

fn is_number(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Number(..)))
}

/// What an expression is made of: the same for `a + b` and `b + a`.
fn parts(expr: &Expr) -> Vec<char> {
    let mut parts: Vec<char> = fold(&expr.to_string()).chars().collect();
    parts.sort_unstable();
    parts
}

fn is_condition(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::InList { .. }
    )
}

/// A position names no column of a `*`.
fn positions(select: &Select) -> Result<(), SqlError> {
    let GroupByExpr::Expressions(keys, _) = &select.group_by else { return Ok(()) };
    let wild = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    match keys.iter().any(is_number) && select.projection.iter().any(wild) {
        true => Err(SqlError::new(
            "STAR_GROUP_BY_POS",
            "0A000",
            "Star (*) is not allowed in a select list when GROUP BY an ordinal position is used.",
        )),
        false => Ok(()),
    }
}

/// WITH RECURSIVE in which a row may come from more than the rows of the step before, each taken alone.
fn recursion(query: &Query) -> Option<&'static str> {
    let with = query.with.as_ref().filter(|with| with.recursive)?;
    for cte in &with.cte_tables {
        let SetExpr::SetOperation { set_quantifier, right, .. } = cte.query.body.as_ref() else { continue };
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

/// A column that is named by the schema of its table, where FROM names the table alone.
fn name_of_another_schema(select: &Select) -> Option<String> {
    let relations = select
        .from
        .iter()
        .flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)));
    let names: Vec<String> = relations
        .filter_map(|relation| match relation {
            TableFactor::Table { name, alias: None, .. } if name.0.len() == 1 => relation_name(relation),
            _ => None,
        })
        .collect();
    let found = std::cell::RefCell::new(None);
    contains(select, |expr| match expr {
        Expr::CompoundIdentifier(parts) if parts.len() > 2 => {
            let (first, second) = (fold(&parts[0].value), fold(&parts[1].value));
            let third = parts.get(2).map(|part| fold(&part.value));
            let hit = !names.contains(&first)
                && (names.contains(&second) || parts.len() > 3 && third.is_some_and(|third| names.contains(&third)));
            if hit {
                *found.borrow_mut() = Some(expr.to_string());
            }
            hit
        }
        _ => false,
    });
    found.into_inner()
}

fn is_random(query: &Query) -> bool {
    by_chance(query)
}

/// Whether another run may give another value.
fn by_chance(visited: &impl Visit) -> bool {
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

    visited.visit(&mut Search).is_break()
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
