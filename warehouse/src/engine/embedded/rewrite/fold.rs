//! Names resolve without regard to case: inside of the engine they are lower case.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, Ident, JoinConstraint, JoinOperator, NamedWindowExpr, ObjectName, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, TableAlias, TableFactor, TableWithJoins, VisitorMut, WindowType,
};

use crate::engine::SqlError;

/// A name as the engine knows it.
pub(in super::super) fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// Folds every name of a statement.
pub(super) struct FoldNames;

impl VisitorMut for FoldNames {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        if let Some(with) = &mut query.with {
            with.cte_tables.iter_mut().for_each(|cte| fold_alias(&mut cte.alias));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        for item in &mut select.projection {
            match item {
                SelectItem::ExprWithAlias { alias, .. } => fold_ident(alias),
                SelectItem::ExprWithAliases { aliases, .. } => aliases.iter_mut().for_each(fold_ident),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    fold_object(name);
                    fold_wildcard(options);
                }
                SelectItem::Wildcard(options) => fold_wildcard(options),
                SelectItem::UnnamedExpr(_) | SelectItem::QualifiedWildcard(..) => {}
            }
        }
        select.from.iter_mut().for_each(fold_joins);
        for window in &mut select.named_window {
            fold_ident(&mut window.0);
            match &mut window.1 {
                NamedWindowExpr::NamedWindow(name) => fold_ident(name),
                NamedWindowExpr::WindowSpec(spec) => spec.window_name.iter_mut().for_each(fold_ident),
            }
        }
        for view in &mut select.lateral_views {
            fold_object(&mut view.lateral_view_name);
            view.lateral_col_alias.iter_mut().for_each(fold_ident);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<SqlError> {
        fold_object(relation);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        match factor {
            TableFactor::Table { alias, .. }
            | TableFactor::Derived { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::UNNEST { alias, .. } => alias.iter_mut().for_each(fold_alias),
            TableFactor::NestedJoin { alias, table_with_joins } => {
                alias.iter_mut().for_each(fold_alias);
                fold_joins(table_with_joins);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        match expr {
            Expr::Identifier(name) => fold_ident(name),
            Expr::CompoundIdentifier(parts) => parts.iter_mut().for_each(fold_ident),
            Expr::QualifiedWildcard(name, _) => fold_object(name),
            Expr::Function(function) => fold_function(function),
            Expr::Lambda(lambda) => match &mut lambda.params {
                datafusion::sql::sqlparser::ast::OneOrManyWithParens::One(name) => fold_ident(&mut name.name),
                datafusion::sql::sqlparser::ast::OneOrManyWithParens::Many(names) => {
                    names.iter_mut().for_each(|name| fold_ident(&mut name.name));
                }
            },
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn fold_function(function: &mut Function) {
    match &mut function.over {
        Some(WindowType::NamedWindow(name)) => fold_ident(name),
        Some(WindowType::WindowSpec(spec)) => spec.window_name.iter_mut().for_each(fold_ident),
        None => {}
    }
}

fn fold_joins(table: &mut TableWithJoins) {
    for join in &mut table.joins {
        let constraint = match &mut join.join_operator {
            JoinOperator::Join(c)
            | JoinOperator::Inner(c)
            | JoinOperator::Left(c)
            | JoinOperator::LeftOuter(c)
            | JoinOperator::Right(c)
            | JoinOperator::RightOuter(c)
            | JoinOperator::FullOuter(c)
            | JoinOperator::CrossJoin(c)
            | JoinOperator::Semi(c)
            | JoinOperator::LeftSemi(c)
            | JoinOperator::RightSemi(c)
            | JoinOperator::Anti(c)
            | JoinOperator::LeftAnti(c)
            | JoinOperator::RightAnti(c) => c,
            _ => continue,
        };
        if let JoinConstraint::Using(columns) = constraint {
            columns.iter_mut().for_each(fold_object);
        }
    }
}

fn fold_wildcard(options: &mut datafusion::sql::sqlparser::ast::WildcardAdditionalOptions) {
    if let Some(except) = &mut options.opt_except {
        fold_ident(&mut except.first_element);
        except.additional_elements.iter_mut().for_each(fold_ident);
    }
}

fn fold_alias(alias: &mut TableAlias) {
    fold_ident(&mut alias.name);
    alias.columns.iter_mut().for_each(|c| fold_ident(&mut c.name));
}

fn fold_object(name: &mut ObjectName) {
    for part in &mut name.0 {
        if let datafusion::sql::sqlparser::ast::ObjectNamePart::Identifier(ident) = part {
            fold_ident(ident);
        }
    }
}

// Quoted from here on, so that nothing reads a name as a keyword or folds it otherwise.
fn fold_ident(ident: &mut Ident) {
    ident.value = fold(&ident.value);
    ident.quote_style = Some('`');
}
