//! CAST and TRY_CAST.

use std::str::FromStr;
use std::sync::Arc;

use datafusion::arrow::array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array,
    ListArray, PrimitiveArray, StringArray, StringBuilder, StructArray, TimestampMicrosecondArray, new_null_array,
};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{
    Cast, ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::text::{self, MICROS_PER_DAY};
use super::time::{self, Zone};
use super::{errors, types};
use crate::engine::SqlError;

/// How a cast treats a value that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Failure {
    /// The statement fails.
    Error,
    /// The value becomes NULL.
    Null,
}

/// The expression that casts `expr` of type `from`; refuses pairs that SQL does not cast.
pub(super) fn cast_expr(expr: Expr, from: &DataType, to: &DataType, zone: Zone, failure: Failure) -> DfResult<Expr> {
    if from == to {
        return Ok(expr);
    }
    // An interval's text names its units, which its Arrow type has not.
    if matches!(from, DataType::Interval(_) | DataType::Duration(_))
        || matches!(to, DataType::Interval(_) | DataType::Duration(_))
    {
        if from == &DataType::Null {
            return Ok(Expr::Cast(Cast::new(Box::new(expr), to.clone())));
        }
        let feature = format!("the cast of {} to {}", types::quoted(from), types::quoted(to));
        return Err(errors::carried(errors::unsupported(feature)));
    }
    if !castable(from, to) {
        let nested = |t: &DataType| matches!(t, DataType::List(_) | DataType::Map(..) | DataType::Struct(_));
        if nested(from) && (nested(to) || to == &DataType::Utf8) {
            let feature = format!("the cast of {} to {}", types::quoted(from), types::quoted(to));
            return Err(errors::carried(errors::unsupported(feature)));
        }
        let class = match to {
            DataType::Date32 if from.is_integer() => "CAST_WITH_FUNC_SUGGESTION",
            // Casts that are there without ANSI mode.
            DataType::Binary if from.is_integer() => "CAST_WITH_CONF_SUGGESTION",
            DataType::Timestamp(_, Some(_)) if from == &DataType::Boolean => "CAST_WITH_CONF_SUGGESTION",
            _ => "CAST_WITHOUT_SUGGESTION",
        };
        return Err(errors::carried(SqlError::new(
            &format!("DATATYPE_MISMATCH.{class}"),
            "42K09",
            format!("Cannot resolve the cast: cannot cast {} to {}.", types::quoted(from), types::quoted(to)),
        )));
    }
    if widens(from, to) {
        return Ok(Expr::Cast(Cast::new(Box::new(expr), to.clone())));
    }
    let udf = ScalarUDF::from(SparkCast::new(to.clone(), zone, failure));
    Ok(udf.call(vec![expr]))
}

/// Whether every value of `from` has its equal in `to`, so that the engine's own cast does.
fn widens(from: &DataType, to: &DataType) -> bool {
    use DataType::{Decimal128, Float32, Float64, Int8, Int16, Int32, Int64, Null};
    let rank = |t: &DataType| [Int8, Int16, Int32, Int64].iter().position(|i| i == t);
    match (from, to) {
        (Null, _) => true,
        (Float32, Float64) => true,
        (Decimal128(p1, s1), Decimal128(p2, s2)) => {
            s1 <= s2 && i16::from(*p1) - i16::from(*s1) <= i16::from(*p2) - i16::from(*s2)
        }
        (from, Float64 | Float32) if rank(from).is_some() => true,
        (Decimal128(..), Float64) => true,
        (from, Decimal128(p, s)) => match rank(from) {
            Some(rank) => i16::from(*p) - i16::from(*s) >= [3, 5, 10, 20][rank],
            None => false,
        },
        (from, to) => matches!((rank(from), rank(to)), (Some(from), Some(to)) if from < to),
    }
}

