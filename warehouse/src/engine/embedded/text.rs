//! Values as the text that CAST to STRING gives.

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::arrow::datatypes::{
    Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};

use super::time::{LocalTimestamp, Zone};

/// The text of row `row`, which is not NULL; `None` when the type has no text form here.
pub(super) fn render(array: &dyn Array, row: usize, zone: Zone) -> Option<String> {
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => float(array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => double(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => decimal(array.as_primitive::<Decimal128Type>().value(row), *scale),
        DataType::Date32 => {
            let midnight = i64::from(array.as_primitive::<Date32Type>().value(row)) * MICROS_PER_DAY;
            LocalTimestamp(midnight).to_string().get(..10)?.to_owned()
        }
        DataType::Timestamp(TimeUnit::Microsecond, tz) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let local = if tz.is_some() { zone.to_local(micros)? } else { micros };
            LocalTimestamp(local).to_string()
        }
        DataType::Binary => String::from_utf8(array.as_binary::<i32>().value(row).to_vec()).ok()?,
        DataType::Interval(IntervalUnit::YearMonth) => {
            year_month(array.as_primitive::<IntervalYearMonthType>().value(row))
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            day_time(array.as_primitive::<DurationMicrosecondType>().value(row))
        }
        _ => return None,
    })
}

/// Microseconds of a day.
pub(super) const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A DOUBLE's text: the shortest digits that read back, with an exponent below 1E-3 and from 1E7.
pub(super) fn double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() };
    }
    scientific(value == 0.0 || (1e-3..1e7).contains(&value.abs()), &format!("{value}"), &format!("{value:E}"))
}

/// A FLOAT's text.
pub(super) fn float(value: f32) -> String {
    if value.is_nan() || value.is_infinite() {
        return double(f64::from(value));
    }
    scientific(value == 0.0 || (1e-3..1e7).contains(&value.abs()), &format!("{value}"), &format!("{value:E}"))
}

fn scientific(plain: bool, digits: &str, with_exponent: &str) -> String {
    if plain {
        return if digits.contains('.') { digits.to_owned() } else { format!("{digits}.0") };
    }
    match with_exponent.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => with_exponent.to_owned(),
    }
}

/// A DECIMAL's text, with all digits of its scale.
pub(super) fn decimal(value: i128, scale: i8) -> String {
    let scale = usize::from(scale.unsigned_abs());
    if scale == 0 {
        return value.to_string();
    }
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

fn year_month(months: i32) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let months = months.unsigned_abs();
    format!("INTERVAL '{sign}{}-{}' YEAR TO MONTH", months / 12, months % 12)
}

fn day_time(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let total = micros.unsigned_abs();
    let seconds = total / 1_000_000;
    let fraction = match total % 1_000_000 {
        0 => String::new(),
        micros => format!(".{}", format!("{micros:06}").trim_end_matches('0')),
    };
    format!(
        "INTERVAL '{sign}{} {:02}:{:02}:{:02}{fraction}' DAY TO SECOND",
        seconds / 86_400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    )
}
