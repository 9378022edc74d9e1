//! Dates, timestamps and intervals.

use datafusion::arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::{Cast, Expr, Operator};

use super::super::arithmetic::Operation;
use super::super::literals::SQL_TYPE;
use super::super::operators::{Typed, binary, call};
use super::super::text::MICROS_PER_DAY;
use super::super::{errors, types};
use super::shift::{Shift, ShiftBy};

/// `date - date`: an interval of whole days.
pub(in super::super) fn date_difference(left: Expr, right: Expr) -> DfResult<Expr> {
    let days =
        |e| Expr::Cast(Cast::new(Box::new(Expr::Cast(Cast::new(Box::new(e), DataType::Int32))), DataType::Int64));
    let difference = binary(days(left), Operator::Minus, days(right));
    let micros = binary(difference, Operator::Multiply, Expr::Literal(ScalarValue::Int64(Some(MICROS_PER_DAY)), None));
    Ok(Expr::Cast(Cast::new(Box::new(micros), DataType::Duration(TimeUnit::Microsecond))))
}

/// `timestamp - timestamp`: an interval of days to seconds.
pub(in super::super) fn timestamp_difference(typed: &Typed<'_>, left: Expr, right: Expr) -> DfResult<Expr> {
    let (l, r) = (typed.type_of(&left)?, typed.type_of(&right)?);
    let common = match (&l, &r) {
        (DataType::Timestamp(_, None), DataType::Timestamp(_, None) | DataType::Date32)
        | (DataType::Date32, DataType::Timestamp(_, None)) => types::timestamp_ntz(),
        _ => types::timestamp(typed.session.time_zone()),
    };
    Ok(binary(typed.cast(left, &common)?, Operator::Minus, typed.cast(right, &common)?))
}

/// A date or timestamp moved by an interval.
pub(in super::super) fn shift(
    typed: &Typed<'_>,
    operation: Operation,
    base: Expr,
    base_type: &DataType,
    by: Expr,
    by_type: &DataType,
) -> DfResult<Expr> {
    let forward = operation == Operation::Add;
    let by_months = matches!(by_type, DataType::Interval(IntervalUnit::YearMonth));
    let (base, base_type) = match (base_type, by_months) {
        (DataType::Date32, false) if !is_whole_days(&by) => {
            let timestamp = types::timestamp(typed.session.time_zone());
            (typed.cast(base, &timestamp)?, timestamp)
        }
        _ => (base, base_type.clone()),
    };
    let by_kind = if by_months { ShiftBy::Months } else { ShiftBy::Micros };
    Ok(call(Shift::new(base_type, by_kind, forward, typed.zone()), vec![base, by]))
}

// A date stays a date only when it is moved by an interval of days.
fn is_whole_days(interval: &Expr) -> bool {
    match interval {
        Expr::Literal(_, Some(metadata)) => metadata.inner().get(SQL_TYPE).is_some_and(|t| t == "INTERVAL DAY"),
        _ => false,
    }
}

/// The sum or difference of two intervals of one family.
pub(in super::super) fn add_intervals(
    operation: Operation,
    left: Expr,
    right: Expr,
    data_type: &DataType,
) -> DfResult<Expr> {
    let operator = match operation {
        Operation::Add => Operator::Plus,
        Operation::Subtract => Operator::Minus,
        other => return Err(errors::carried(errors::unsupported(format!("{} on intervals", other.sign())))),
    };
    let number = match data_type {
        DataType::Duration(_) => DataType::Int64,
        _ => return Err(errors::carried(errors::unsupported("arithmetic on year-month intervals"))),
    };
    let as_number = |e| Expr::Cast(Cast::new(Box::new(e), number.clone()));
    let sum = binary(as_number(left), operator, as_number(right));
    Ok(Expr::Cast(Cast::new(Box::new(sum), data_type.clone())))
}
