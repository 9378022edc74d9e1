//! Literals of every type.

use std::collections::BTreeMap;

use datafusion::arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::common::metadata::FieldMetadata;
use datafusion::logical_expr::Expr;

use super::session::SessionView;
use super::{cast, errors, time, types};
use crate::engine::SqlError;

/// The field metadata that keeps a narrower SQL type than Arrow has, such as `INTERVAL DAY`.
pub(super) const SQL_TYPE: &str = "sql_type";

/// A literal of the SQL type `sql_type`, written as `text`.
pub(super) fn literal(sql_type: &str, text: &str, session: &SessionView) -> Result<Expr, SqlError> {
    let upper = sql_type.to_ascii_uppercase();
    if upper.starts_with("INTERVAL") {
        return interval(&upper, text);
    }
    if upper == "TIMESTAMP" || upper == "TIMESTAMP_LTZ" || upper == "TIMESTAMP_NTZ" {
        return timestamp(&upper, text, session);
    }
    let data_type = types::parse(sql_type, session.time_zone())?;
    let out_of_range = || {
        SqlError::new(
            "INVALID_NUMERIC_LITERAL_RANGE",
            "22003",
            format!("Numeric literal {text} is outside the valid range for {sql_type}."),
        )
    };
    let scalar = match data_type {
        DataType::Int8 => ScalarValue::Int8(Some(text.parse().map_err(|_| out_of_range())?)),
        DataType::Int16 => ScalarValue::Int16(Some(text.parse().map_err(|_| out_of_range())?)),
        DataType::Int32 => ScalarValue::Int32(Some(text.parse().map_err(|_| out_of_range())?)),
        DataType::Int64 => ScalarValue::Int64(Some(text.parse().map_err(|_| out_of_range())?)),
        DataType::Float32 => match text.parse::<f32>() {
            Ok(value) if value.is_finite() => ScalarValue::Float32(Some(value)),
            _ => return Err(out_of_range()),
        },
        DataType::Float64 => match text.parse::<f64>() {
            Ok(value) if value.is_finite() => ScalarValue::Float64(Some(value)),
            _ => return Err(out_of_range()),
        },
        DataType::Decimal128(precision, scale) => match cast::decimal(text, precision, scale) {
            Some(Ok(value)) => ScalarValue::Decimal128(Some(value), precision, scale),
            _ => return Err(out_of_range()),
        },
        DataType::Date32 => match time::parse_date(text) {
            Some(days) => ScalarValue::Date32(Some(days)),
            None => return Err(invalid(text, "DATE")),
        },
        _ => return Err(errors::syntax(format!("Syntax error: {sql_type} has no literals."))),
    };
    Ok(Expr::Literal(scalar, None))
}

fn timestamp(sql_type: &str, text: &str, session: &SessionView) -> Result<Expr, SqlError> {
    let parsed = time::parse_timestamp(text).ok_or_else(|| invalid(text, sql_type))?;
    let scalar = if sql_type == "TIMESTAMP_NTZ" {
        ScalarValue::TimestampMicrosecond(Some(parsed.local_micros), None)
    } else {
        let instant = parsed.zone.unwrap_or(session.zone()).to_instant(parsed.local_micros);
        ScalarValue::TimestampMicrosecond(instant, Some(session.time_zone().into()))
    };
    Ok(Expr::Literal(scalar, None))
}

fn invalid(text: &str, sql_type: &str) -> SqlError {
    SqlError::new(
        "INVALID_TYPED_LITERAL",
        "42604",
        format!("The value of the typed literal \"{sql_type}\" is invalid: '{text}'."),
    )
}

/// Units with their length: months for the first two, microseconds for the others.
const MICROS: [(&str, i64); 8] = [
    ("WEEK", 604_800_000_000),
    ("DAY", 86_400_000_000),
    ("HOUR", 3_600_000_000),
    ("MINUTE", 60_000_000),
    ("SECOND", 1_000_000),
    ("MILLISECOND", 1_000),
    ("MICROSECOND", 1),
    ("NANOSECOND", 0),
];

