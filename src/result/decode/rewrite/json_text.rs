//! Arrays, maps and structs as compact JSON text.
//!
//! Numbers and decimals stand bare and exact, everything else in quotes: texts, dates as `yyyy-MM-dd`, timestamps in ISO form with their zone's
//! offset, binary as base64, intervals as text, and NaN and the infinities, which JSON has no numbers for.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::{date32_to_datetime, timestamp_us_to_datetime};
use arrow_array::types::{
    Date32Type, Decimal128Type, DecimalType as _, DurationMicrosecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeZone as _;
use chrono::Utc;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::result::schema::interval;
use crate::time_zone::TimeZone;

/// Each value of `column` as JSON; `zone` is that of its timestamps.
pub(super) fn array(column: &dyn Array, zone: &str) -> Result<ArrayRef> {
    // A zone that only the server knows still leaves the instant.
    let zone: Option<TimeZone> = zone.parse().ok();
    let mut texts = StringBuilder::with_capacity(column.len(), column.len() * 16);
    let mut text = String::new();
    for row in 0..column.len() {
        if column.is_null(row) {
            texts.append_null();
            continue;
        }
        text.clear();
        write_value(column, row, zone.as_ref(), &mut text)?;
        texts.append_value(&text);
    }
    Ok(Arc::new(texts.finish()))
}

fn write_value(column: &dyn Array, row: usize, zone: Option<&TimeZone>, out: &mut String) -> Result<()> {
    if column.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match column.data_type() {
        DataType::Null => out.push_str("null"),
        DataType::Boolean => out.push_str(if column.as_boolean().value(row) { "true" } else { "false" }),
        DataType::Int8 => out.push_str(&column.as_primitive::<Int8Type>().value(row).to_string()),
        DataType::Int16 => out.push_str(&column.as_primitive::<Int16Type>().value(row).to_string()),
        DataType::Int32 => out.push_str(&column.as_primitive::<Int32Type>().value(row).to_string()),
        DataType::Int64 => out.push_str(&column.as_primitive::<Int64Type>().value(row).to_string()),
        DataType::Float32 => {
            let value = column.as_primitive::<Float32Type>().value(row);
            write_float(value, f64::from(value), out)?;
        }
        DataType::Float64 => {
            let value = column.as_primitive::<Float64Type>().value(row);
            write_float(value, value, out)?;
        }
        DataType::Decimal128(precision, scale) => {
            let value = column.as_primitive::<Decimal128Type>().value(row);
            out.push_str(&Decimal128Type::format_decimal(value, *precision, *scale));
        }
        DataType::Utf8 => write_json(column.as_string::<i32>().value(row), out)?,
        DataType::Binary => write_json(&STANDARD.encode(column.as_binary::<i32>().value(row)), out)?,
        DataType::Date32 => {
            let date = date32_to_datetime(column.as_primitive::<Date32Type>().value(row)).ok_or_else(out_of_range)?;
            write_json(&date.date().format("%Y-%m-%d").to_string(), out)?;
        }
        DataType::Timestamp(TimeUnit::Microsecond, stored_zone) => {
            let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
            let instant = timestamp_us_to_datetime(micros).ok_or_else(out_of_range)?;
            let text = match (stored_zone, zone) {
                (None, _) => instant.format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
                (Some(_), Some(zone)) => zone.at(instant.and_utc()).format("%Y-%m-%dT%H:%M:%S%.f%:z").to_string(),
                (Some(_), None) => Utc.from_utc_datetime(&instant).format("%Y-%m-%dT%H:%M:%S%.f%:z").to_string(),
            };
            write_json(&text, out)?;
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            let months = column.as_primitive::<IntervalYearMonthType>().value(row);
            write_json(&interval::year_month_text(months), out)?;
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            let micros = column.as_primitive::<DurationMicrosecondType>().value(row);
            write_json(&interval::day_time_text(micros), out)?;
        }
        DataType::List(_) => {
            let elements = column.as_list::<i32>().value(row);
            let each = |element, out: &mut String| write_value(elements.as_ref(), element, zone, out);
            write_all('[', ']', elements.len(), out, each)?;
        }
        DataType::Map(..) => {
            let entries = column.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            write_all('{', '}', entries.len(), out, |entry, out| {
                write_key(keys.as_ref(), entry, zone, out)?;
                write_value(values.as_ref(), entry, zone, out)
            })?;
        }
        DataType::Struct(fields) => {
            let values = column.as_struct();
            write_all('{', '}', fields.len(), out, |field, out| {
                write_json(fields[field].name(), out)?;
                out.push(':');
                write_value(values.column(field).as_ref(), row, zone, out)
            })?;
        }
        other => return Err(Error::internal(format!("the type {other} has no JSON text"))),
    }
    Ok(())
}

fn write_all(
    open: char,
    close: char,
    count: usize,
    out: &mut String,
    mut each: impl FnMut(usize, &mut String) -> Result<()>,
) -> Result<()> {
    out.push(open);
    for position in 0..count {
        if position > 0 {
            out.push(',');
        }
        each(position, out)?;
    }
    out.push(close);
    Ok(())
}

/// A map's key as a quoted text, whatever its type.
fn write_key(keys: &dyn Array, row: usize, zone: Option<&TimeZone>, out: &mut String) -> Result<()> {
    let mut key = String::new();
    write_value(keys, row, zone, &mut key)?;
    if key.starts_with('"') {
        out.push_str(&key);
    } else {
        write_json(&key, out)?;
    }
    out.push(':');
    Ok(())
}

fn write_float(value: impl Serialize, widened: f64, out: &mut String) -> Result<()> {
    if widened.is_finite() {
        return write_json(&value, out);
    }
    out.push_str(if widened.is_nan() {
        "\"NaN\""
    } else if widened > 0.0 {
        "\"Infinity\""
    } else {
        "\"-Infinity\""
    });
    Ok(())
}

fn write_json(value: &(impl Serialize + ?Sized), out: &mut String) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|error| Error::internal("no JSON text").because(error))?;
    out.push_str(&text);
    Ok(())
}

fn out_of_range() -> Error {
    Error::data_loss("a date or timestamp is beyond the calendar")
}