fn castable(from: &DataType, to: &DataType) -> bool {
    use DataType::{Binary, Boolean, Date32, List, Null, Struct, Timestamp, Utf8};
    match (from, to) {
        (Null, _) => true,
        (List(from), List(to)) => castable(from.data_type(), to.data_type()),
        (Struct(from), Struct(to)) => {
            from.len() == to.len() && from.iter().zip(to).all(|(f, t)| castable(f.data_type(), t.data_type()))
        }
        (List(_) | Struct(_) | DataType::Map(..), _) | (_, List(_) | Struct(_) | DataType::Map(..)) => from == to,
        (Utf8, to) => to.is_numeric() || matches!(to, Boolean | Date32 | Timestamp(..) | Binary | Utf8),
        (_, Utf8) => true,
        (Boolean, to) => to.is_numeric() || to == &Boolean,
        (from, Boolean) => from.is_numeric(),
        (Date32, Timestamp(..)) | (Timestamp(..), Date32 | Timestamp(..)) => true,
        (Timestamp(_, Some(_)), to) => to.is_numeric(),
        (from, Timestamp(_, Some(_))) => from.is_numeric(),
        (from, to) => from == to || (from.is_numeric() && to.is_numeric()),
    }
}

/// The cast of values, as a function.
#[derive(Debug, PartialEq, Eq, Hash)]
struct SparkCast {
    to: DataType,
    zone: Zone,
    failure: Failure,
    signature: Signature,
}

