//! A function before it is kept: it can be called, and calls what it may.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, Ident, ObjectName, Query, Statement, TableFactor, Value, Visit, VisitMut, Visitor, VisitorMut,
    visit_expressions,
};

use super::super::super::refused::WITHOUT_BRACKETS;
use super::super::super::rewrite::{fold, holds_aggregates};
use super::super::super::routines::{self, Body, Parameter, Returns, Routine};
use super::super::super::table::StoredTable;
use super::super::super::{errors, types};
use super::super::{Run, query};
use super::parts;
use super::read::{Written, user_error};
use crate::engine::SqlError;

fn twice<'a>(names: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    let mut seen = HashSet::new();
    let mut names = names;
    names.find(|name| !seen.insert(fold(name)))
}

/// The function, checked: it can be called.
pub(super) async fn made(run: &Run<'_>, written: Written) -> Result<Routine, SqlError> {
    let Written { temporary, name, parameters, returns, reads, mut body } = written;
    let view = run.view;
    let name = parts(&name)?;
    let (catalog, schema, name) = match (temporary, name.as_slice()) {
        (_, [name]) => (view.catalog.clone(), view.schema.clone(), name.clone()),
        (false, [schema, name]) => (view.catalog.clone(), schema.clone(), name.clone()),
        (false, [catalog, schema, name]) => (catalog.clone(), schema.clone(), name.clone()),
        _ => return Err(errors::unsupported("a function of this name")),
    };
    if !temporary {
        run.session.catalogs().require_writable(&catalog, &schema)?;
    }
    // Which goes first, the function or the parameter, depends on the place.
    let is_function = |name: &str| WITHOUT_BRACKETS.contains(&name) || name == "grouping__id";
    if let Some(parameter) = parameters.iter().find(|parameter| is_function(&fold(&parameter.name))) {
        return Err(errors::unsupported(format!("a parameter called {}", parameter.name)));
    }
    if let Some(name) = twice(parameters.iter().map(|parameter| &parameter.name)) {
        return Err(SqlError::new(
            "DUPLICATE_ROUTINE_PARAMETER_NAMES",
            "42734",
            format!("Found duplicate name(s) in the parameter list of the user-defined routine: {name}."),
        ));
    }
    if let Returns::Table(Some(columns)) = &returns
        && let Some(name) = twice(columns.iter().map(|(name, _)| name))
    {
        return Err(SqlError::new(
            "DUPLICATE_ROUTINE_RETURNS_COLUMNS",
            "42711",
            format!("Found duplicate column(s) in the RETURNS clause column list of the user-defined routine: {name}."),
        ));
    }
    let columns = match &returns {
        Returns::Table(columns) => columns.as_deref().unwrap_or_default(),
        Returns::Value(_) => &[],
    };
    let value = match &returns {
        Returns::Value(sql_type) => sql_type.as_ref(),
        Returns::Table(_) => None,
    };
    let sql_types = parameters.iter().map(|p| &p.sql_type).chain(columns.iter().map(|(_, sql_type)| sql_type));
    for sql_type in sql_types.chain(value) {
        types::parse(sql_type, StoredTable::ZONE)?;
    }
    defaults(run, &parameters).await?;
    if matches!((&returns, &body), (Returns::Table(_), Body::Expr(_))) {
        return Err(user_error("SQL_TABLE_UDF_BODY_MUST_BE_A_QUERY", "the body of a table function must be a query"));
    }
    if let Body::Expr(expr) = &body
        && holds_aggregates(expr)
    {
        return Err(user_error(
            "CANNOT_CONTAIN_COMPLEX_FUNCTIONS",
            "a function cannot contain aggregates, windows or generators",
        ));
    }
    let shown = if temporary { name.clone() } else { format!("{catalog}.{schema}.{name}") };
    let found = names_in(run, &mut body, temporary, (&catalog, &schema))?;
    let mut routine =
        Routine { name, shown, catalog, schema, parameters, returns, body, reads: reads.unwrap_or(false) };
    let calls = called(run, &routine)?;
    check_calls(&routine, &calls, temporary)?;
    routine.reads |= found || calls.iter().any(|(_, reads, _)| *reads);
    if reads == Some(false) && routine.reads {
        return Err(SqlError::new(
            "INVALID_SQL_FUNCTION_DATA_ACCESS",
            "42K0E",
            "Cannot create a SQL function with CONTAINS SQL that accesses a table/view or a SQL function that reads SQL data.",
        ));
    }
    planned(run, &routine).await?;
    Ok(routine)
}

