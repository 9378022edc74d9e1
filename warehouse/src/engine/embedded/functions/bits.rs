//! Functions of the bits of whole numbers.

use datafusion::arrow::array::types::Int64Type;
use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::{Expr, Operator, lit};

use super::super::errors;
use super::super::operators::common_type;
use super::registry::{Call, Function, each, planned};
use super::row::{Body, Each, Gives, Row, Takes, Value};
use crate::engine::SqlError;

use Takes::{Bytes, Int, Long};

/// The bits of a bitmap.
const BITMAP_BITS: i64 = 32_768;
const BITMAP_BYTES: usize = 4_096;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    planned("bit_count", 1..=1, bit_count),
    planned("bit_get getbit", 2..=2, bit_get),
    planned("~", 1..=1, not),
    planned("shiftleft <<", 2..=2, |call| {
        let of_long: Body = |row| Ok(Value::Long(row.long(0).wrapping_shl(places(row))));
        shift(call, |row| Ok(Value::Int(row.int(0).wrapping_shl(places(row)))), of_long)
    }),
    planned("shiftright >>", 2..=2, |call| {
        let of_long: Body = |row| Ok(Value::Long(row.long(0).wrapping_shr(places(row))));
        shift(call, |row| Ok(Value::Int(row.int(0).wrapping_shr(places(row)))), of_long)
    }),
    planned("shiftrightunsigned >>>", 2..=2, |call| {
        let of_long: Body = |row| Ok(Value::Long(row.long(0).cast_unsigned().wrapping_shr(places(row)).cast_signed()));
        let of_int: Body = |row| Ok(Value::Int(row.int(0).cast_unsigned().wrapping_shr(places(row)).cast_signed()));
        shift(call, of_int, of_long)
    }),
    each("bitmap_bit_position", &[Long], Gives::Long, |row| {
        let value = row.long(0);
        Ok(Value::Long(if value > 0 { (value - 1) % BITMAP_BITS } else { value.wrapping_neg() % BITMAP_BITS }))
    }),
    each("bitmap_bucket_number", &[Long], Gives::Long, |row| {
        let value = row.long(0);
        Ok(Value::Long(if value > 0 { 1 + (value - 1) / BITMAP_BITS } else { value / BITMAP_BITS }))
    }),
    each("bitmap_count", &[Bytes], Gives::Long, |row| {
        Ok(Value::Long(row.bytes(0).iter().map(|byte| i64::from(byte.count_ones())).sum()))
    }),
    planned("&", 2..=2, |call| combined(call, Operator::BitwiseAnd)),
    planned("|", 2..=2, |call| combined(call, Operator::BitwiseOr)),
    planned("^", 2..=2, |call| combined(call, Operator::BitwiseXor)),
];

/// The bitmap in which the positions of a group are set.
pub(super) fn bitmap_construct_agg(columns: &[ArrayRef], _: &DataType) -> Result<ScalarValue, SqlError> {
    let mut bitmap = vec![0_u8; BITMAP_BYTES];
    for position in columns[0].as_primitive::<Int64Type>().iter().flatten() {
        match usize::try_from(position) {
            Ok(at) if at < BITMAP_BYTES * 8 => bitmap[at / 8] |= 1 << (at % 8),
            _ => {
                return Err(SqlError::new(
                    "INVALID_BITMAP_POSITION",
                    "22003",
                    format!(
                        "The 0-indexed bitmap position {position} is out of bounds. The bitmap has {BITMAP_BITS} bits ({BITMAP_BYTES} bytes)."
                    ),
                ));
            }
        }
    }
    Ok(ScalarValue::Binary(Some(bitmap)))
}

fn combined_bitmaps(columns: &[ArrayRef], start: u8, combine: fn(u8, u8) -> u8) -> Result<ScalarValue, SqlError> {
    let mut bitmap = vec![start; BITMAP_BYTES];
    for other in columns[0].as_binary::<i32>().iter().flatten() {
        for (at, byte) in bitmap.iter_mut().enumerate() {
            *byte = combine(*byte, other.get(at).copied().unwrap_or(0));
        }
    }
    Ok(ScalarValue::Binary(Some(bitmap)))
}

/// The bits that one of the bitmaps of a group has.
pub(super) fn bitmap_or_agg(columns: &[ArrayRef], _: &DataType) -> Result<ScalarValue, SqlError> {
    combined_bitmaps(columns, 0, |left, right| left | right)
}

/// The bits that all bitmaps of a group have.
pub(super) fn bitmap_and_agg(columns: &[ArrayRef], _: &DataType) -> Result<ScalarValue, SqlError> {
    combined_bitmaps(columns, 0xFF, |left, right| left & right)
}