impl SparkCast {
    fn new(to: DataType, zone: Zone, failure: Failure) -> Self {
        Self { to, zone, failure, signature: Signature::new(TypeSignature::Any(1), Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for SparkCast {
    fn name(&self) -> &str {
        match self.failure {
            Failure::Error => "cast",
            Failure::Null => "try_cast",
        }
    }

    fn schema_name(&self, args: &[Expr]) -> DfResult<String> {
        let arg = args.first().map(|a| a.schema_name().to_string()).unwrap_or_default();
        Ok(format!("{}({arg} AS {})", self.name(), self.to))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.to.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let convert = |array: &ArrayRef| convert(array, &self.to, self.zone, self.failure).map_err(errors::carried);
        match args.args.first() {
            Some(ColumnarValue::Array(array)) => Ok(ColumnarValue::Array(convert(array)?)),
            Some(ColumnarValue::Scalar(scalar)) => {
                let array = convert(&scalar.to_array()?)?;
                Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::try_from_array(&array, 0)?))
            }
            None => Err(errors::carried(errors::internal("a cast without a value"))),
        }
    }
}

/// Casts every value of an array.
pub(super) fn convert(array: &ArrayRef, to: &DataType, zone: Zone, failure: Failure) -> Result<ArrayRef, SqlError> {
    let from = array.data_type();
    match (from, to) {
        (from, to) if from == to => Ok(Arc::clone(array)),
        (DataType::Null, to) => Ok(new_null_array(to, array.len())),
        (DataType::List(_), DataType::List(item)) => {
            let list = array.as_list::<i32>();
            let values = convert(list.values(), item.data_type(), zone, failure)?;
            Ok(Arc::new(ListArray::try_new(Arc::clone(item), list.offsets().clone(), values, list.nulls().cloned())?))
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let columns = array.as_struct().columns().iter().zip(fields);
            let columns: Result<Vec<_>, _> = columns.map(|(c, f)| convert(c, f.data_type(), zone, failure)).collect();
            Ok(Arc::new(StructArray::try_new(fields.clone(), columns?, array.nulls().cloned())?))
        }
        (_, DataType::Utf8) => to_text(array, zone),
        (DataType::Utf8, to) => from_text(array, to, zone, failure),
        (DataType::Date32, DataType::Timestamp(_, tz)) => {
            let dates = array.as_primitive::<Date32Type>();
            let keep_local = tz.is_none();
            let instants = dates.iter().map(|day| {
                let local = i64::from(day?) * MICROS_PER_DAY;
                if keep_local { Some(local) } else { zone.to_instant(local) }
            });
            Ok(timestamps(instants.collect(), tz))
        }
        (DataType::Timestamp(TimeUnit::Microsecond, from_tz), DataType::Date32) => {
            let instants = array.as_primitive::<TimestampMicrosecondType>();
            let days = instants.iter().map(|micros| {
                let local = if from_tz.is_some() { zone.to_local(micros?)? } else { micros? };
                i32::try_from(local.div_euclid(MICROS_PER_DAY)).ok()
            });
            Ok(Arc::new(days.collect::<PrimitiveArray<Date32Type>>()))
        }
        (DataType::Timestamp(_, Some(_)), DataType::Timestamp(_, None)) => {
            let instants = array.as_primitive::<TimestampMicrosecondType>();
            Ok(timestamps(instants.iter().map(|m| zone.to_local(m?)).collect(), &None))
        }
        (DataType::Timestamp(_, None), DataType::Timestamp(_, tz @ Some(_))) => {
            let clocks = array.as_primitive::<TimestampMicrosecondType>();
            Ok(timestamps(clocks.iter().map(|m| zone.to_instant(m?)).collect(), tz))
        }
        (DataType::Timestamp(_, Some(_)), DataType::Timestamp(_, tz)) => {
            Ok(timestamps(array.as_primitive::<TimestampMicrosecondType>().clone(), tz))
        }
        (DataType::Timestamp(_, Some(_)), _) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>();
            if matches!(to, DataType::Float32 | DataType::Float64 | DataType::Decimal128(..)) {
                let seconds: Decimal128Array = micros.unary::<_, Decimal128Type>(i128::from);
                let seconds = seconds.with_precision_and_scale(20, 6)?;
                return convert(&(Arc::new(seconds) as ArrayRef), to, zone, failure);
            }
            let seconds: Int64Array = micros.unary(|m| m.div_euclid(1_000_000));
            convert(&(Arc::new(seconds) as ArrayRef), to, zone, failure)
        }
        (_, DataType::Timestamp(_, tz @ Some(_))) => {
            let micros = match from {
                DataType::Float32 | DataType::Float64 => {
                    let seconds = convert(array, &DataType::Float64, zone, failure)?;
                    let micros: Float64Array = seconds.as_primitive::<Float64Type>().unary(|s| (s * 1e6).trunc());
                    convert(&(Arc::new(micros) as ArrayRef), &DataType::Int64, zone, failure)?
                }
                _ => {
                    let seconds = convert(array, &DataType::Decimal128(38, 6), zone, failure)?;
                    let micros = seconds.as_primitive::<Decimal128Type>().clone().with_precision_and_scale(38, 0)?;
                    convert(&(Arc::new(micros) as ArrayRef), &DataType::Int64, zone, failure)?
                }
            };
            Ok(timestamps(micros.as_primitive::<Int64Type>().iter().collect(), tz))
        }
        (DataType::Float32 | DataType::Float64, DataType::Decimal128(..)) => {
            // The digits that a reader sees are those that are rounded.
            let digits = to_text(array, zone)?;
            from_text(&digits, to, zone, failure).map_err(|error| SqlError {
                class: "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION".into(),
                sql_state: "22003".into(),
                ..error
            })
        }
        _ => numeric(array, to, zone, failure),
    }
}

fn timestamps(values: TimestampMicrosecondArray, tz: &Option<Arc<str>>) -> ArrayRef {
    Arc::new(values.with_timezone_opt(tz.clone()))
}

fn to_text(array: &ArrayRef, zone: Zone) -> Result<ArrayRef, SqlError> {
    let mut texts = StringBuilder::with_capacity(array.len(), array.len() * 8);
    for row in 0..array.len() {
        if array.is_null(row) {
            texts.append_null();
            continue;
        }
        match text::render(array.as_ref(), row, zone) {
            Some(text) => texts.append_value(text),
            None => {
                let feature = match array.data_type() {
                    DataType::Binary => "the cast to STRING of bytes that are no UTF-8".to_owned(),
                    other => format!("the cast of {} to STRING", types::quoted(other)),
                };
                return Err(errors::unsupported(feature));
            }
        }
    }
    Ok(Arc::new(texts.finish()))
}

fn numeric(array: &ArrayRef, to: &DataType, zone: Zone, failure: Failure) -> Result<ArrayRef, SqlError> {
    let options = CastOptions { safe: true, ..CastOptions::default() };
    let cast = cast_with_options(array, to, &options)?;
    if failure == Failure::Error && cast.null_count() > array.null_count() {
        let row = (0..array.len()).find(|row| array.is_valid(*row) && cast.is_null(*row)).unwrap_or(0);
        let value = text::render(array.as_ref(), row, zone).unwrap_or_default();
        return Err(overflow(&value, array.data_type(), to));
    }
    Ok(cast)
}

fn from_text(array: &ArrayRef, to: &DataType, zone: Zone, failure: Failure) -> Result<ArrayRef, SqlError> {
    let texts = array.as_string::<i32>();
    Ok(match to {
        DataType::Int8 => Arc::new(each::<_, PrimitiveArray<Int8Type>>(texts, to, failure, integer::<Int8Type>)?),
        DataType::Int16 => Arc::new(each::<_, PrimitiveArray<Int16Type>>(texts, to, failure, integer::<Int16Type>)?),
        DataType::Int32 => Arc::new(each::<_, Int32Array>(texts, to, failure, integer::<Int32Type>)?),
        DataType::Int64 => Arc::new(each::<_, Int64Array>(texts, to, failure, integer::<Int64Type>)?),
        DataType::Float32 => Arc::new(each::<_, PrimitiveArray<Float32Type>>(texts, to, failure, floating::<f32>)?),
        DataType::Float64 => Arc::new(each::<_, Float64Array>(texts, to, failure, floating::<f64>)?),
        DataType::Decimal128(precision, scale) => {
            let mut out_of_range = None;
            let values: Decimal128Array = each(texts, to, failure, |text| {
                let value = decimal(text, *precision, *scale)?;
                if value.is_err() {
                    out_of_range.get_or_insert_with(|| text.to_owned());
                }
                Some(value.unwrap_or_default())
            })?;
            match out_of_range {
                Some(text) if failure == Failure::Error => {
                    return Err(out_of_decimal_range(&text, *precision, *scale));
                }
                Some(_) => {
                    let values: Decimal128Array =
                        texts.iter().map(|text| decimal(text?, *precision, *scale)?.ok()).collect();
                    Arc::new(values.with_precision_and_scale(*precision, *scale)?)
                }
                None => Arc::new(values.with_precision_and_scale(*precision, *scale)?),
            }
        }
        DataType::Boolean => Arc::new(each::<_, BooleanArray>(texts, to, failure, boolean)?),
        DataType::Date32 => Arc::new(each::<_, PrimitiveArray<Date32Type>>(texts, to, failure, time::parse_date)?),
        DataType::Timestamp(_, tz) => {
            let with_zone = tz.is_some();
            let parse = |text: &str| {
                let parsed = time::parse_timestamp(text)?;
                if with_zone {
                    parsed.zone.unwrap_or(zone).to_instant(parsed.local_micros)
                } else {
                    Some(parsed.local_micros)
                }
            };
            timestamps(each(texts, to, failure, parse)?, tz)
        }
        DataType::Binary => Arc::new(texts.iter().map(|t| t.map(str::as_bytes)).collect::<BinaryArray>()),
        _ => return Err(errors::unsupported(format!("the cast of STRING to {}", types::quoted(to)))),
    })
}

/// Every text as a value; one that can't be read is an error or NULL.
fn each<T, A>(
    texts: &StringArray,
    to: &DataType,
    failure: Failure,
    mut parse: impl FnMut(&str) -> Option<T>,
) -> Result<A, SqlError>
where
    A: FromIterator<Option<T>>,
{
    let value = |text: Option<&str>| match text.map(|t| (t, parse(t))) {
        None => Ok(None),
        Some((text, None)) if failure == Failure::Error => Err(malformed(text, to)),
        Some((_, value)) => Ok(value),
    };
    texts.iter().map(value).collect()
}

fn integer<T: ArrowPrimitiveType>(text: &str) -> Option<T::Native>
where
    T::Native: FromStr,
{
    text.trim().parse().ok()
}

fn floating<T: FromStr>(text: &str) -> Option<T> {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "inf" | "+inf" | "infinity" | "+infinity" => "inf".parse().ok(),
        "-inf" | "-infinity" => "-inf".parse().ok(),
        "nan" => "NaN".parse().ok(),
        lower if lower.contains(['n', 'i']) => None,
        lower => lower.parse().or_else(|_| lower.trim_end_matches(['d', 'f']).parse()).ok(),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// A number's digits as a decimal, rounded half up; `Some(Err(()))` when it is one that does not fit.
pub(super) fn decimal(text: &str, precision: u8, scale: i8) -> Option<Result<i128, ()>> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], digits[at + 1..].parse::<i64>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // How many of the digits stand before the last digit that the target keeps.
    let kept = whole.len() as i64 + exponent + i64::from(scale);
    let value = match usize::try_from(kept) {
        Err(_) => Ok(0),
        Ok(kept) if kept >= all.len() => {
            let zeros = kept - all.len();
            let significant = all.trim_start_matches('0');
            if significant.is_empty() {
                Ok(0)
            } else if significant.len() + zeros > usize::from(precision) {
                Err(())
            } else {
                format!("{significant}{:0<zeros$}", "").parse::<i128>().map_err(|_| ())
            }
        }
        Ok(kept) => {
            let significant = all[..kept].trim_start_matches('0');
            let up = i128::from(all.as_bytes()[kept] >= b'5');
            match significant.len() > usize::from(precision) {
                true => Err(()),
                false => Ok(significant.parse::<i128>().unwrap_or(0) + up),
            }
        }
    };
    Some(value.and_then(|value| {
        let fits = 10_i128.checked_pow(u32::from(precision)).is_some_and(|limit| value < limit);
        if fits { Ok(if negative { -value } else { value }) } else { Err(()) }
    }))
}

