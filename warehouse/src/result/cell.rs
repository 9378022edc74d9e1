//! One value as text, in the form of the service's JSON rows.

use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType, IntervalUnit, TimeUnit};
use chrono::{DateTime, SecondsFormat};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// The value's text; `None` is NULL.
pub(super) fn cell(array: &ArrayRef, row: usize, sql_type: &str) -> Result<Option<String>, ArrowError> {
    if array.is_null(row) || array.data_type() == &DataType::Null {
        return Ok(None);
    }
    let text = match array.data_type() {
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => float(&array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => float(&array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Binary => array.as_binary::<i32>().value(row).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02X}");
            hex
        }),
        DataType::Date32 => date(array.as_primitive::<Date32Type>().value(row))?,
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row), zone.as_deref())?
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            year_month(array.as_primitive::<IntervalYearMonthType>().value(row))
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            day_time(array.as_primitive::<DurationMicrosecondType>().value(row))
        }
        DataType::List(_) | DataType::Map(..) | DataType::Struct(_) => nested(array, row)?,
        other => return Err(ArrowError::NotYetImplemented(format!("{other} ({sql_type}) as text"))),
    };
    Ok(Some(text))
}

/// As Java writes it: plain from 0.001 up to below 10,000,000, with an exponent beyond (`1.0E7`), always with a point.
fn float(value: &(impl std::fmt::LowerExp + Copy + Into<f64>)) -> String {
    let number: f64 = (*value).into();
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    // The shortest digits that name this value, as `d.ddde±x`.
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !(-3..7).contains(&exponent) {
        let point = if mantissa.contains('.') { "" } else { ".0" };
        return format!("{sign}{mantissa}{point}E{exponent}");
    }
    let digits = mantissa.replace('.', "");
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    }
    let whole = exponent as usize + 1;
    let digits = format!("{digits:0<width$}", width = whole + 1);
    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
}

fn date(days: i32) -> Result<String, ArrowError> {
    let moment = DateTime::from_timestamp(i64::from(days) * SECONDS_PER_DAY, 0).ok_or_else(|| out_of_range("date"))?;
    Ok(moment.format("%Y-%m-%d").to_string())
}

/// With the zone's offset, or without one when the type has no zone. Milliseconds, or microseconds where there are any.
fn timestamp(micros: i64, zone: Option<&str>) -> Result<String, ArrowError> {
    let moment = DateTime::from_timestamp_micros(micros).ok_or_else(|| out_of_range("timestamp"))?;
    let precision = if micros % 1000 == 0 { SecondsFormat::Millis } else { SecondsFormat::Micros };
    let Some(zone) = zone else {
        return Ok(moment.to_rfc3339_opts(precision, true).trim_end_matches('Z').to_owned());
    };
    let zone: arrow_array::timezone::Tz = zone.parse()?;
    Ok(moment.with_timezone(&zone).to_rfc3339_opts(precision, true))
}

fn out_of_range(what: &str) -> ArrowError {
    ArrowError::ComputeError(format!("a {what} is out of range"))
}

fn year_month(months: i32) -> String {
    let sign = if months < 0 { "-" } else { "" };
    format!("{sign}{}-{}", months.unsigned_abs() / 12, months.unsigned_abs() % 12)
}

fn day_time(micros: i64) -> String {
    let (sign, size) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let seconds = size / MICROS_PER_SECOND as u64;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    format!("{sign}{days} {hours:02}:{minutes:02}:{:02}.{:09}", seconds % 60, size % MICROS_PER_SECOND as u64 * 1000)
}

/// Arrays, maps and structs as JSON text: numbers and decimals bare, everything else quoted.
fn nested(array: &ArrayRef, row: usize) -> Result<String, ArrowError> {
    Ok(match array.data_type() {
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            let texts = (0..items.len()).map(|item| json_value(&items, item)).collect::<Result<Vec<_>, _>>()?;
            format!("[{}]", texts.join(","))
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let pair = |entry| {
                Ok::<_, ArrowError>(format!(
                    "{}:{}",
                    quoted(&cell(keys, entry, "")?.unwrap_or_default()),
                    json_value(values, entry)?
                ))
            };
            format!("{{{}}}", (0..entries.len()).map(pair).collect::<Result<Vec<_>, _>>()?.join(","))
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let pair = |(field, column): (&arrow_schema::FieldRef, &ArrayRef)| {
                Ok::<_, ArrowError>(format!("{}:{}", quoted(field.name()), json_value(column, row)?))
            };
            format!("{{{}}}", fields.iter().zip(columns).map(pair).collect::<Result<Vec<_>, _>>()?.join(","))
        }
        other => return Err(ArrowError::NotYetImplemented(format!("{other} as JSON"))),
    })
}

