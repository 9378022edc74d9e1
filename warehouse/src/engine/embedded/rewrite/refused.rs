//! What the engine's planner would answer otherwise than the reference, refused by its name.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    CastKind, Expr, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, Query, Select, SelectItem,
    SetExpr, TableFactor, TableWithJoins, Value, Visit, Visitor,
};

use super::super::errors;
use super::super::functions::is_set_function;
use super::fold::fold;
use super::ordering::{name_of_two, named_all, ordering};
use super::qualifiers::{ambiguous_qualifier, name_of_another_schema};
use super::recursive::recursion;
use super::search::{contains, function_name, is_generator, is_random, is_random_call, takes_random};
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
            && values.rows.iter().flat_map(|row| &row.content).any(is_random)
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

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<SqlError> {
        if let TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } = factor
        {
            return not_texts(std::iter::once(&alias.name).chain(alias.columns.iter().map(|column| &column.name)));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<SqlError> {
        if let ControlFlow::Break(error) = not_texts(relation.0.iter().filter_map(|part| part.as_ident())) {
            return ControlFlow::Break(error);
        }
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
            Expr::InList { list, .. } if list.is_empty() => ControlFlow::Break(SqlError::new(
                "INVALID_SQL_SYNTAX.EMPTY_IN_PREDICATE",
                "42000",
                "Invalid SQL syntax: Expected an expression list in the IN predicate.",
            )),
            Expr::Function(function)
                if function.over.is_none()
                    && is_set_function(&function_name(function))
                    && takes_random(&function.args) =>
            {
                ControlFlow::Break(SqlError::new(
                    "AGGREGATE_FUNCTION_WITH_NONDETERMINISTIC_EXPRESSION",
                    "42845",
                    format!(
                        "Non-deterministic expression {expr} should not appear in the arguments of an aggregate function."
                    ),
                ))
            }
            Expr::Cast { kind: CastKind::DoubleColon, expr, .. } if is_condition(expr) => {
                ControlFlow::Break(errors::syntax("Syntax error at or near '::'."))
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<SqlError> {
        let aliases = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(alias),
            _ => None,
        });
        if let ControlFlow::Break(error) = not_texts(aliases) {
            return ControlFlow::Break(error);
        }
        if let GroupByExpr::Expressions(_, modifiers) | GroupByExpr::All(modifiers) = &select.group_by
            && !modifiers.is_empty()
        {
            return refuse("WITH ROLLUP, WITH CUBE or GROUPING SETS behind the columns of GROUP BY");
        }
        let lateral = |factor: &TableFactor| matches!(factor, TableFactor::Derived { lateral: true, .. });
        let factors =
            |table: &TableWithJoins| lateral(&table.relation) || table.joins.iter().any(|join| lateral(&join.relation));
        if select.from.iter().any(factors) && is_random(&select.from) {
            return refuse("values by chance beside LATERAL");
        }
        if let Err(error) = positions(select) {
            return ControlFlow::Break(error);
        }
        if let Some(feature) = aggregation(select) {
            return refuse(feature);
        }
        for join in select.from.iter().flat_map(|table| &table.joins) {
            if contains(&join.join_operator, is_random_call) {
                return ControlFlow::Break(SqlError::new(
                    "INVALID_NON_DETERMINISTIC_EXPRESSIONS",
                    "42K0E",
                    "The operator expects a deterministic expression, but the condition of a join is of a random function.",
                ));
            }
            if keys_of_the_right(join) {
                return refuse("USING and NATURAL in a RIGHT or FULL JOIN");
            }
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

/// Texts are no names, though the parser takes them for such.
fn not_texts<'a>(mut names: impl Iterator<Item = &'a Ident>) -> ControlFlow<SqlError> {
    match names.find(|name| matches!(name.quote_style, Some('\'' | '"'))) {
        Some(name) => ControlFlow::Break(errors::syntax(format!("Syntax error at or near {name}."))),
        None => ControlFlow::Continue(()),
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