/// A value that is not of the form of the type it is cast to.
pub(super) fn malformed(text: &str, to: &DataType) -> SqlError {
    SqlError::new(
        "CAST_INVALID_INPUT",
        "22018",
        format!(
            "The value '{text}' of the type \"STRING\" cannot be cast to {} because it is malformed. Correct the value as per the \
             syntax, or change its target type. Use `try_cast` to tolerate malformed input and return NULL instead.",
            types::quoted(to)
        ),
    )
}

fn overflow(value: &str, from: &DataType, to: &DataType) -> SqlError {
    if let DataType::Decimal128(precision, scale) = to {
        return out_of_decimal_range(value, *precision, *scale);
    }
    SqlError::new(
        "CAST_OVERFLOW",
        "22003",
        format!(
            "The value {value} of the type {} cannot be cast to {} due to an overflow. \
             Use `try_cast` to tolerate overflow and return NULL instead.",
            types::quoted(from),
            types::quoted(to)
        ),
    )
}

/// A number that a DECIMAL can't hold.
pub(super) fn out_of_decimal_range(value: &str, precision: u8, scale: i8) -> SqlError {
    SqlError::new(
        "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
        "22003",
        format!(
            "{value} cannot be represented as Decimal({precision}, {scale}). Use `try_cast` to tolerate overflow and return NULL instead."
        ),
    )
}