async fn defaults(run: &Run<'_>, parameters: &[Parameter]) -> Result<(), SqlError> {
    let first = parameters.iter().position(|parameter| parameter.default.is_some());
    if let Some(first) = first
        && parameters[first..].iter().any(|parameter| parameter.default.is_none())
    {
        return Err(user_error(
            "NOT_A_VALID_DEFAULT_PARAMETER_POSITION",
            "a parameter without a default cannot follow one with a default",
        ));
    }
    for parameter in parameters {
        let Some(default) = &parameter.default else { continue };
        let is_query = |expr: &Expr| matches!(expr, Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. });
        let found = visit_expressions(default, |part| match is_query(part) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        if found.is_break() {
            return Err(user_error("NOT_A_VALID_DEFAULT_EXPRESSION", "a default cannot contain a subquery"));
        }
        let value = super::super::super::rewrite::typed_call::cast(&parameter.sql_type, default.clone());
        query::shape(run, query::select(vec![value])?, &[]).await?;
    }
    Ok(())
}

/// Gives the tables of a body their full names, and says whether there are any.
fn names_in(
    run: &Run<'_>,
    body: &mut Body,
    temporary: bool,
    (catalog, schema): (&str, &str),
) -> Result<bool, SqlError> {
    struct Names<'a> {
        run: &'a Run<'a>,
        temporary: bool,
        place: (&'a str, &'a str),
        /// The names of common table expressions.
        known: Vec<String>,
        found: bool,
    }

    impl VisitorMut for Names<'_> {
        type Break = SqlError;

        fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
            let tables = query.with.iter().flat_map(|with| &with.cte_tables);
            self.known.extend(tables.map(|cte| fold(&cte.alias.name.value)));
            ControlFlow::Continue(())
        }

        fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
            let TableFactor::Table { name, args: None, .. } = factor else { return ControlFlow::Continue(()) };
            let parts: Vec<String> =
                name.0.iter().filter_map(|part| part.as_ident()).map(|ident| fold(&ident.value)).collect();
            let full = match parts.as_slice() {
                [single] if self.known.contains(single) => return ControlFlow::Continue(()),
                [single] if self.run.view.temporary_views.contains_key(single) => {
                    self.found = true;
                    return match self.temporary {
                        true => ControlFlow::Continue(()),
                        false => ControlFlow::Break(temporary_reference(&format!("VIEW object `{single}`"))),
                    };
                }
                [single] => vec![self.place.0.to_owned(), self.place.1.to_owned(), single.clone()],
                [schema, table] => vec![self.place.0.to_owned(), schema.clone(), table.clone()],
                _ => parts,
            };
            self.found = true;
            *name = ObjectName::from(full.into_iter().map(|part| Ident::with_quote('`', part)).collect::<Vec<_>>());
            ControlFlow::Continue(())
        }
    }

    let mut names = Names { run, temporary, place: (catalog, schema), known: vec![], found: false };
    let done = match body {
        Body::Expr(expr) => expr.visit(&mut names),
        Body::Query(query) => query.visit(&mut names),
    };
    match done {
        ControlFlow::Continue(()) => Ok(names.found),
        ControlFlow::Break(error) => Err(error),
    }
}

