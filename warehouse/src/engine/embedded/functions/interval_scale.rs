//! Intervals multiplied and divided by numbers, and by each other.

use datafusion::arrow::array::AsArray;
use datafusion::arrow::array::types::{DurationMicrosecondType, IntervalYearMonthType};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{Expr, lit};

use super::super::arithmetic::{OnZero, Operation};
use super::super::errors;
use super::super::operators::Typed;
use super::row::{Body, Each, Gives, Row, Takes, Value};
use crate::engine::SqlError;

fn is_interval(found: &DataType) -> bool {
    matches!(found, DataType::Interval(_) | DataType::Duration(_))
}

/// Plans the operation when one of its operands is an interval; `None` when it is another's.
pub(in super::super) fn scaled(
    typed: &Typed<'_>,
    operation: Operation,
    (left, l): (&Expr, &DataType),
    (right, r): (&Expr, &DataType),
    on_zero: OnZero,
) -> DfResult<Option<Expr>> {
    let number = |found: &DataType| found.is_numeric() || matches!(found, DataType::Utf8 | DataType::Null);
    let (interval, own, by, found) = match operation {
        Operation::Multiply | Operation::Divide if is_interval(l) && number(r) => (left, l, right, r),
        // The reference shows the interval first, which the name of a column tells.
        Operation::Multiply if number(l) && matches!(right, Expr::Literal(..)) && is_interval(r) => (right, r, left, l),
        Operation::IntegralDivide if is_interval(l) && l == r => return ratio(typed, left, right).map(Some),
        _ => return Ok(None),
    };
    let divides = operation == Operation::Divide;
    if on_zero == OnZero::Null {
        return Err(errors::carried(errors::unsupported(
            "an interval multiplied or divided that gives NULL for an error",
        )));
    }
    let (by, scale) = match found {
        DataType::Decimal128(_, scale) => (typed.cast(by.clone(), &DataType::Decimal128(38, *scale))?, Some(*scale)),
        found if found.is_integer() => (typed.cast(by.clone(), &DataType::Decimal128(38, 0))?, Some(0)),
        _ => (typed.cast(by.clone(), &DataType::Float64)?, None),
    };
    let months = matches!(own, DataType::Interval(_));
    let body: Body = match (scale.is_some(), divides) {
        (true, false) => |row| by_decimal(row, false),
        (true, true) => |row| by_decimal(row, true),
        (false, false) => |row| by_double(row, false),
        (false, true) => |row| by_double(row, true),
    };
    let gives = if months { Gives::Months } else { Gives::Micros };
    let name = if divides { "divided_interval" } else { "multiplied_interval" };
    let name = format!("{name}_{}", scale.is_some());
    let args = vec![interval.clone(), by, lit(scale.map_or(0, i32::from))];
    Each::new(&[Takes::Any, Takes::Any, Takes::Int], gives, body).call(&name, args, typed).map(Some)
}

/// How often an interval goes into another.
fn ratio(typed: &Typed<'_>, left: &Expr, right: &Expr) -> DfResult<Expr> {
    let body: Body = |row| match length(row, 1) {
        0 => Err(errors::divide_by_zero()),
        by => length(row, 0).checked_div(by).map(Value::Long).ok_or_else(overflow),
    };
    Each::new(&[Takes::Any, Takes::Any], Gives::Long, body).call(
        "interval_ratio",
        vec![left.clone(), right.clone()],
        typed,
    )
}

fn length(row: &Row<'_>, position: usize) -> i64 {
    let (column, at) = row.column(position);
    match column.data_type() {
        DataType::Duration(_) => column.as_primitive::<DurationMicrosecondType>().value(at),
        _ => column.as_primitive::<IntervalYearMonthType>().value(at).into(),
    }
}

fn overflow() -> SqlError {
    SqlError::new("INTERVAL_ARITHMETIC_OVERFLOW", "22015", "Overflow while operating with intervals.")
}

fn divided_by_zero() -> SqlError {
    SqlError::new(
        "INTERVAL_DIVIDED_BY_ZERO",
        "22012",
        "Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead.",
    )
}

fn sized(row: &Row<'_>, length: i128) -> Result<Value, SqlError> {
    match row.column(0).0.data_type() {
        DataType::Duration(_) => i64::try_from(length).map(Value::Micros).map_err(|_| overflow()),
        _ => i32::try_from(length).map(Value::Months).map_err(|_| overflow()),
    }
}

/// Half a unit counts as one, away from zero.
fn by_decimal(row: &Row<'_>, divides: bool) -> Result<Value, SqlError> {
    let (own, by) = (i128::from(length(row, 0)), row.decimal(1));
    let unit = 10_i128.pow(row.int(2).unsigned_abs());
    let (over, under) = if divides { (own.checked_mul(unit), by) } else { (own.checked_mul(by), unit) };
    if under == 0 {
        return Err(divided_by_zero());
    }
    let over = over.ok_or_else(overflow)?;
    let (quotient, rest) = (over / under, over % under);
    let up = rest.unsigned_abs() >= under.unsigned_abs() - rest.unsigned_abs();
    let sign = if (over < 0) == (under < 0) { 1 } else { -1 };
    sized(row, if rest != 0 && up { quotient + sign } else { quotient })
}

fn by_double(row: &Row<'_>, divides: bool) -> Result<Value, SqlError> {
    let (own, by) = (length(row, 0) as f64, row.double(1));
    if divides && by == 0.0 {
        return Err(divided_by_zero());
    }
    let exact = if divides { own / by } else { own * by };
    match exact.is_finite() && exact.abs() < 1e30 {
        true => sized(row, exact.round() as i128),
        false => Err(overflow()),
    }
}
