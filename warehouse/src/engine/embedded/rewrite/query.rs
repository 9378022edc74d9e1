//! The shape of queries: names for unnamed columns, and clauses that the engine has not.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Distinct, Expr, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, Query, Select, SelectItem, SetExpr,
    TableAlias, TableAliasColumnDef, TableFactor, VisitorMut,
};

use super::super::errors;
use super::fold::fold;
use super::names::{UNKNOWN, column_name, shown_name};
use super::typed_call::{SHOWN_AS, call, string};
use crate::engine::SqlError;

/// Stands between a repeated column name and its number; cut off again before anybody sees it.
pub(in super::super) const DUPLICATE_MARK: char = '\u{2}';

/// Names every unnamed expression in a select list, and refuses the clauses that the engine has not.
#[derive(Default)]
pub(super) struct NameUnnamed {
    /// How many WITH RECURSIVE surround the query: the columns of their steps may not remember a name of their own.
    recursive: usize,
}

impl VisitorMut for NameUnnamed {
    type Break = SqlError;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        if let Some(refused) = unsupported_clause(select) {
            return ControlFlow::Break(errors::unsupported(refused));
        }
        let merged = select.from.iter().any(|table| {
            table.joins.iter().any(|join| merges_columns(join) || merges_within(&join.relation))
                || merges_within(&table.relation)
        });
        if merged && select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_))) {
            return ControlFlow::Break(errors::unsupported("* over a join with USING or NATURAL"));
        }
        for item in &mut select.projection {
            if let SelectItem::ExprWithAlias { expr, alias } = item
                && fold(&alias.value) != alias.value
            {
                let shown = string(&alias.value);
                let named = std::mem::replace(expr, Expr::Identifier(Ident::new("")));
                *expr = call(SHOWN_AS, vec![named, shown]);
            }
            if let SelectItem::UnnamedExpr(expr) = item
                && !matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
            {
                let name = column_name(expr);
                if name.contains(UNKNOWN) {
                    return ControlFlow::Break(errors::unsupported(format!(
                        "the column {expr} without a name of its own; give it one with AS,"
                    )));
                }
                let mut expr = std::mem::replace(expr, Expr::Identifier(Ident::new("")));
                if fold(&name) != name && self.recursive == 0 {
                    expr = call(SHOWN_AS, vec![expr, string(&name)]);
                }
                let alias = quoted(name);
                *item = SelectItem::ExprWithAlias { expr, alias };
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        self.recursive += usize::from(query.with.as_ref().is_some_and(|with| with.recursive));
        let refused = if query.fetch.is_some() {
            "FETCH"
        } else if !query.pipe_operators.is_empty() {
            "the pipe syntax"
        } else if !query.locks.is_empty() || query.for_clause.is_some() {
            "FOR UPDATE"
        } else {
            return ControlFlow::Continue(());
        };
        ControlFlow::Break(errors::unsupported(refused))
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        let refused = match factor {
            TableFactor::Table { sample: Some(_), .. } | TableFactor::Derived { sample: Some(_), .. } => "TABLESAMPLE",
            TableFactor::Table { version: Some(_), .. } => "time travel (VERSION AS OF, TIMESTAMP AS OF)",
            TableFactor::Table { with_ordinality: true, .. } => "WITH ORDINALITY",
            TableFactor::Table { with_hints, index_hints, .. } if !with_hints.is_empty() || !index_hints.is_empty() => {
                "table hints"
            }
            TableFactor::Table { partitions, .. } if !partitions.is_empty() => "PARTITION of a table",
            TableFactor::Table { json_path: Some(_), .. } => "a path behind a table",
            TableFactor::Table { .. }
            | TableFactor::Derived { .. }
            | TableFactor::NestedJoin { .. }
            | TableFactor::Function { .. } => {
                return ControlFlow::Continue(());
            }
            TableFactor::Pivot { .. } => "PIVOT",
            TableFactor::Unpivot { .. } => "UNPIVOT",
            _ => "this kind of table in FROM",
        };
        ControlFlow::Break(errors::unsupported(refused))
    }

    // The columns of VALUES are called col1, col2, …
    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        self.recursive -= usize::from(query.with.as_ref().is_some_and(|with| with.recursive));
        let SetExpr::Values(values) = query.body.as_ref() else { return ControlFlow::Continue(()) };
        let width = values.rows.first().map_or(0, |row| row.content.len());
        if values.rows.iter().any(|row| row.content.len() != width) {
            return ControlFlow::Break(SqlError::new(
                "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH",
                "42000",
                "Invalid inline table: the rows have different numbers of columns.",
            ));
        }
        let columns = (1..=width).map(|n| TableAliasColumnDef::from_name(format!("col{n}"))).collect();
        *query = named_values(std::mem::replace(query.body.as_mut(), SetExpr::Values(empty_values())), query, columns);
        ControlFlow::Continue(())
    }
}

fn empty_values() -> datafusion::sql::sqlparser::ast::Values {
    datafusion::sql::sqlparser::ast::Values { explicit_row: false, value_keyword: false, rows: vec![] }
}

fn named_values(values: SetExpr, outer: &Query, columns: Vec<TableAliasColumnDef>) -> Query {
    let inner = Query {
        with: None,
        body: Box::new(values),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: vec![],
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: vec![],
    };
    let table = TableFactor::Derived {
        lateral: false,
        subquery: Box::new(inner),
        alias: Some(TableAlias { explicit: true, name: quoted("values".into()), columns, at: None }),
        sample: None,
    };
    Query { body: Box::new(SetExpr::Select(Box::new(select_all(table)))), ..outer.clone() }
}

