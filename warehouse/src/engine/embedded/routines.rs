//! SQL functions of users: a call is the function's body with the arguments in the places of its parameters.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::common::Result as DfResult;
use datafusion::logical_expr::Expr as Planned;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArguments, Ident, ObjectName, Query,
    Select, SelectItem, SetExpr, Statement, TableAlias, TableFactor, VisitMut, VisitorMut,
};

use super::catalog::Catalogs;
use super::rewrite::typed_call::{call, cast, string};
use super::rewrite::{UNKNOWN, contains, fold, is_random, shown_name};
use super::session::SessionView;
use super::{errors, functions};
use crate::engine::SqlError;

mod substitute;

pub(super) use substitute::{PARAMETER, parameter};

/// The functions of a session or a schema by their lower-case name.
pub(super) type Routines = BTreeMap<String, Arc<Routine>>;

/// How many functions may call each other in turn.
const MAX_DEPTH: usize = 32;

/// The typed call that is a function's body. Its arguments are what it is called in a column's name, and the body.
pub(super) const ROUTINE: &str = "routine";

/// A SQL function.
#[derive(Debug)]
pub(crate) struct Routine {
    /// Its name without catalog and schema.
    pub(super) name: String,
    /// What it is called in the names of columns.
    pub(super) shown: String,
    /// Where the names of its body resolve.
    pub(super) catalog: String,
    pub(super) schema: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) returns: Returns,
    pub(super) body: Body,
    /// Whether it reads tables.
    pub(super) reads: bool,
}

/// A parameter with what stands for it when it is left out.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) sql_type: String,
    pub(super) default: Option<Expr>,
}

/// What a function gives: a value or a table, of the types that are written or of those of its body.
#[derive(Debug, Clone)]
pub(super) enum Returns {
    Value(Option<String>),
    Table(Option<Vec<(String, String)>>),
}

/// What a function does.
#[derive(Debug, Clone)]
pub(super) enum Body {
    Expr(Box<Expr>),
    Query(Box<Query>),
}

/// The body of a call.
pub(super) fn body(mut args: Vec<Planned>) -> DfResult<Planned> {
    args.pop().ok_or_else(|| errors::carried(errors::internal("a function without a body")))
}

/// Puts the bodies of users' functions in the places of their calls.
pub(super) fn expand(
    statement: &mut impl VisitMut,
    session: &SessionView,
    catalogs: &Catalogs,
) -> Result<(), SqlError> {
    Expander { session, catalogs, depth: 0, sorts: vec![] }.run(statement)
}

/// The function of a name, as far as it is a user's.
pub(super) fn find(name: &ObjectName, session: &SessionView, catalogs: &Catalogs) -> Option<Arc<Routine>> {
    let parts: Option<Vec<String>> =
        name.0.iter().map(|part| part.as_ident().map(|ident| fold(&ident.value))).collect();
    let parts = parts?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        [name] if functions::is_builtin(name) => None,
        [name] => {
            session.routines.get(*name).cloned().or_else(|| catalogs.routine(&session.catalog, &session.schema, name))
        }
        ["session", name] | ["system", "session", name] => session.routines.get(*name).cloned(),
        [schema, name] => catalogs.routine(&session.catalog, schema, name),
        [catalog, schema, name] => catalogs.routine(catalog, schema, name),
        _ => None,
    }
}

struct Expander<'a> {
    session: &'a SessionView,
    catalogs: &'a Catalogs,
    depth: usize,
    /// Of each surrounding query, how it sorts and limits its rows, where no function of a user may stand.
    sorts: Vec<String>,
}

