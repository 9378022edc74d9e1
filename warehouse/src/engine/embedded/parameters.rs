//! Values for the markers of a statement.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::arrow::datatypes::DataType;
use datafusion::sql::sqlparser::ast::{Expr, Value, ValueWithSpan, VisitMut, VisitorMut};

use super::errors;
use super::rewrite::{shown_local_time, shown_timestamp, typed_call};
use crate::engine::{Marker, Parameter, SqlError};

/// Puts a typed literal in the place of every marker. Named values without a marker are ignored.
pub(super) fn bind(statement: &mut impl VisitMut, parameters: &[Parameter], zone: &str) -> Result<(), SqlError> {
    let mut binder = Binder { named: BTreeMap::new(), ordinal: BTreeMap::new(), seen: 0, zone };
    for parameter in parameters {
        match &parameter.marker {
            Marker::Named(name) => binder.named.insert(name.to_lowercase(), parameter),
            Marker::Ordinal(position) => binder.ordinal.insert(*position, parameter),
        };
    }
    if !binder.named.is_empty() && !binder.ordinal.is_empty() {
        return Err(SqlError::new(
            "INVALID_QUERY_MIXED_QUERY_PARAMETERS",
            "42613",
            "Parameterized query must either use positional, or named parameters, but not both.",
        ));
    }
    match statement.visit(&mut binder) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Binder<'a> {
    named: BTreeMap<String, &'a Parameter>,
    ordinal: BTreeMap<usize, &'a Parameter>,
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
            Some(name) => self.named.get(&name.trim_matches('`').to_lowercase()),
            None if marker == "?" => {
                self.seen += 1;
                self.ordinal.get(&self.seen)
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
        literal(parameter, self.zone)
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
