//! The canonical text of Arrow types and values, as `../README.md` defines it.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use chrono::{DateTime, NaiveDate, TimeDelta};
use serde_json::{Map, Value};

pub(crate) fn type_text(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "bool".to_owned(),
        DataType::Utf8 => "utf8".to_owned(),
        DataType::Decimal128(precision, scale) => format!("decimal128({precision},{scale})"),
        DataType::Timestamp(TimeUnit::Microsecond, None) => "timestamp[us]".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => format!("timestamp[us, {zone}]"),
        DataType::Duration(TimeUnit::Microsecond) => "duration[us]".to_owned(),
        DataType::Interval(IntervalUnit::YearMonth) => "month_interval".to_owned(),
        DataType::List(element) => format!("list<{}>", type_text(element.data_type())),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) => {
                let parts: Vec<_> = pair.iter().map(|field| type_text(field.data_type())).collect();
                format!("map<{}>", parts.join(", "))
            }
            other => format!("map of {other}"),
        },
        DataType::Struct(fields) => {
            let parts: Vec<_> =
                fields.iter().map(|field| format!("{}: {}", field.name(), type_text(field.data_type()))).collect();
            format!("struct<{}>", parts.join(", "))
        }
        other => other.to_string().to_lowercase(),
    }
}

/// One value: text, a list or an object of text, and null for NULL.
pub(crate) fn value(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) || array.data_type() == &DataType::Null {
        return Value::Null;
    }
    let text = match array.data_type() {
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => {
            let value = array.as_primitive::<Float32Type>().value(row);
            float(value.is_finite(), value.into(), format!("{value:e}"))
        }
        DataType::Float64 => {
            let value = array.as_primitive::<Float64Type>().value(row);
            float(value.is_finite(), value, format!("{value:e}"))
        }
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Binary => array.as_binary::<i32>().value(row).iter().map(|byte| format!("{byte:02x}")).collect(),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(row);
            (NaiveDate::default() + TimeDelta::days(days.into())).to_string()
        }
        DataType::Timestamp(_, zone) => {
            let moment = DateTime::from_timestamp_micros(array.as_primitive::<TimestampMicrosecondType>().value(row))
                .expect("a moment that a calendar has");
            let mark = if zone.is_some() { "Z" } else { "" };
            format!("{}{mark}", moment.format("%Y-%m-%dT%H:%M:%S%.6f"))
        }
        DataType::Duration(_) => duration(array.as_primitive::<DurationMicrosecondType>().value(row)),
        DataType::Interval(_) => {
            let months = array.as_primitive::<IntervalYearMonthType>().value(row);
            format!("{}{}-{}", if months < 0 { "-" } else { "" }, months.abs() / 12, months.abs() % 12)
        }
        DataType::List(_) => return list(&array.as_list::<i32>().value(row)),
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let pair = |at| Value::Array(entries.columns().iter().map(|column| value(column, at)).collect());
            return Value::Array((0..entries.len()).map(pair).collect());
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let object: Map<_, _> =
                fields.iter().zip(columns).map(|(field, column)| (field.name().clone(), value(column, row))).collect();
            return Value::Object(object);
        }
        other => panic!("no canonical text for {other}"),
    };
    Value::String(text)
}

fn list(elements: &ArrayRef) -> Value {
    Value::Array((0..elements.len()).map(|at| value(elements, at)).collect())
}

fn float(is_finite: bool, value: f64, shortest: String) -> String {
    match value {
        _ if is_finite => shortest,
        _ if value.is_nan() => "NaN".to_owned(),
        _ if value > 0.0 => "Infinity".to_owned(),
        _ => "-Infinity".to_owned(),
    }
}

fn duration(micros: i64) -> String {
    let (sign, size) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let (seconds, nanos) = (size / 1_000_000, size % 1_000_000 * 1000);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    format!("{sign}{} {:02}:{:02}:{:02}.{nanos:09}", hours / 24, hours % 24, minutes % 60, seconds % 60)
}
