//! `extract(field FROM value)`

use chrono::{DateTime, Datelike};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::array::types::{DurationMicrosecondType, IntervalYearMonthType};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::{Expr, ExprSchemable};

use super::super::literals::SQL_TYPE;
use super::super::text::MICROS_PER_DAY;
use super::super::{errors, types};
use super::calendar::out_of_range;
use super::registry::Call;
use super::row::{Body, Each, Gives, Row, Takes, Value};
use crate::engine::SqlError;

/// A field of a date, a timestamp or an interval.
pub(super) fn extract(call: Call<'_>) -> DfResult<Expr> {
    let Expr::Literal(ScalarValue::Utf8(Some(field)), _) = &call.args[0] else {
        return Err(errors::carried(errors::unsupported(format!("{} of a field that is not a literal", call.name))));
    };
    let (field, value) = (field.to_ascii_uppercase(), call.args[1].clone());
    match call.type_of(1)? {
        DataType::Date32 | DataType::Timestamp(..) | DataType::Utf8 => of_moment(&call, &field, value),
        DataType::Interval(_) | DataType::Duration(_) => of_interval(&call, &field, value),
        other => Err(errors::carried(errors::unsupported(format!("extract from {}", types::quoted(&other))))),
    }
}

fn invalid(field: &str) -> datafusion::error::DataFusionError {
    errors::carried(SqlError::new(
        "INVALID_EXTRACT_FIELD",
        "42601",
        format!("Cannot extract `{}` from a value of this type.", field.to_lowercase()),
    ))
}

fn of_moment(call: &Call<'_>, field: &str, value: Expr) -> DfResult<Expr> {
    let name = match field {
        "YEAR" | "Y" | "YEARS" | "YR" | "YRS" => "year",
        "QUARTER" | "QTR" => "quarter",
        "MONTH" | "MON" | "MONS" | "MONTHS" => "month",
        "WEEK" | "W" | "WEEKS" => "weekofyear",
        "DAY" | "D" | "DAYS" => "day",
        "DAYOFWEEK" | "DOW" => "dayofweek",
        "DOY" | "DAYOFYEAR" => "dayofyear",
        "HOUR" | "H" | "HOURS" | "HR" | "HRS" => "hour",
        "MINUTE" | "M" | "MIN" | "MINS" | "MINUTES" => "minute",
        "YEAROFWEEK" | "DAYOFWEEK_ISO" | "DOW_ISO" => {
            let body: Body = match field {
                "YEAROFWEEK" => |row| Ok(clock(row)?.iso_week().year().into()),
                _ => |row| Ok(clock(row)?.weekday().number_from_monday().cast_signed().into()),
            };
            return Each::new(&[Takes::Moment], Gives::Int, body).call(field, vec![value], call.typed);
        }
        "SECOND" | "S" | "SEC" | "SECONDS" | "SECS" => {
            let body: Body = |row| {
                let local = row.local(0).ok_or_else(out_of_range)?;
                Ok(Value::Decimal(local.rem_euclid(60_000_000).into()))
            };
            return Each::new(&[Takes::Moment], Gives::Decimal(8, 6), body).call(field, vec![value], call.typed);
        }
        _ => return Err(invalid(field)),
    };
    super::plan(name, vec![value], call.typed)
}

fn clock(row: &Row<'_>) -> Result<chrono::NaiveDateTime, SqlError> {
    Ok(row.local(0).and_then(DateTime::from_timestamp_micros).ok_or_else(out_of_range)?.naive_utc())
}

/// The fields of the types of intervals, from the longest.
const FIELDS: [&str; 6] = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"];

fn of_interval(call: &Call<'_>, field: &str, value: Expr) -> DfResult<Expr> {
    let (body, gives, to): (Body, Gives, Option<DataType>) = match field {
        "YEAR" | "Y" | "YEARS" | "YR" | "YRS" => (|row| Ok((months(row) / 12).into()), Gives::Int, None),
        "MONTH" | "MON" | "MONS" | "MONTHS" => (|row| Ok((months(row) % 12).into()), Gives::Int, Some(DataType::Int8)),
        "DAY" | "D" | "DAYS" => (|row| int(micros(row) / MICROS_PER_DAY), Gives::Int, None),
        "HOUR" | "H" | "HOURS" | "HR" | "HRS" => {
            (|row| int(micros(row) / 3_600_000_000 % 24), Gives::Int, Some(DataType::Int8))
        }
        "MINUTE" | "M" | "MIN" | "MINS" | "MINUTES" => {
            (|row| int(micros(row) / 60_000_000 % 60), Gives::Int, Some(DataType::Int8))
        }
        "SECOND" | "S" | "SEC" | "SECONDS" | "SECS" => {
            (|row| Ok(Value::Decimal((micros(row) % 60_000_000).into())), Gives::Decimal(8, 6), None)
        }
        _ => return Err(invalid(field)),
    };
    let wanted = match field {
        "YR" | "YRS" => Some(0),
        "MON" | "MONS" => Some(1),
        "HR" | "HRS" => Some(3),
        "M" | "MINS" => Some(4),
        "SECS" => Some(5),
        _ => FIELDS.iter().position(|name| name.starts_with(field) || field.starts_with(name)),
    };
    let own = value.to_field(call.typed.schema)?.1.metadata().get(SQL_TYPE).cloned();
    let own = own.unwrap_or_else(|| types::sql_text(&call.type_of(1).unwrap_or(DataType::Null)).unwrap_or_default());
    let places: Vec<usize> = own.split(' ').filter_map(|word| FIELDS.iter().position(|name| *name == word)).collect();
    let (Some(first), Some(last), Some(wanted)) = (places.first(), places.last(), wanted) else {
        return Err(invalid(field));
    };
    if !(first..=last).contains(&&wanted) {
        return Err(invalid(field));
    }
    let part = Each::new(&[Takes::Any], gives, body).call(&format!("{field} of interval"), vec![value], call.typed)?;
    match to {
        Some(to) => call.typed.cast(part, &to),
        None => Ok(part),
    }
}

fn int(number: i64) -> Result<Value, SqlError> {
    i32::try_from(number).map(Value::Int).map_err(|_| out_of_range())
}

/// The months or microseconds of an interval.
pub(super) fn length(row: &Row<'_>) -> f64 {
    match row.column(0).0.data_type() {
        DataType::Duration(_) => micros(row) as f64,
        _ => months(row).into(),
    }
}

fn months(row: &Row<'_>) -> i32 {
    let (column, at) = row.column(0);
    column.as_primitive::<IntervalYearMonthType>().value(at)
}

fn micros(row: &Row<'_>) -> i64 {
    let (column, at) = row.column(0);
    column.as_primitive::<DurationMicrosecondType>().value(at)
}
