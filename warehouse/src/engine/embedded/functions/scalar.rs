//! Functions of one row's values.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::functions as df;
use datafusion::logical_expr::{Expr, ScalarUDF, lit};

use super::super::arithmetic::{OnZero, Operation};
use super::super::errors;
use super::super::operators::Typed;
use super::{nested, wrong_count};

/// Plans the function of this name; `None` when there is none.
pub(super) fn plan(name: &str, args: Vec<Expr>, typed: &Typed<'_>) -> DfResult<Option<Expr>> {
    if let Some((function, parameters)) = engine_function(name) {
        return with_parameters(name, &function, &parameters, args, typed).map(Some);
    }
    let count = args.len();
    let mut args = args.into_iter();
    let mut next = || args.next().unwrap_or_else(|| lit(ScalarValue::Null));
    Ok(Some(match (name, count) {
        ("current_catalog", 0) => lit(typed.session.catalog.as_str()),
        ("current_schema" | "current_database", 0) => lit(typed.session.schema.as_str()),
        ("current_user" | "user" | "session_user", 0) => lit(typed.session.user.as_str()),
        ("current_timezone", 0) => lit(typed.session.time_zone()),
        ("version", 0) => lit(concat!("local-warehouse ", env!("CARGO_PKG_VERSION"))),
        ("now" | "current_timestamp", 0) => typed.session.now(),
        ("current_date" | "curdate", 0) => typed.cast(typed.session.now(), &DataType::Date32)?,
        ("pi", 0) => lit(std::f64::consts::PI),
        ("e", 0) => lit(std::f64::consts::E),
        ("negative", 1) => {
            let value = next();
            let zero = typed.cast(lit(0_i32), &numeric_or_null(typed, &value)?)?;
            typed.arithmetic(Operation::Subtract, zero, value, OnZero::Error)?
        }
        ("positive", 1) => next(),
        ("mod", 2) => typed.arithmetic(Operation::Remainder, next(), next(), OnZero::Error)?,
        ("try_divide", 2) => typed.arithmetic(Operation::Divide, next(), next(), OnZero::Null)?,
        ("try_add", 2) => typed.arithmetic(Operation::Add, next(), next(), OnZero::Null)?,
        ("try_subtract", 2) => typed.arithmetic(Operation::Subtract, next(), next(), OnZero::Null)?,
        ("try_multiply", 2) => typed.arithmetic(Operation::Multiply, next(), next(), OnZero::Null)?,
        ("array", _) => nested::array(typed, std::iter::from_fn(|| args.next()).collect())?,
        ("map", _) => nested::map(typed, std::iter::from_fn(|| args.next()).collect())?,
        ("named_struct", _) => nested::named_struct(std::iter::from_fn(|| args.next()).collect())?,
        ("get_item", 2) => nested::item(typed, next(), next())?,
        ("element_at", 2) => nested::element_at(typed, next(), next())?,
        ("get_field", 2) => {
            let value = next();
            let data_type = typed.type_of(&value)?;
            match next() {
                Expr::Literal(ScalarValue::Utf8(Some(field)), _) => nested::field_of(value, &data_type, &field)?.0,
                other => return Err(errors::carried(errors::internal(&format!("a field called {other}")))),
            }
        }
        _ => return Ok(None),
    }))
}

fn numeric_or_null(typed: &Typed<'_>, value: &Expr) -> DfResult<DataType> {
    match typed.type_of(value)? {
        DataType::Null | DataType::Utf8 => Ok(DataType::Float64),
        DataType::Decimal128(precision, scale) => Ok(DataType::Decimal128(precision, scale)),
        found if found.is_numeric() => Ok(found),
        found => Err(typed.mismatch("-", &[found])),
    }
}

/// A function of the engine's that means the same, with the types of its parameters; the last ones may be left out.
fn engine_function(name: &str) -> Option<(Arc<ScalarUDF>, Vec<DataType>)> {
    use DataType::{Float64, Utf8};
    Some(match name {
        "upper" | "ucase" => (df::string::upper(), vec![Utf8]),
        "lower" | "lcase" => (df::string::lower(), vec![Utf8]),
        "length" | "char_length" | "character_length" | "len" => (df::unicode::character_length(), vec![Utf8]),
        "sqrt" => (df::math::sqrt(), vec![Float64]),
        _ => return None,
    })
}

fn with_parameters(
    name: &str,
    function: &Arc<ScalarUDF>,
    parameters: &[DataType],
    args: Vec<Expr>,
    typed: &Typed<'_>,
) -> DfResult<Expr> {
    if args.len() != parameters.len() {
        return Err(wrong_count(name, &parameters.len().to_string(), args.len()));
    }
    let args: DfResult<Vec<Expr>> = args.into_iter().zip(parameters).map(|(a, t)| typed.cast(a, t)).collect();
    Ok(function.call(args?))
}