fn temporary_reference(what: &str) -> SqlError {
    SqlError::new(
        "INVALID_TEMP_OBJ_REFERENCE",
        "42K0F",
        format!("Cannot create the persistent function because it references the temporary {what}."),
    )
}

/// A function that is called: what it is called in names, whether it reads tables, whether it is a session's own.
type Called = (String, bool, bool);

/// The functions that a function calls, and those that they call.
fn called(run: &Run<'_>, routine: &Routine) -> Result<Vec<Called>, SqlError> {
    struct Calls(Vec<ObjectName>);

    impl Visitor for Calls {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Function(Function { name, .. }) = expr {
                self.0.push(name.clone());
            }
            ControlFlow::Continue(())
        }

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            if let TableFactor::Table { name, args: Some(_), .. } = factor {
                self.0.push(name.clone());
            }
            ControlFlow::Continue(())
        }
    }

    let mut found: Vec<Called> = Vec::new();
    let mut open: Vec<(Body, String, String)> =
        vec![(routine.body.clone(), routine.catalog.clone(), routine.schema.clone())];
    while let Some((body, catalog, schema)) = open.pop() {
        let mut calls = Calls(vec![]);
        let _ = match &body {
            Body::Expr(expr) => expr.visit(&mut calls),
            Body::Query(query) => query.visit(&mut calls),
        };
        let view = run.view.within(&catalog, &schema);
        for name in calls.0 {
            let Some(inner) = routines::find(&name, &view, run.session.catalogs()) else { continue };
            if found.iter().any(|(shown, ..)| *shown == inner.shown) {
                continue;
            }
            found.push((inner.shown.clone(), inner.reads, inner.is_temporary()));
            open.push((inner.body.clone(), inner.catalog.clone(), inner.schema.clone()));
        }
    }
    Ok(found)
}

fn check_calls(routine: &Routine, calls: &[Called], temporary: bool) -> Result<(), SqlError> {
    if calls.iter().any(|(shown, ..)| *shown == routine.shown) {
        return Err(SqlError::new(
            "CYCLIC_FUNCTION_REFERENCE",
            "42887",
            format!("Cyclic function reference detected: {}.", routine.shown),
        ));
    }
    match calls.iter().find(|(_, _, own)| *own && !temporary) {
        Some((shown, ..)) => Err(temporary_reference(&format!("FUNCTION object `{shown}`"))),
        None => Ok(()),
    }
}

fn names_variable(run: &Run<'_>, error: &SqlError) -> bool {
    run.view.variables.keys().any(|name| fold(&error.text).contains(&format!("name `{name}`")))
}

/// Plans a call, with NULL for every argument, so that what is wrong with the body is said now.
async fn planned(run: &Run<'_>, routine: &Routine) -> Result<(), SqlError> {
    let nulls = routine
        .parameters
        .iter()
        .map(|parameter| super::super::super::rewrite::typed_call::cast(&parameter.sql_type, Expr::value(Value::Null)))
        .collect::<Vec<_>>();
    let statement: Statement = routines::trial(routine, &nulls, run.view, run.session.catalogs())?;
    // A name in the body would be taken for a parameter of whoever calls it.
    let view = Arc::new(run.view.without_variables());
    let shape = match query::shape(&Run { view: &view, ..*run }, statement, &[]).await {
        Err(error) if error.class.starts_with("UNRESOLVED_COLUMN") && names_variable(run, &error) => {
            return Err(errors::unsupported("a session variable in a function"));
        }
        Err(error) if error.class == "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION" && !nulls.is_empty() => {
            return Err(routines::suggested(routine, error));
        }
        shape => shape?,
    };
    let Returns::Table(Some(columns)) = &routine.returns else { return Ok(()) };
    match shape.fields().len() == columns.len() {
        true => Ok(()),
        false => Err(user_error(
            "RETURN_COLUMN_COUNT_MISMATCH",
            "the number of columns in the RETURNS clause is not that of the query",
        )),
    }
}