/// The bits that are set, of a BIGINT that is equal.
fn bit_count(call: Call<'_>) -> DfResult<Expr> {
    match call.type_of(0)? {
        DataType::Boolean => call.typed.cast(call.args[0].clone(), &DataType::Int32),
        found if found.is_integer() || found == DataType::Null => {
            let body: Body = |row| Ok(Value::Int(i32::try_from(row.long(0).count_ones()).unwrap_or(0)));
            Each::new(&[Long], Gives::Int, body).call(call.name, call.args, call.typed)
        }
        _ => Err(call.mismatch(0)),
    }
}

/// A bit by its position from the lowest, as a TINYINT.
fn bit_get(call: Call<'_>) -> DfResult<Expr> {
    let size = match call.type_of(0)? {
        DataType::Int8 => 8,
        DataType::Int16 => 16,
        DataType::Int32 => 32,
        DataType::Int64 | DataType::Null => 64,
        _ => return Err(call.mismatch(0)),
    };
    let body: Body = |row| match row.int(1) {
        at if (0..row.int(2)).contains(&at) => Ok(Value::Int(i32::from(row.long(0) >> at & 1 == 1))),
        at => Err(SqlError::new(
            "INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE",
            "22023",
            format!(
                "The value of parameter(s) `pos` in `bit_get` is invalid: expects an integer value in [0, {}), but got {at}.",
                row.int(2)
            ),
        )),
    };
    let args = vec![call.args[0].clone(), call.args[1].clone(), lit(size)];
    let bit = Each::new(&[Long, Int, Int], Gives::Int, body).call(call.name, args, call.typed)?;
    call.typed.cast(bit, &DataType::Int8)
}

fn not(call: Call<'_>) -> DfResult<Expr> {
    let (typed, found) = (call.typed, call.type_of(0)?);
    let [value] = call.take()?;
    let to = match found {
        found if found.is_integer() => found,
        DataType::Null => DataType::Int32,
        found => return Err(typed.mismatch("~", &[found])),
    };
    let (value, ones) = (typed.cast(value, &to)?, typed.cast(lit(-1_i32), &to)?);
    Ok(super::super::operators::binary(value, Operator::BitwiseXor, ones))
}

fn combined(call: Call<'_>, operator: Operator) -> DfResult<Expr> {
    let (typed, name) = (call.typed, call.name);
    let [left, right] = call.take()?;
    let found = [typed.type_of(&left)?, typed.type_of(&right)?];
    match common_type(&found[0], &found[1]) {
        Some(common) if common.is_integer() => {
            Ok(super::super::operators::binary(typed.cast(left, &common)?, operator, typed.cast(right, &common)?))
        }
        _ => Err(typed.mismatch(name, &found)),
    }
}

fn places(row: &Row<'_>) -> u32 {
    row.int(1).cast_unsigned()
}

/// A shift of INT or BIGINT by the lowest bits of a number.
fn shift(call: Call<'_>, of_int: Body, of_long: Body) -> DfResult<Expr> {
    let each = match call.type_of(0)? {
        DataType::Int64 => Each::new(&[Long, Int], Gives::Long, of_long),
        _ => Each::new(&[Int, Int], Gives::Int, of_int),
    };
    each.call(call.name, call.args, call.typed)
}

/// A number of one base in another; NULL for what is no base. The base of a number with a sign is negative.
pub(super) fn conv(row: &Row<'_>) -> Result<Value, SqlError> {
    let (text, from, to) = (row.text(0).trim_matches(' '), row.int(1), row.int(2));
    let Ok(radix @ 2..=36) = u32::try_from(from) else { return Ok(Value::Null) };
    if text.is_empty() || !(2..=36).contains(&to.unsigned_abs()) {
        return Ok(Value::Null);
    }
    let (minus, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let mut value: u64 = 0;
    for digit in digits.chars().map_while(|c| c.to_digit(radix)) {
        let next = value.checked_mul(radix.into()).and_then(|value| value.checked_add(digit.into()));
        value = next.ok_or_else(|| errors::arithmetic_overflow("Overflow in function conv()"))?;
    }
    let mut signed = value.cast_signed();
    let mut negative = minus;
    if minus && to > 0 {
        signed = if signed < 0 { -1 } else { -signed };
    }
    if to < 0 && signed < 0 {
        signed = signed.wrapping_neg();
        negative = true;
    }
    let (mut rest, base) = (signed.cast_unsigned(), u64::from(to.unsigned_abs()));
    let mut shown = Vec::new();
    loop {
        let digit = u32::try_from(rest % base).unwrap_or(0);
        shown.push(char::from_digit(digit, 36).unwrap_or('0').to_ascii_uppercase());
        rest /= base;
        if rest == 0 {
            break;
        }
    }
    if negative && to < 0 {
        shown.push('-');
    }
    Ok(shown.into_iter().rev().collect::<String>().into())
}