fn interval(sql_type: &str, text: &str) -> Result<Expr, SqlError> {
    let units: Vec<&str> = sql_type.split(' ').skip(1).filter(|w| *w != "TO").collect();
    let malformed = || {
        SqlError::new(
            "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING",
            "22006",
            format!("Error parsing '{text}' to interval: it does not match {sql_type}."),
        )
    };
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim()),
        None => (false, text.strip_prefix('+').unwrap_or(text).trim()),
    };
    let sign = if negative { -1 } else { 1 };
    let scalar = match units.as_slice() {
        ["YEAR"] | ["MONTH"] | ["QUARTER"] => {
            let per_unit = match units[0] {
                "YEAR" => 12,
                "QUARTER" => 3,
                _ => 1,
            };
            let months = digits.parse::<i32>().ok().and_then(|n| n.checked_mul(sign * per_unit));
            ScalarValue::IntervalYearMonth(Some(months.ok_or_else(malformed)?))
        }
        ["YEAR", "MONTH"] => {
            let (years, months) = digits.split_once('-').ok_or_else(malformed)?;
            let years: i32 = years.parse().map_err(|_| malformed())?;
            let months: i32 = months.parse().ok().filter(|m| (0..12).contains(m)).ok_or_else(malformed)?;
            let total = years.checked_mul(12).and_then(|y| y.checked_add(months)).ok_or_else(malformed)?;
            ScalarValue::IntervalYearMonth(Some(sign * total))
        }
        [unit] => {
            let (_, length) = MICROS.iter().find(|(u, _)| u == unit).ok_or_else(malformed)?;
            let micros = scaled(digits, *length).ok_or_else(malformed)?;
            ScalarValue::DurationMicrosecond(Some(i64::from(sign) * micros))
        }
        [from, to] => {
            let micros = day_time(digits, from, to).ok_or_else(malformed)?;
            ScalarValue::DurationMicrosecond(Some(i64::from(sign) * micros))
        }
        _ => return Err(malformed()),
    };
    let shown = match units.as_slice() {
        ["QUARTER"] => "INTERVAL MONTH",
        ["WEEK"] => "INTERVAL DAY",
        ["MILLISECOND" | "MICROSECOND" | "NANOSECOND"] => "INTERVAL SECOND",
        _ => sql_type,
    };
    let metadata = BTreeMap::from([(SQL_TYPE.to_owned(), shown.to_owned())]);
    debug_assert!(matches!(
        scalar.data_type(),
        DataType::Interval(IntervalUnit::YearMonth) | DataType::Duration(TimeUnit::Microsecond)
    ));
    Ok(Expr::Literal(scalar, Some(FieldMetadata::new(metadata))))
}

/// `n.f` units of `length` microseconds.
fn scaled(digits: &str, length: i64) -> Option<i64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let micros = whole.checked_mul(length)?;
    if fraction.is_empty() {
        return Some(micros);
    }
    if length != 1_000_000 || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    micros.checked_add(format!("{fraction:0<6}").get(..6)?.parse().ok()?)
}

/// `D HH:MM:SS.f`, from the larger to the smaller unit.
fn day_time(digits: &str, from: &str, to: &str) -> Option<i64> {
    let order: Vec<&(&str, i64)> =
        MICROS.iter().filter(|(u, _)| ["DAY", "HOUR", "MINUTE", "SECOND"].contains(u)).collect();
    let first = order.iter().position(|(u, _)| *u == from)?;
    let last = order.iter().position(|(u, _)| *u == to)?;
    let units = order.get(first..=last)?;
    let parts: Vec<&str> = digits.split([' ', ':']).filter(|p| !p.is_empty()).collect();
    if parts.len() != units.len() {
        return None;
    }
    parts.iter().zip(units).try_fold(0_i64, |sum, (part, (_, length))| sum.checked_add(scaled(part, *length)?))
}