/// `SELECT * FROM table`.
pub(in super::super) fn select_all(table: TableFactor) -> Select {
    use datafusion::sql::sqlparser::ast::{
        SelectFlavor, TableWithJoins, WildcardAdditionalOptions, helpers::attached_token::AttachedToken,
    };
    Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: vec![],
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: vec![SelectItem::Wildcard(WildcardAdditionalOptions::default())],
        exclude: None,
        into: None,
        from: vec![TableWithJoins { relation: table, joins: vec![] }],
        lateral_views: vec![],
        prewhere: None,
        selection: None,
        connect_by: vec![],
        group_by: GroupByExpr::Expressions(vec![], vec![]),
        cluster_by: vec![],
        distribute_by: vec![],
        sort_by: vec![],
        having: None,
        named_window: vec![],
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    }
}

/// Whether joins in brackets are such, or a query in FROM has one and a name that stands twice, and no name of its own that would hide it.
fn merges_within(relation: &TableFactor) -> bool {
    if let TableFactor::NestedJoin { table_with_joins, .. } = relation {
        let joins = &table_with_joins.joins;
        return merges_within(&table_with_joins.relation)
            || joins.iter().any(|join| merges_columns(join) || merges_within(&join.relation));
    }
    let TableFactor::Derived { subquery, alias: None, .. } = relation else { return false };
    let SetExpr::Select(select) = subquery.body.as_ref() else { return false };
    let mut names = HashSet::new();
    let twice = select.projection.iter().any(|item| match item {
        SelectItem::UnnamedExpr(expr) => !names.insert(fold(&column_name(expr))),
        SelectItem::ExprWithAlias { alias, .. } => !names.insert(fold(&alias.value)),
        _ => true,
    });
    twice
        && select.from.iter().any(|table| {
            merges_within(&table.relation)
                || table.joins.iter().any(|join| merges_columns(join) || merges_within(&join.relation))
        })
}

/// Whether a join shows a column of both sides once, and in front.
fn merges_columns(join: &Join) -> bool {
    let constraint = match &join.join_operator {
        JoinOperator::Join(c)
        | JoinOperator::Inner(c)
        | JoinOperator::Left(c)
        | JoinOperator::LeftOuter(c)
        | JoinOperator::Right(c)
        | JoinOperator::RightOuter(c)
        | JoinOperator::FullOuter(c) => c,
        _ => return false,
    };
    matches!(constraint, JoinConstraint::Using(_) | JoinConstraint::Natural)
}

fn unsupported_clause(select: &Select) -> Option<&'static str> {
    Some(if !select.cluster_by.is_empty() {
        "CLUSTER BY"
    } else if !select.distribute_by.is_empty() {
        "DISTRIBUTE BY"
    } else if !select.sort_by.is_empty() {
        "SORT BY"
    } else if !select.lateral_views.is_empty() {
        "LATERAL VIEW"
    } else if select.into.is_some() {
        "SELECT INTO"
    } else if select.top.is_some() {
        "TOP"
    } else if matches!(select.distinct, Some(Distinct::On(_))) {
        "DISTINCT ON"
    } else if !select.connect_by.is_empty() {
        "CONNECT BY"
    } else if select.value_table_mode.is_some() {
        "SELECT AS STRUCT"
    } else {
        return None;
    })
}

/// A result may show a name twice, the planner wants each once: repeated names at the top get a mark and a number.
pub(super) fn mark_duplicates(query: &mut Query) {
    // What orders the rows may name a column that is marked.
    let ordered = query.order_by.is_some();
    mark_in_body(query.body.as_mut(), ordered);
}

fn mark_in_body(body: &mut SetExpr, ordered: bool) {
    match body {
        SetExpr::Select(select) => mark_in_select(select, ordered),
        SetExpr::Query(query) => mark_in_body(query.body.as_mut(), ordered || query.order_by.is_some()),
        SetExpr::SetOperation { left, right, .. } => {
            mark_in_body(left, true);
            mark_in_body(right, true);
        }
        _ => {}
    }
}

fn mark_in_select(select: &mut Select, ordered: bool) {
    let wild =
        select.projection.iter().any(|i| matches!(i, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
    let named = ordered || grouped || select.having.is_some() || select.qualify.is_some();
    let mut seen = HashSet::new();
    for (position, item) in select.projection.iter_mut().enumerate() {
        let (name, plain_column) = match item {
            SelectItem::UnnamedExpr(expr @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_))) => {
                (shown_name(expr), true)
            }
            SelectItem::UnnamedExpr(expr) => (column_name(expr), false),
            SelectItem::ExprWithAlias { alias, .. } => (alias.value.clone(), false),
            _ => continue,
        };
        if seen.insert(fold(&name)) && !(wild && (plain_column || !named)) {
            continue;
        }
        let marked = quoted(format!("{name}{DUPLICATE_MARK}{position}"));
        match item {
            SelectItem::ExprWithAlias { alias, .. } => *alias = marked,
            SelectItem::UnnamedExpr(expr) => {
                let expr = std::mem::replace(expr, Expr::Identifier(Ident::new("")));
                *item = SelectItem::ExprWithAlias { expr, alias: marked };
            }
            _ => {}
        }
    }
}

fn quoted(name: String) -> Ident {
    Ident::with_quote('`', name)
}
