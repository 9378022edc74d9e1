//! Arguments in the places of a function's parameters.

use std::ops::ControlFlow;

use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::Expr as Planned;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, Query, SelectItem, SetExpr,
    TableFactor, VisitMut, VisitorMut, visit_expressions,
};

use super::super::errors;
use super::super::operators::Typed;
use super::super::rewrite::typed_call::{call, string};
use super::super::rewrite::{fold, holds_aggregates};
use super::{Body, Routine, is_row, is_volatile};
use crate::engine::SqlError;

/// The typed call of a parameter where a column may have its name: the column goes first. Its arguments are the name and the value.
pub(in super::super) const PARAMETER: &str = "parameter";

/// The column or the argument that a parameter's name stands for.
pub(in super::super) fn parameter(args: Vec<Planned>, typed: &Typed<'_>) -> DfResult<Planned> {
    let [Planned::Literal(ScalarValue::Utf8(Some(name)), _), value] = args.as_slice() else {
        return Err(errors::carried(errors::internal("a parameter without a name")));
    };
    match typed.schema.qualified_fields_with_unqualified_name(name).first() {
        Some((qualifier, field)) => Ok(Planned::from((*qualifier, *field))),
        None => Ok(value.clone()),
    }
}

/// Whether an expression names columns, which another query may have as well.
pub(super) fn has_columns(expr: &Expr) -> bool {
    visit_expressions(expr, |part| match part {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

/// The body with the arguments in it.
pub(super) fn run(routine: &Routine, mut body: Body, args: &[Expr]) -> Result<Body, SqlError> {
    let outer = usize::from(matches!(body, Body::Query(_)));
    let mut substitution = Substitution { routine, args, outer, tables: vec![], used: vec![0; args.len()] };
    let done = match &mut body {
        Body::Expr(expr) => expr.visit(&mut substitution),
        Body::Query(query) => query.visit(&mut substitution),
    };
    if let ControlFlow::Break(error) = done {
        return Err(error);
    }
    let twice = substitution.used.iter().zip(args).any(|(used, arg)| *used > 1 && is_volatile(arg));
    match twice {
        true => Err(errors::unsupported(format!("a random argument of {}, which takes it twice,", routine.name))),
        false => Ok(body),
    }
}

/// The value of a query that is a value.
pub(super) fn only_value(query: Box<Query>) -> Expr {
    match row_value(&query) {
        Some(value) => value,
        None => Expr::Subquery(query),
    }
}

fn row_value(query: &Query) -> Option<Expr> {
    if !is_plain_row(query) {
        return None;
    }
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    match select.projection.as_slice() {
        [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] => Some(expr.clone()),
        _ => None,
    }
}

/// Whether a query has one row, which no table takes part in.
pub(in super::super) fn is_plain_row(query: &Query) -> bool {
    let SetExpr::Select(select) = query.body.as_ref() else { return false };
    query.with.is_none()
        && query.limit_clause.is_none()
        && is_row(select)
        && matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty())
        && !holds_aggregates(select.as_ref())
}

struct Substitution<'a> {
    routine: &'a Routine,
    args: &'a [Expr],
    /// How many queries the body itself is.
    outer: usize,
    /// Whether each surrounding query has tables, and those of them by name.
    tables: Vec<Option<Vec<String>>>,
    used: Vec<usize>,
}

impl VisitorMut for Substitution<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        self.tables.push(tables(&query.body));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.tables.pop();
        ControlFlow::Continue(())
    }

    // A STRUCT calls its fields by the parameters that it takes.
    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let named = |expr: &mut Expr| {
            if let Expr::Identifier(name) = expr {
                *expr = Expr::Named { name: name.clone(), expr: Box::new(expr.clone()) };
            }
        };
        match expr {
            Expr::Struct { values, fields } if fields.is_empty() => values.iter_mut().for_each(named),
            Expr::Function(Function { name, args: FunctionArguments::List(list), .. })
                if name.to_string().eq_ignore_ascii_case("struct") =>
            {
                for arg in &mut list.args {
                    if let FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) = arg {
                        named(value);
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    // From the leaves up, so that what is put in is not visited again.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        match self.replaced(expr) {
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(new)) => {
                *expr = new;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Substitution<'_> {
    fn replaced(&mut self, expr: &Expr) -> Result<Option<Expr>, SqlError> {
        let parts = match expr {
            Expr::Identifier(name) => std::slice::from_ref(name),
            Expr::CompoundIdentifier(parts) => parts.as_slice(),
            Expr::Lambda(_) => {
                return Err(errors::unsupported(format!("the function {} with a lambda", self.routine.name)));
            }
            _ => return Ok(None),
        };
        let Some((position, qualified, fields)) = self.known(parts) else { return Ok(None) };
        // What is two queries away does not see the parameters.
        if self.tables.len() > self.outer + 1 {
            return Ok(None);
        }
        let with_tables = self.tables.iter().flatten().count();
        let arg = &self.args[position];
        if with_tables > 0 && self.may_be_captured(arg) {
            let name = &self.routine.name;
            return Err(errors::unsupported(format!("a column as an argument of {name}, which reads tables,")));
        }
        let innermost = self.tables.last().is_some_and(Option::is_some);
        let value = match with_tables {
            0 => arg.clone(),
            _ if qualified => arg.clone(),
            1 if innermost => {
                let name = fold(&self.routine.parameters[position].name);
                call(PARAMETER, vec![string(&name), arg.clone()])
            }
            _ => {
                let name = &self.routine.name;
                return Err(errors::unsupported(format!("the parameters of {name} in a subquery")));
            }
        };
        self.used[position] += 1;
        let field = |value, field: &Ident| call(".", vec![value, string(&field.value)]);
        Ok(Some(fields.iter().fold(value, field)))
    }

    /// The parameter that a name begins with, whether the function's name is before it, and the fields behind it.
    fn known<'b>(&self, parts: &'b [Ident]) -> Option<(usize, bool, &'b [Ident])> {
        let find = |part: &Ident| {
            self.routine.parameters.iter().position(|parameter| fold(&parameter.name) == fold(&part.value))
        };
        if let [function, name, fields @ ..] = parts
            && fold(&function.value) == fold(&self.routine.name)
            && let Some(position) = find(name)
        {
            return Some((position, true, fields));
        }
        let (first, fields) = parts.split_first()?;
        // A table of the name goes first.
        let is_table =
            !fields.is_empty() && self.tables.iter().flatten().flatten().any(|table| *table == fold(&first.value));
        if is_table {
            return None;
        }
        find(first).map(|position| (position, false, fields))
    }

    /// Whether a column of an argument could be taken for one of the tables of the body.
    fn may_be_captured(&self, arg: &Expr) -> bool {
        let tables: Vec<&String> = self.tables.iter().flatten().flatten().collect();
        visit_expressions(arg, |part| match part {
            Expr::Identifier(_) => ControlFlow::Break(()),
            Expr::CompoundIdentifier(parts)
                if parts.first().is_none_or(|part| tables.contains(&&fold(&part.value))) =>
            {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        })
        .is_break()
    }
}

/// The names of the tables of a query; `None` when it has none.
fn tables(body: &SetExpr) -> Option<Vec<String>> {
    match body {
        SetExpr::Select(select) if select.from.is_empty() => None,
        SetExpr::Select(select) => {
            let relations = select.from.iter().flat_map(|table| {
                std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
            });
            Some(relations.filter_map(name).collect())
        }
        SetExpr::Query(query) => tables(&query.body),
        SetExpr::SetOperation { left, right, .. } => {
            let (left, right) = (tables(left), tables(right));
            match (left, right) {
                (None, None) => None,
                (left, right) => Some(left.into_iter().chain(right).flatten().collect()),
            }
        }
        _ => None,
    }
}

fn name(relation: &TableFactor) -> Option<String> {
    match relation {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            Some(fold(&alias.name.value))
        }
        TableFactor::Table { name, .. } => {
            name.0.last().and_then(|part| part.as_ident()).map(|ident| fold(&ident.value))
        }
        _ => None,
    }
}
