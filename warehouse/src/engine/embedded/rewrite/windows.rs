//! Windows by name: what a WINDOW clause defines stands in the place of its name.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, NamedWindowDefinition, NamedWindowExpr, Query, Select, SetExpr, Statement, VisitMut, VisitorMut,
    WindowSpec, WindowType,
};

use super::super::errors;
use super::fold::fold;
use crate::engine::SqlError;

/// Puts the definition of every window in the place of its name.
pub(in super::super) fn resolve_windows(statement: &mut Statement) -> Result<(), SqlError> {
    match statement.visit(&mut Resolver::default()) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

type Windows = HashMap<String, WindowSpec>;

/// The windows of the surrounding queries and select lists, the innermost last.
#[derive(Default)]
struct Resolver {
    scopes: Vec<Windows>,
}

impl VisitorMut for Resolver {
    type Break = SqlError;

    // ORDER BY stands outside of the select list whose windows it may name.
    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        let windows = match query.body.as_ref() {
            SetExpr::Select(select) => defined(&select.named_window),
            _ => Ok(Windows::new()),
        };
        self.enter(windows)
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        let windows = defined(&select.named_window);
        select.named_window.clear();
        self.enter(windows)
    }

    fn post_visit_select(&mut self, _: &mut Select) -> ControlFlow<SqlError> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let spec = match &function.over {
            Some(WindowType::NamedWindow(name)) => self.window(name),
            Some(WindowType::WindowSpec(WindowSpec {
                window_name: Some(name),
                partition_by,
                order_by,
                window_frame,
            })) => match partition_by.is_empty() && order_by.is_empty() && window_frame.is_none() {
                true => self.window(name),
                false => Err(errors::unsupported(format!("the window {name} with more than its definition"))),
            },
            _ => return ControlFlow::Continue(()),
        };
        match spec {
            Ok(spec) => {
                function.over = Some(WindowType::WindowSpec(spec));
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Resolver {
    fn enter(&mut self, windows: Result<Windows, SqlError>) -> ControlFlow<SqlError> {
        match windows {
            Ok(windows) => {
                self.scopes.push(windows);
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }

    fn window(&self, name: &Ident) -> Result<WindowSpec, SqlError> {
        let found = self.scopes.last().and_then(|windows| windows.get(&fold(&name.value)));
        found.cloned().ok_or_else(|| missing(name))
    }
}

fn missing(name: &Ident) -> SqlError {
    SqlError::new(
        "MISSING_WINDOW_SPECIFICATION",
        "42P20",
        format!("Window specification is not defined in the WINDOW clause for `{}`.", name.value),
    )
}

/// What a WINDOW clause defines; a window may be another's second name.
fn defined(definitions: &[NamedWindowDefinition]) -> Result<Windows, SqlError> {
    let mut windows = Windows::new();
    for NamedWindowDefinition(name, definition) in definitions {
        let other = match definition {
            NamedWindowExpr::NamedWindow(other) => Some(other),
            NamedWindowExpr::WindowSpec(spec) => spec.window_name.as_ref(),
        };
        let spec = match (other, definition) {
            (Some(other), _) => windows.get(&fold(&other.value)).cloned().ok_or_else(|| missing(other))?,
            (None, NamedWindowExpr::WindowSpec(spec)) => spec.clone(),
            (None, NamedWindowExpr::NamedWindow(other)) => return Err(missing(other)),
        };
        if windows.insert(fold(&name.value), spec).is_some() {
            return Err(errors::unsupported(format!("two windows of the name {name}")));
        }
    }
    Ok(windows)
}