impl VisitorMut for Expander<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        let order = query.order_by.as_ref().map(ToString::to_string).unwrap_or_default();
        let limit = query.limit_clause.as_ref().map(ToString::to_string).unwrap_or_default();
        self.sorts.push(format!("{order} {limit}"));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.sorts.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        let volatile = |expr: &Expr| match expr {
            Expr::Function(function) => {
                find(&function.name, self.session, self.catalogs).is_some_and(|routine| match &routine.body {
                    Body::Expr(expr) => is_random(expr.as_ref()),
                    Body::Query(query) => is_random(query.as_ref()),
                })
            }
            _ => false,
        };
        let mut joins = select.from.iter().flat_map(|table| &table.joins);
        match joins.any(|join| contains(&join.join_operator, volatile)) {
            true => ControlFlow::Break(SqlError::new(
                "INVALID_NON_DETERMINISTIC_EXPRESSIONS",
                "42K0E",
                "The operator expects a deterministic expression, but the actual expression is of a random function.",
            )),
            false => ControlFlow::Continue(()),
        }
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let Some(routine) = find(&function.name, self.session, self.catalogs) else {
            return ControlFlow::Continue(());
        };
        match self.value(function, &routine) {
            Ok(value) => {
                *expr = value;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        let TableFactor::Table { name, args: Some(args), alias, .. } = factor else {
            return ControlFlow::Continue(());
        };
        let Some(routine) = find(name, self.session, self.catalogs) else { return ControlFlow::Continue(()) };
        match self.table(&routine, &args.args, alias.clone()) {
            Ok(table) => {
                *factor = table;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Expander<'_> {
    fn run(mut self, statement: &mut impl VisitMut) -> Result<(), SqlError> {
        match statement.visit(&mut self) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(error) => Err(error),
        }
    }

    /// The body with the functions that it calls in their turn, whose names resolve where the function was made.
    fn inner(&self, routine: &Routine) -> Result<Body, SqlError> {
        if self.depth >= MAX_DEPTH {
            return Err(errors::too_complex("functions call each other too deeply"));
        }
        let session = self.session.within(&routine.catalog, &routine.schema);
        let inner = Expander { session: &session, catalogs: self.catalogs, depth: self.depth + 1, sorts: vec![] };
        let mut body = routine.body.clone();
        match &mut body {
            Body::Expr(expr) => inner.run(expr.as_mut())?,
            Body::Query(query) => inner.run(query.as_mut())?,
        }
        Ok(body)
    }

    /// The arguments, in whose defaults functions are called in their turn.
    fn with_defaults(&self, routine: &Routine, args: &[FunctionArg]) -> Result<Vec<Expr>, SqlError> {
        let session = self.session.within(&routine.catalog, &routine.schema);
        let mut parameters = routine.parameters.clone();
        for default in parameters.iter_mut().filter_map(|parameter| parameter.default.as_mut()) {
            if self.depth >= MAX_DEPTH {
                return Err(errors::too_complex("functions call each other too deeply"));
            }
            let inner = Expander { session: &session, catalogs: self.catalogs, depth: self.depth + 1, sorts: vec![] };
            inner.run(default)?;
        }
        arguments(routine, &parameters, args)
    }

    fn value(&self, function: &Function, routine: &Routine) -> Result<Expr, SqlError> {
        let plain = function.over.is_none() && function.filter.is_none() && function.within_group.is_empty();
        let args = match &function.args {
            FunctionArguments::List(list) if plain && list.duplicate_treatment.is_none() && list.clauses.is_empty() => {
                list.args.as_slice()
            }
            _ => return Err(errors::unsupported(format!("the function {} called in this way", routine.name))),
        };
        let Returns::Value(sql_type) = &routine.returns else {
            return Err(SqlError::new(
                "NOT_A_SCALAR_FUNCTION",
                "42887",
                format!(
                    "{} appears as a scalar expression here, but the function was defined as a table function.",
                    routine.shown
                ),
            ));
        };
        let sorted = self.sorts.last().is_some_and(|sort| sort.contains(&function.to_string()));
        if sorted {
            return Err(SqlError::new(
                "UNSUPPORTED_SQL_UDF_USAGE",
                "0A000",
                format!("Using SQL function {} in ORDER BY or LIMIT is not supported.", routine.shown),
            ));
        }
        let args = self.with_defaults(routine, args)?;
        let written: Vec<String> = match &function.args {
            FunctionArguments::List(list) => list.args.iter().map(argument_name).collect(),
            _ => vec![],
        };
        // A field is shown with its column, which may be a table as well.
        let has_fields = args.iter().any(|arg| contains(arg, |expr| matches!(expr, Expr::CompoundIdentifier(_))));
        let shown = match has_fields {
            true => UNKNOWN.to_string(),
            false => format!("{}({})", routine.shown, written.join(", ")),
        };
        let body = self.inner(routine)?;
        let value = match substitute::run(routine, body, &args)? {
            Body::Expr(expr) => *expr,
            Body::Query(query) => substitute::only_value(query),
        };
        let value = match sql_type {
            Some(sql_type) => cast(sql_type, value),
            None => value,
        };
        Ok(call(ROUTINE, vec![string(&shown), value]))
    }

    fn table(
        &self,
        routine: &Routine,
        args: &[FunctionArg],
        alias: Option<TableAlias>,
    ) -> Result<TableFactor, SqlError> {
        let Returns::Table(columns) = &routine.returns else {
            return Err(SqlError::new(
                "NOT_A_TABLE_FUNCTION",
                "42887",
                format!(
                    "{} appears as a table function here, but the function was defined as a scalar function.",
                    routine.shown
                ),
            ));
        };
        let args = self.with_defaults(routine, args)?;
        let lateral = args.iter().any(substitute::has_columns);
        let body = self.inner(routine)?;
        let Body::Query(mut query) = substitute::run(routine, body, &args)? else {
            return Err(errors::internal("a table function without a query"));
        };
        if let Some(columns) = columns {
            typed_columns(&mut query, columns)?;
        }
        let alias = alias.unwrap_or_else(|| TableAlias {
            explicit: true,
            name: Ident::with_quote('`', &routine.name),
            columns: vec![],
            at: None,
        });
        Ok(TableFactor::Derived { lateral, subquery: query, alias: Some(alias), sample: None })
    }
}

fn argument_name(arg: &FunctionArg) -> String {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
        | FunctionArg::Named { arg: FunctionArgExpr::Expr(expr), .. } => shown_name(expr),
        other => other.to_string(),
    }
}

/// The arguments in the order of the parameters and in their types.
fn arguments(routine: &Routine, parameters: &[Parameter], args: &[FunctionArg]) -> Result<Vec<Expr>, SqlError> {
    let mut given: Vec<Option<Expr>> = vec![None; parameters.len()];
    if args.len() > parameters.len() {
        return Err(wrong_count(routine, args.len()));
    }
    for (position, arg) in args.iter().enumerate() {
        match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => given[position] = Some(expr.clone()),
            FunctionArg::Named {
                name,
                arg: FunctionArgExpr::Expr(expr),
                operator: FunctionArgOperator::RightArrow,
            } => {
                let own = |parameter: &Parameter| fold(&parameter.name) == fold(&name.value);
                match parameters.iter().position(own) {
                    Some(at) if given[at].is_none() => given[at] = Some(expr.clone()),
                    _ => return Err(errors::unsupported(format!("the argument {name} of {}", routine.name))),
                }
            }
            other => return Err(errors::unsupported(format!("the argument {other} of {}", routine.name))),
        }
    }
    let value = |(parameter, given): (&Parameter, Option<Expr>)| {
        let value = given.or_else(|| parameter.default.clone()).ok_or_else(|| wrong_count(routine, args.len()))?;
        Ok(cast(&parameter.sql_type, value))
    };
    parameters.iter().zip(given).map(value).collect()
}

