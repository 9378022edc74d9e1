//! Values for the markers of a statement.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::arrow::datatypes::DataType;
use datafusion::sql::sqlparser::ast::{Expr, Value, ValueWithSpan, Visit, VisitMut, VisitorMut, visit_expressions};

use super::errors;
use super::rewrite::{shown_local_time, shown_timestamp, typed_call};
use crate::engine::{Marker, Parameter, SqlError};

/// The values of a statement's markers.
#[derive(Debug, Default)]
pub(super) struct Bindings<'a> {
    named: BTreeMap<String, Bound<'a>>,
    ordinal: BTreeMap<usize, Bound<'a>>,
    /// Whether they are those of EXECUTE IMMEDIATE: its arguments count in their order too where they have names.
    of_text: bool,
    unnamed: bool,
}

/// A marker's value.
#[derive(Debug, Clone)]
enum Bound<'a> {
    Parameter(&'a Parameter),
    Expr(Box<Expr>),
}

impl<'a> Bindings<'a> {
    /// The values that a client sends.
    pub(super) fn of_client(parameters: &'a [Parameter]) -> Self {
        let mut bindings = Self::default();
        for parameter in parameters {
            let value = Bound::Parameter(parameter);
            match &parameter.marker {
                Marker::Named(name) => bindings.named.insert(name.to_lowercase(), value),
                Marker::Ordinal(position) => bindings.ordinal.insert(*position, value),
            };
        }
        bindings
    }

    /// The arguments of EXECUTE IMMEDIATE, with their names where they have one.
    pub(super) fn of_arguments(arguments: Vec<(Option<String>, Expr)>) -> Self {
        let mut bindings = Self { of_text: true, ..Self::default() };
        for (position, (name, value)) in arguments.into_iter().enumerate() {
            bindings.unnamed |= name.is_none();
            if let Some(name) = name {
                bindings.named.insert(name.to_lowercase(), Bound::Expr(Box::new(value.clone())));
            }
            bindings.ordinal.insert(position + 1, Bound::Expr(Box::new(value)));
        }
        bindings
    }

    /// Puts a value in the place of every marker. Named values without a marker are ignored.
    pub(super) fn bind(&self, statement: &mut impl VisitMut, zone: &str) -> Result<(), SqlError> {
        if !self.of_text && !self.named.is_empty() && !self.ordinal.is_empty() {
            return Err(mixed());
        }
        let mut binder = Binder { bindings: self, named: 0, seen: 0, zone };
        match statement.visit(&mut binder) {
            ControlFlow::Continue(()) if self.of_text && binder.named > 0 && binder.seen > 0 => Err(mixed()),
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(error) => Err(error),
        }
    }
}

fn mixed() -> SqlError {
    SqlError::new(
        "INVALID_QUERY_MIXED_QUERY_PARAMETERS",
        "42613",
        "Parameterized query must either use positional, or named parameters, but not both.",
    )
}

/// Whether a marker stands in a part of a statement.
pub(super) fn has_markers(part: &impl Visit) -> bool {
    visit_expressions(part, |expr| match expr {
        Expr::Value(ValueWithSpan { value: Value::Placeholder(_), .. }) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

struct Binder<'a> {
    bindings: &'a Bindings<'a>,
    named: usize,
    seen: usize,
    zone: &'a str,
}

impl VisitorMut for Binder<'_> {
    type Break = SqlError;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let Expr::Value(ValueWithSpan { value: Value::Placeholder(marker), .. }) = expr else {
            return ControlFlow::Continue(());
        };
        match self.value(marker) {
            Ok(value) => {
                *expr = value;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Binder<'_> {
    fn value(&mut self, marker: &str) -> Result<Expr, SqlError> {
        let parameter = match marker.strip_prefix(':') {
            Some(name) => {
                self.named += 1;
                if self.bindings.of_text && self.seen > 0 {
                    return Err(mixed());
                }
                if self.bindings.of_text && self.bindings.unnamed {
                    return Err(SqlError::new(
                        "ALL_PARAMETERS_MUST_BE_NAMED",
                        "07001",
                        "Using name parameterized queries requires all parameters to be named.",
                    ));
                }
                self.bindings.named.get(&name.trim_matches('`').to_lowercase())
            }
            None if marker == "?" => {
                self.seen += 1;
                self.bindings.ordinal.get(&self.seen)
            }
            None => return Err(errors::syntax(format!("Syntax error at or near '{marker}'."))),
        };
        let Some(parameter) = parameter else {
            let name = match marker.strip_prefix(':') {
                Some(name) => name.trim_matches('`').to_owned(),
                None => format!("_{}", self.seen),
            };
            return Err(SqlError::new(
                "UNBOUND_SQL_PARAMETER",
                "42P02",
                format!(
                    "Found the unbound parameter: {name}. Please, fix `args` and provide a mapping of the parameter to a SQL literal."
                ),
            ));
        };
        match parameter {
            Bound::Parameter(parameter) => literal(parameter, self.zone),
            Bound::Expr(value) => Ok((**value).clone()),
        }
    }
}

/// A timestamp's text as it is shown, of the same value; that of others as it is.
fn shown<'a>(text: &'a str, data_type: &DataType, zone: &str) -> Cow<'a, str> {
    let shown = match data_type {
        DataType::Timestamp(_, None) => shown_local_time(text),
        DataType::Timestamp(..) => zone.parse().ok().and_then(|zone| shown_timestamp(text, zone)),
        _ => None,
    };
    shown.map_or(Cow::Borrowed(text), Cow::Owned)
}

fn literal(parameter: &Parameter, zone: &str) -> Result<Expr, SqlError> {
    let sql_type = match parameter.sql_type.trim() {
        "" => "STRING",
        named => named,
    };
    let data_type = super::types::parse(sql_type, zone)?;
    let value = match &parameter.value {
        Some(text) => typed_call::string(&shown(text, &data_type, zone)),
        None => Expr::value(Value::Null),
    };
    let is_void = sql_type.eq_ignore_ascii_case("VOID") || sql_type.eq_ignore_ascii_case("NULL");
    match (&parameter.value, is_void) {
        (Some(text), true) => Err(SqlError::new(
            "INVALID_PARAMETER_VALUE",
            "22023",
            format!("A parameter of type VOID can't have the value '{text}'; leave the value out."),
        )),
        (None, true) => Ok(value),
        _ => Ok(typed_call::cast(sql_type, value)),
    }
}
