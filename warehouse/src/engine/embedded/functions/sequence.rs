//! `sequence(start, stop[, step])`

use std::sync::Arc;

use chrono::DateTime;
use datafusion::arrow::array::types::{
    Date32Type, DurationMicrosecondType, Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::Expr;

use super::super::cast::{self, Failure};
use super::super::operators::common_type;
use super::super::text::MICROS_PER_DAY;
use super::super::{errors, types};
use super::columns::{self, Input};
use super::registry::{Call, Function, planned};
use super::shift;
use crate::engine::SqlError;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[planned("sequence", 2..=3, sequence)];

/// The most values of one array.
const MOST: i64 = 10_000_000;

fn sequence(call: Call<'_>) -> DfResult<Expr> {
    let found = call.types()?;
    let wrong = || {
        errors::carried(SqlError::new(
            "DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES",
            "42K09",
            "Cannot resolve \"sequence\" due to data type mismatch: `sequence` uses the wrong parameter type.",
        ))
    };
    let mut common = common_type(&found[0], &found[1]).ok_or_else(wrong)?;
    let step = found.get(2).cloned().unwrap_or(DataType::Null);
    let interval = |t: &DataType| {
        matches!(t, DataType::Interval(IntervalUnit::YearMonth) | DataType::Duration(TimeUnit::Microsecond))
    };
    let mut args = call.args;
    match &common {
        common_int if common_int.is_integer() => {
            if step.is_integer() {
                common = common_type(&common, &step).ok_or_else(wrong)?;
            } else if step != DataType::Null {
                return Err(wrong());
            }
            if args.len() > 2 {
                args[2] = call.typed.cast(args[2].clone(), &DataType::Int64)?;
            }
        }
        DataType::Date32 | DataType::Timestamp(..) if step == DataType::Null && args.len() == 2 || interval(&step) => {}
        DataType::Null => return Err(errors::carried(errors::unsupported("sequence of NULL"))),
        _ => return Err(wrong()),
    }
    for arg in args.iter_mut().take(2) {
        *arg = call.typed.cast(arg.clone(), &common)?;
    }
    Ok(columns::call(call.name, types::array(common), args, call.typed, made))
}

/// A step of months or of the values' own units; days of zoned times are days of the clock.
#[derive(Clone, Copy)]
enum Step {
    Units(i64),
    Months(i64),
    Days(i64),
}

fn illegal(start: i64, stop: i64, step: i64) -> SqlError {
    SqlError::new(
        "ILLEGAL_SEQUENCE_BOUNDARIES",
        "22023",
        format!("Illegal sequence boundaries: {start} to {stop} by {step}."),
    )
}

fn made(input: &Input<'_>) -> Result<ArrayRef, SqlError> {
    let DataType::List(field) = input.returns else { return Err(errors::internal("an array of another type")) };
    let item = field.data_type();
    let numbers = |column: &ArrayRef| -> Result<Int64Array, SqlError> {
        Ok(match column.data_type() {
            DataType::Date32 => column.as_primitive::<Date32Type>().iter().map(|day| day.map(i64::from)).collect(),
            DataType::Timestamp(..) => column.as_primitive::<TimestampMicrosecondType>().iter().collect(),
            _ => {
                cast::convert(column, &DataType::Int64, input.zone, Failure::Error)?.as_primitive::<Int64Type>().clone()
            }
        })
    };
    let (starts, stops) = (numbers(&input.columns[0])?, numbers(&input.columns[1])?);
    let (mut lengths, mut values, mut there) = (vec![], vec![], vec![]);
    for row in 0..input.rows {
        let is_there = input.columns.iter().all(|column| column.is_valid(row));
        there.push(is_there);
        let before = values.len();
        if is_there {
            let (start, stop) = (starts.value(row), stops.value(row));
            let step = step(input, item, row, start <= stop)?;
            fill(&mut values, start, stop, step, input, item)?;
        }
        lengths.push(values.len() - before);
    }
    let values: ArrayRef = match item {
        DataType::Date32 => {
            let days = values.into_iter().map(|day| i32::try_from(day).ok());
            Arc::new(days.collect::<datafusion::arrow::array::Date32Array>())
        }
        DataType::Timestamp(_, zone) => {
            let times = datafusion::arrow::array::TimestampMicrosecondArray::from(values);
            Arc::new(times.with_timezone_opt(zone.clone()))
        }
        _ => cast::convert(&(Arc::new(Int64Array::from(values)) as ArrayRef), item, input.zone, Failure::Error)?,
    };
    let nulls: NullBuffer = there.into();
    Ok(Arc::new(ListArray::try_new(Arc::clone(field), OffsetBuffer::from_lengths(lengths), values, Some(nulls))?))
}

fn step(input: &Input<'_>, item: &DataType, row: usize, forward: bool) -> Result<Step, SqlError> {
    let sign = if forward { 1 } else { -1 };
    let dates = item == &DataType::Date32;
    let Some(column) = input.columns.get(2) else {
        return Ok(if dates || item.is_integer() { Step::Units(sign) } else { Step::Days(sign) });
    };
    Ok(match column.data_type() {
        DataType::Interval(_) => Step::Months(column.as_primitive::<IntervalYearMonthType>().value(row).into()),
        DataType::Duration(_) => {
            let micros = column.as_primitive::<DurationMicrosecondType>().value(row);
            match (dates, micros % MICROS_PER_DAY) {
                (true, 0) => Step::Units(micros / MICROS_PER_DAY),
                (true, _) => return Err(errors::unsupported("sequence of dates by parts of a day")),
                (false, 0) if micros != 0 => Step::Days(micros / MICROS_PER_DAY),
                (false, rest) if rest == micros => Step::Units(micros),
                (false, _) => return Err(errors::unsupported("sequence of times by days and parts of one")),
            }
        }
        _ => Step::Units(column.as_primitive::<Int64Type>().value(row)),
    })
}

fn fill(
    values: &mut Vec<i64>,
    start: i64,
    stop: i64,
    step: Step,
    input: &Input<'_>,
    item: &DataType,
) -> Result<(), SqlError> {
    let (Step::Units(by) | Step::Months(by) | Step::Days(by)) = step;
    if by == 0 && start != stop || by > 0 && start > stop || by < 0 && start < stop {
        return Err(illegal(start, stop, by));
    }
    let too_many = || errors::unsupported("sequence of so many values");
    let zoned = matches!(item, DataType::Timestamp(_, Some(_)));
    let nth = |n: i64| -> Option<i64> {
        let local = |value: i64| if zoned { input.zone.to_local(value) } else { Some(value) };
        let back = |value: i64| if zoned { input.zone.to_instant(value) } else { Some(value) };
        let by = by.checked_mul(n)?;
        match step {
            Step::Units(_) => start.checked_add(by),
            Step::Days(_) => back(local(start)?.checked_add(by.checked_mul(MICROS_PER_DAY)?)?),
            Step::Months(_) if item == &DataType::Date32 => {
                let date = DateTime::from_timestamp(start.checked_mul(86_400)?, 0)?.date_naive();
                super::super::time::days(shift::add_months(date, by)?).map(i64::from)
            }
            Step::Months(_) => {
                let clock = DateTime::from_timestamp_micros(local(start)?)?.naive_utc();
                back(shift::add_months(clock.date(), by)?.and_time(clock.time()).and_utc().timestamp_micros())
            }
        }
    };
    for n in 0.. {
        let Some(value) = nth(n) else { return Ok(()) };
        if by >= 0 && value > stop || by < 0 && value < stop {
            return Ok(());
        }
        values.push(value);
        if by == 0 {
            return Ok(());
        }
        if n > MOST {
            return Err(too_many());
        }
    }
    Ok(())
}
