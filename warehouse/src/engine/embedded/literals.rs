//! Literals of every type.

use std::collections::BTreeMap;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::common::metadata::FieldMetadata;
use datafusion::logical_expr::Expr;

use super::intervals::{Interval, Length};
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
    let trimmed = text.trim();
    let unsigned = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    if (5..=6).contains(&digits) || digits == 4 && unsigned != trimmed {
        return errors::unsupported(format!("the {sql_type} literal '{text}': a year outside of 0001 to 9999"));
    }
    let is_zoned = |rest: &str| rest.contains(|c: char| c.is_ascii_alphabetic());
    if trimmed.get(..10).is_some_and(|date| time::parse_date(date).is_some()) && trimmed.get(11..).is_some_and(is_zoned)
    {
        return errors::unsupported(format!("the zone of the {sql_type} literal '{text}'"));
    }
    SqlError::new(
        "INVALID_TYPED_LITERAL",
        "42604",
        format!("The value of the typed literal \"{sql_type}\" is invalid: '{text}'."),
    )
}

/// Whether a text has a number for each field from one to another, such as `days hours:minutes`, whatever they come to.
fn has_form(first: &str, last: &str, text: &str) -> bool {
    const FIELDS: [&str; 4] = ["DAY", "HOUR", "MINUTE", "SECOND"];
    let at = |field: &str| FIELDS.iter().position(|known| *known == field);
    let (Some(first), Some(last)) = (at(first), at(last)) else { return false };
    let text = text.trim().trim_start_matches(['+', '-']);
    let text = text.split_once('.').filter(|_| last == 3).map_or(text, |(whole, _)| whole);
    let marks: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let wanted: String = (first..last).map(|field| if field == 0 { ' ' } else { ':' }).collect();
    marks == wanted && text.split([' ', ':']).all(|number| !number.is_empty())
}

/// Whether a text has the form `years-months`, whatever they come to.
fn is_years_and_months(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.trim().trim_start_matches(['+', '-']);
    text.split_once('-').is_some_and(|(years, months)| digits(years) && digits(months) && months.len() < 3)
}

fn interval(sql_type: &str, text: &str) -> Result<Expr, SqlError> {
    let units: Vec<&str> = sql_type.split(' ').skip(1).filter(|w| *w != "TO").collect();
    let Some(interval) = Interval::read(&units, text) else {
        let years = |unit: &str| ["YEAR", "MONTH"].contains(&unit);
        let class = match units.as_slice() {
            ["NANOSECOND"] => "INVALID_UNIT",
            [first, last] if years(first) != years(last) => "UNSUPPORTED_FROM_TO_EXPRESSION",
            [first, last] if !years(first) && !has_form(first, last, text) => "UNMATCHED_FORMAT_STRING_WITH_NOTICE",
            [_, _] if is_years_and_months(text) => "INTERVAL_PARSING",
            _ => "UNMATCHED_FORMAT_STRING",
        };
        return Err(SqlError::new(
            &format!("INVALID_INTERVAL_FORMAT.{class}"),
            "22006",
            format!("Error parsing '{text}' to interval: it does not match {sql_type}."),
        ));
    };
    let scalar = match interval.length {
        Length::Months(months) => ScalarValue::IntervalYearMonth(Some(months)),
        Length::Micros(micros) => ScalarValue::DurationMicrosecond(Some(micros)),
    };
    let metadata = BTreeMap::from([(SQL_TYPE.to_owned(), format!("INTERVAL {}", interval.fields()))]);
    Ok(Expr::Literal(scalar, Some(FieldMetadata::new(metadata))))
}