fn json_value(array: &ArrayRef, row: usize) -> Result<String, ArrowError> {
    let Some(text) = cell(array, row, "")? else { return Ok("null".to_owned()) };
    let bare = match array.data_type() {
        DataType::Boolean | DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Decimal128(..) => {
            true
        }
        DataType::Float32 | DataType::Float64 => !matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity"),
        other => other.is_integer(),
    };
    Ok(if bare { text } else { quoted(&text) })
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, DurationMicrosecondArray, Float32Array, Float64Array,
        Int64Array, IntervalYearMonthArray, ListArray, NullArray, StringArray, StructArray, TimestampMicrosecondArray,
    };
    use arrow_schema::Field;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Arc::new(BooleanArray::from(vec![true])), Some("true"))]
    #[case(Arc::new(Int64Array::from(vec![i64::MIN])), Some("-9223372036854775808"))]
    #[case(Arc::new(Int64Array::from(vec![None])), None)]
    #[case(Arc::new(NullArray::new(1)), None)]
    #[case(Arc::new(Float64Array::from(vec![1.5])), Some("1.5"))]
    #[case(Arc::new(Float64Array::from(vec![2.0])), Some("2.0"))]
    #[case(Arc::new(Float64Array::from(vec![-0.0])), Some("-0.0"))]
    #[case(Arc::new(Float64Array::from(vec![0.001])), Some("0.001"))]
    #[case(Arc::new(Float64Array::from(vec![0.000123])), Some("1.23E-4"))]
    #[case(Arc::new(Float64Array::from(vec![-9_999_999.5])), Some("-9999999.5"))]
    #[case(Arc::new(Float64Array::from(vec![1e7])), Some("1.0E7"))]
    #[case(Arc::new(Float64Array::from(vec![1.25e300])), Some("1.25E300"))]
    #[case(Arc::new(Float32Array::from(vec![0.1])), Some("0.1"))]
    #[case(Arc::new(Float64Array::from(vec![120.0])), Some("120.0"))]
    #[case(Arc::new(Float64Array::from(vec![f64::NAN])), Some("NaN"))]
    #[case(Arc::new(Float64Array::from(vec![f64::NEG_INFINITY])), Some("-Infinity"))]
    #[case(Arc::new(Decimal128Array::from(vec![-1250]).with_precision_and_scale(38, 2).unwrap()), Some("-12.50"))]
    #[case(Arc::new(StringArray::from(vec!["a\"b"])), Some("a\"b"))]
    #[case(Arc::new(BinaryArray::from(vec![&[0_u8, 255][..]])), Some("00FF"))]
    #[case(Arc::new(Date32Array::from(vec![-719_162])), Some("0001-01-01"))]
    #[case(Arc::new(TimestampMicrosecondArray::from(vec![1_622_532_600_000_000]).with_timezone("Europe/Lisbon")), Some("2021-06-01T08:30:00.000+01:00"))]
    #[case(Arc::new(TimestampMicrosecondArray::from(vec![1]).with_timezone("Etc/UTC")), Some("1970-01-01T00:00:00.000001Z"))]
    #[case(Arc::new(TimestampMicrosecondArray::from(vec![0])), Some("1970-01-01T00:00:00.000"))]
    #[case(Arc::new(IntervalYearMonthArray::from(vec![-14])), Some("-1-2"))]
    #[case(Arc::new(DurationMicrosecondArray::from(vec![-90_061_000_001])), Some("-1 01:01:01.000001000"))]
    fn values_have_the_services_text(#[case] array: ArrayRef, #[case] expected: Option<&str>) {
        assert_eq!(cell(&array, 0, "").unwrap().as_deref(), expected);
    }

    #[test]
    fn nested_values_are_json() {
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1), None])]);
        let fields = vec![
            (
                Arc::new(Field::new("a \"b\"", DataType::Utf8, true)),
                Arc::new(StringArray::from(vec!["x\n"])) as ArrayRef,
            ),
            (Arc::new(Field::new("l", list.data_type().clone(), true)), Arc::new(list) as ArrayRef),
        ];
        let array: ArrayRef = Arc::new(StructArray::from(fields));
        assert_eq!(cell(&array, 0, "").unwrap().unwrap(), r#"{"a \"b\"":"x\n","l":[1,null]}"#);
    }
}