fn wrong_count(routine: &Routine, found: usize) -> SqlError {
    let most = routine.parameters.len();
    let least = routine.parameters.iter().filter(|parameter| parameter.default.is_none()).count();
    let wanted = if least == most { most.to_string() } else { format!("[{least}, {most}]") };
    SqlError::new(
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        "42605",
        format!("The `{}` requires {wanted} parameters but the actual number is {found}.", routine.name),
    )
}

/// Gives the columns of a query names and types.
fn typed_columns(query: &mut Query, columns: &[(String, String)]) -> Result<(), SqlError> {
    let SetExpr::Select(select) = query.body.as_mut() else {
        return named_outside(query, columns);
    };
    let is_plain = |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
    let fits = select.projection.len() == columns.len() && select.projection.iter().all(is_plain);
    if !fits || select.distinct.is_some() || query.order_by.is_some() {
        return named_outside(query, columns);
    }
    for (item, (name, sql_type)) in select.projection.iter_mut().zip(columns) {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            let expr = cast(sql_type, expr.clone());
            *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('`', name) };
        }
    }
    Ok(())
}

fn named_outside(query: &mut Query, columns: &[(String, String)]) -> Result<(), SqlError> {
    let list: Vec<String> = columns.iter().map(|(name, _)| errors::quote(&[name])).collect();
    let outer = format!("SELECT {0} FROM (SELECT 1) AS `t`({0})", list.join(", "));
    let Statement::Query(mut outer) = super::parse::statement(&outer)? else {
        return Err(errors::internal("a query was expected"));
    };
    if let SetExpr::Select(select) = outer.body.as_mut() {
        for (item, (name, sql_type)) in select.projection.iter_mut().zip(columns) {
            if let SelectItem::UnnamedExpr(expr) = item {
                let expr = cast(sql_type, expr.clone());
                *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('`', name) };
            }
        }
        if let Some(TableFactor::Derived { subquery, .. }) = select.from.first_mut().map(|from| &mut from.relation) {
            **subquery = query.clone();
        }
    }
    *query = *outer;
    Ok(())
}

