//! Rounding to decimal places and to whole numbers.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::{Expr, lit};

use super::super::arithmetic::Digits;
use super::super::types::MAX_PRECISION;
use super::super::{cast, errors};
use super::format::incremented;
use super::registry::{Call, Function, planned};
use super::row::{Each, Gives, Row, Takes, Value};
use crate::engine::SqlError;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    planned("round", 1..=2, |call| rounded(call, Mode::HalfUp)),
    planned("bround", 1..=2, |call| rounded(call, Mode::HalfEven)),
    planned("ceil ceiling", 1..=2, |call| rounded(call, Mode::Up)),
    planned("floor", 1..=2, |call| rounded(call, Mode::Down)),
];

/// Which of its neighbours a number becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    HalfUp,
    HalfEven,
    Up,
    Down,
}

impl Mode {
    /// A number of units, each of them `unit` of the number's own, rounded.
    fn divide(self, value: i128, unit: i128) -> i128 {
        let (quotient, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
        let up = match self {
            Self::Down => false,
            Self::Up => rest > 0,
            Self::HalfUp if value < 0 => rest > unit - rest,
            Self::HalfUp => rest >= unit - rest,
            Self::HalfEven if rest == unit - rest => quotient % 2 != 0,
            Self::HalfEven => rest > unit - rest,
        };
        quotient + i128::from(up)
    }
}

/// A scale that is a literal, as the reference wants it.
fn scale_of(call: &Call<'_>) -> DfResult<Option<i32>> {
    let places = match call.args.get(1) {
        None => return Ok(Some(0)),
        Some(places) => super::super::constant::constant(places.clone()),
    };
    match places {
        Some(ScalarValue::Int32(places)) => Ok(places),
        Some(ScalarValue::Int8(places)) => Ok(places.map(i32::from)),
        Some(ScalarValue::Int16(places)) => Ok(places.map(i32::from)),
        Some(ScalarValue::Int64(places)) => match places {
            None => Ok(None),
            Some(places) => match i32::try_from(places) {
                Ok(places) => Ok(Some(places)),
                Err(_) => {
                    Err(errors::carried(errors::unsupported(format!("{} to more places than an INT", call.name))))
                }
            },
        },
        Some(ScalarValue::Null) => Ok(None),
        _ => Err(errors::carried(errors::unsupported(format!(
            "{} to a number of digits that is not a literal",
            call.name
        )))),
    }
}

fn rounded(call: Call<'_>, mode: Mode) -> DfResult<Expr> {
    let found = call.type_of(0)?;
    let of_places = call.args.len() > 1;
    let Some(places) = scale_of(&call)? else {
        return Err(errors::carried(errors::unsupported(format!("{} to NULL places", call.name))));
    };
    let towards = matches!(mode, Mode::Up | Mode::Down);
    match found {
        DataType::Decimal128(precision, scale) => {
            let result = decimal_result(precision, scale, places, towards && !of_places);
            of_decimals(call, mode, places, (precision, scale), result)
        }
        // To places, they are rounded as decimals.
        ref found if found.is_integer() && towards && of_places => {
            let digits = Digits::of(found).ok_or_else(|| errors::carried(errors::internal("an integer has digits")))?;
            let arg = call.typed.cast(call.args[0].clone(), &digits.data_type())?;
            let call = Call { args: vec![arg], ..call };
            of_decimals(call, mode, places, (digits.precision, 0), decimal_result(digits.precision, 0, places, false))
        }
        DataType::Float32 | DataType::Float64 if towards && of_places => {
            let (precision, scale) = if found == DataType::Float32 { (14, 7) } else { (30, 15) };
            let arg = call.typed.cast(call.args[0].clone(), &DataType::Decimal128(precision, scale))?;
            let call = Call { args: vec![arg], ..call };
            of_decimals(call, mode, places, (precision, scale), decimal_result(precision, scale, places, false))
        }
        ref found if found.is_integer() && (places >= 0 || towards) => match towards {
            false => Ok(call.args[0].clone()),
            true => call.typed.cast(call.args[0].clone(), &DataType::Int64),
        },
        ref found if found.is_integer() => of_integers(call, mode, places),
        DataType::Float32 | DataType::Float64 | DataType::Utf8 | DataType::Null => match (towards, of_places) {
            (true, true) => {
                let arg = call.typed.cast(call.args[0].clone(), &DataType::Decimal128(38, 18))?;
                let call = Call { args: vec![arg], ..call };
                of_decimals(call, mode, places, (38, 18), decimal_result(38, 18, places, false))
            }
            (true, false) => {
                let body = match mode {
                    Mode::Up => |row: &Row<'_>| whole(row.double(0).ceil()),
                    _ => |row: &Row<'_>| whole(row.double(0).floor()),
                };
                Each::new(&[Takes::Double], Gives::Long, body).call(call.name, call.args, call.typed)
            }
            (false, _) => of_doubles(call, mode, places, &found),
        },
        _ => Err(call.mismatch(0)),
    }
}

fn whole(value: f64) -> Result<Value, SqlError> {
    // As a cast of Java: NaN is 0, and what is too large the nearest.
    Ok(Value::Long(value as i64))
}

/// The digits of a DECIMAL that is rounded.
fn decimal_result(precision: u8, scale: i8, places: i32, to_whole: bool) -> (u8, i8) {
    let (precision, scale) = (i32::from(precision), i32::from(scale));
    let whole = precision - scale + 1;
    let (precision, scale) = match (to_whole, places) {
        (true, _) => (whole, 0),
        (false, places) if places < 0 => (whole.max(1 - places), 0),
        (false, places) => (whole + places.min(scale), places.min(scale)),
    };
    let precision = u8::try_from(precision.clamp(1, i32::from(MAX_PRECISION))).unwrap_or(MAX_PRECISION);
    (precision, i8::try_from(scale).unwrap_or(0))
}

fn of_decimals(call: Call<'_>, mode: Mode, places: i32, from: (u8, i8), to: (u8, i8)) -> DfResult<Expr> {
    let body = match mode {
        Mode::HalfUp => |row: &Row<'_>| decimal(row, Mode::HalfUp),
        Mode::HalfEven => |row: &Row<'_>| decimal(row, Mode::HalfEven),
        Mode::Up => |row: &Row<'_>| decimal(row, Mode::Up),
        Mode::Down => |row: &Row<'_>| decimal(row, Mode::Down),
    };
    let lost = i32::from(from.1) - places.min(i32::from(from.1));
    let kept = i32::from(to.1) - places.min(i32::from(from.1));
    let value = call.args[0].clone();
    let args = vec![value, lit(lost), lit(kept), lit(i32::from(to.0))];
    let takes = &[Takes::Any, Takes::Int, Takes::Int, Takes::Int];
    Each::new(takes, Gives::Decimal(to.0, to.1), body).call(call.name, args, call.typed)
}

/// A DECIMAL without its last digits, and with zeros behind it.
fn decimal(row: &Row<'_>, mode: Mode) -> Result<Value, SqlError> {
    let power = |exponent: i32| u32::try_from(exponent).ok().and_then(|exponent| 10_i128.checked_pow(exponent));
    let value = match power(row.int(1)) {
        Some(unit) => mode.divide(row.decimal(0), unit),
        None => 0,
    };
    let precision = u8::try_from(row.int(3)).unwrap_or(MAX_PRECISION);
    let result = power(row.int(2)).and_then(|unit| value.checked_mul(unit));
    let fits = |value: &i128| power(row.int(3)).is_none_or(|limit| value.abs() < limit);
    match result.filter(fits) {
        Some(value) => Ok(Value::Decimal(value)),
        None if value == 0 => Ok(Value::Decimal(0)),
        None => Err(cast::out_of_decimal_range(&value.to_string(), precision, 0)),
    }
}

fn of_integers(call: Call<'_>, mode: Mode, places: i32) -> DfResult<Expr> {
    let (typed, found) = (call.typed, call.type_of(0)?);
    let body = match mode {
        Mode::HalfEven => |row: &Row<'_>| integer(row, Mode::HalfEven),
        _ => |row: &Row<'_>| integer(row, Mode::HalfUp),
    };
    let most = match found {
        DataType::Int8 => i8::MAX.into(),
        DataType::Int16 => i16::MAX.into(),
        DataType::Int32 => i32::MAX.into(),
        _ => i64::MAX,
    };
    let args = vec![call.args[0].clone(), lit(places.saturating_neg()), lit(most)];
    let rounded = Each::new(&[Takes::Long, Takes::Int, Takes::Long], Gives::Long, body).call(call.name, args, typed)?;
    typed.cast(rounded, &found)
}

fn integer(row: &Row<'_>, mode: Mode) -> Result<Value, SqlError> {
    let unit = u32::try_from(row.int(1)).ok().and_then(|places| 10_i128.checked_pow(places));
    let rounded = unit.map_or(0, |unit| mode.divide(row.long(0).into(), unit) * unit);
    let most = i128::from(row.long(2));
    match i64::try_from(rounded) {
        Ok(rounded) if (-most - 1..=most).contains(&rounded.into()) => Ok(Value::Long(rounded)),
        _ => Err(errors::arithmetic_overflow("Overflow")),
    }
}

fn of_doubles(call: Call<'_>, mode: Mode, places: i32, found: &DataType) -> DfResult<Expr> {
    let body = match mode {
        Mode::HalfEven => |row: &Row<'_>| double(row, Mode::HalfEven),
        _ => |row: &Row<'_>| double(row, Mode::HalfUp),
    };
    let args = vec![call.args[0].clone(), lit(places)];
    let rounded = Each::new(&[Takes::Double, Takes::Int], Gives::Double, body).call(call.name, args, call.typed)?;
    match found {
        DataType::Float32 => call.typed.cast(rounded, &DataType::Float32),
        _ => Ok(rounded),
    }
}

/// The digits that a reader sees are those that are rounded.
fn double(row: &Row<'_>, mode: Mode) -> Result<Value, SqlError> {
    let (value, places) = (row.double(0), row.int(1));
    if !value.is_finite() {
        return Ok(Value::Double(value));
    }
    let shown = format!("{}", value.abs());
    let (whole, fraction) = shown.split_once('.').unwrap_or((&shown, ""));
    let digits = format!("{whole}{fraction}");
    let kept = i64::try_from(whole.len()).unwrap_or(i64::MAX) + i64::from(places);
    let kept = match usize::try_from(kept) {
        Err(_) => return Ok(Value::Double(0.0)),
        Ok(kept) if kept >= digits.len() => return Ok(Value::Double(value)),
        Ok(kept) => kept,
    };
    let rest = &digits[kept..];
    let odd = digits[..kept].ends_with(['1', '3', '5', '7', '9']);
    let is_half = rest.starts_with('5') && rest[1..].bytes().all(|digit| digit == b'0');
    let up = if is_half && mode == Mode::HalfEven { odd } else { rest.as_bytes()[0] >= b'5' };
    let rounded = if up { incremented(&digits[..kept]) } else { digits[..kept].to_owned() };
    let rounded: f64 = format!("{rounded:0>1}e{}", places.saturating_neg()).parse().unwrap_or(value);
    Ok(Value::Double(if value < 0.0 { -rounded } else { rounded } + 0.0))
}