/// Whether every value of a select is worked out from nothing else: no table, and no row is left out.
fn is_row(select: &Select) -> bool {
    select.from.is_empty()
        && select.selection.is_none()
        && select.having.is_none()
        && select.distinct.is_none()
        && select.qualify.is_none()
        && select.lateral_views.is_empty()
}

/// Whether another evaluation may give something else.
fn is_volatile(expr: &Expr) -> bool {
    is_random(expr)
}

impl Routine {
    /// Whether it is a session's own.
    pub(super) fn is_temporary(&self) -> bool {
        self.shown == self.name
    }
}

/// A query of a call with these arguments, without the types that the function gives to its columns.
pub(super) fn trial(
    routine: &Routine,
    args: &[Expr],
    session: &SessionView,
    catalogs: &Catalogs,
) -> Result<Statement, SqlError> {
    let expander = Expander { session, catalogs, depth: 0, sorts: vec![] };
    let body = substitute::run(routine, expander.inner(routine)?, args)?;
    match (&routine.returns, body) {
        (Returns::Table(_), Body::Query(query)) => Ok(Statement::Query(query)),
        (Returns::Value(sql_type), body) => {
            let value = match body {
                Body::Expr(expr) => *expr,
                Body::Query(query) => substitute::only_value(query),
            };
            let value = match sql_type {
                Some(sql_type) => cast(sql_type, value),
                None => value,
            };
            let mut statement = super::parse::statement("SELECT 1 AS value")?;
            if let Statement::Query(query) = &mut statement
                && let SetExpr::Select(select) = query.body.as_mut()
            {
                select.projection =
                    vec![SelectItem::ExprWithAlias { expr: value, alias: Ident::with_quote('`', "value") }];
            }
            Ok(statement)
        }
        _ => Err(errors::internal("a table function without a query")),
    }
}

/// A column that is not there, where the parameters are suggested in its place.
pub(super) fn suggested(routine: &Routine, error: SqlError) -> SqlError {
    let is_parameter = routine.parameters.iter().any(|parameter| error.text.contains(&format!("`{}`", parameter.name)));
    match is_parameter {
        true => error,
        false => SqlError { class: "UNRESOLVED_COLUMN.WITH_SUGGESTION".to_owned(), ..error },
    }
}
