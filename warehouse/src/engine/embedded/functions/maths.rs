//! Functions of numbers.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::functions as df;
use datafusion::logical_expr::{Expr, lit};
use datafusion_spark::function as spark;

use super::super::arithmetic::{OnZero, Operation};
use super::super::errors;
use super::conditional;
use super::registry::{Call, Function, each, engine, planned};
use super::row::{Body, Each, Gives, Row, Takes, Value};
use crate::engine::SqlError;

use Takes::{Double, Int, Text};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    planned("mod", 2..=2, |call| binary(call, Operation::Remainder, OnZero::Error)),
    planned("pmod", 2..=2, |call| binary(call, Operation::PositiveRemainder, OnZero::Error)),
    planned("div", 2..=2, |call| binary(call, Operation::IntegralDivide, OnZero::Error)),
    planned("try_add", 2..=2, |call| binary(call, Operation::Add, OnZero::Null)),
    planned("try_subtract", 2..=2, |call| binary(call, Operation::Subtract, OnZero::Null)),
    planned("try_multiply", 2..=2, |call| binary(call, Operation::Multiply, OnZero::Null)),
    planned("try_divide", 2..=2, |call| binary(call, Operation::Divide, OnZero::Null)),
    planned("try_mod", 2..=2, |call| binary(call, Operation::Remainder, OnZero::Null)),
    planned("positive", 1..=1, positive),
    planned("negative", 1..=1, negative),
    planned("abs", 1..=1, |call| Ok(df::math::abs().call(vec![number(&call)?]))),
    engine("sqrt", &[Double], df::math::sqrt),
    engine("cbrt", &[Double], df::math::cbrt),
    engine("exp", &[Double], df::math::exp),
    engine("sin", &[Double], df::math::sin),
    engine("cos", &[Double], df::math::cos),
    engine("tan", &[Double], df::math::tan),
    engine("asin", &[Double], df::math::asin),
    engine("acos", &[Double], df::math::acos),
    engine("atan", &[Double], df::math::atan),
    engine("sinh", &[Double], df::math::sinh),
    engine("cosh", &[Double], df::math::cosh),
    engine("tanh", &[Double], df::math::tanh),
    engine("degrees", &[Double], df::math::degrees),
    engine("radians", &[Double], df::math::radians),
    planned("sign signum", 1..=1, |call| match call.type_of(0)? {
        DataType::Interval(_) | DataType::Duration(_) => {
            let sign: Body = |row| {
                Ok(super::extract::length(row))
                    .map(|length| if length == 0.0 { length } else { length.signum() }.into())
            };
            Each::new(&[Takes::Any], Gives::Double, sign).call("sign_of_interval", call.args, call.typed)
        }
        _ => Ok(df::math::signum().call(vec![call.taken(0, Double)?])),
    }),
    engine("atan2", &[Double, Double], df::math::atan2),
    engine("hypot", &[Double, Double], spark::math::hypot),
    each("expm1", &[Double], Gives::Double, |row| Ok(f64::exp_m1(row.double(0)).into())),
    each("rint", &[Double], Gives::Double, |row| Ok(f64::round_ties_even(row.double(0)).into())),
    each("cot", &[Double], Gives::Double, |row| Ok(cot(row.double(0)).into())),
    each("csc", &[Double], Gives::Double, |row| Ok(csc(row.double(0)).into())),
    each("sec", &[Double], Gives::Double, |row| Ok(sec(row.double(0)).into())),
    each("acosh", &[Double], Gives::Double, |row| Ok(acosh(row.double(0)).into())),
    each("atanh", &[Double], Gives::Double, |row| Ok(atanh(row.double(0)).into())),
    each("asinh", &[Double], Gives::Double, |row| Ok(asinh(row.double(0)).into())),
    each("ln", &[Double], Gives::Double, |row| Ok(logarithm(row.double(0)).into())),
    each("log10", &[Double], Gives::Double, |row| Ok(above(row.double(0), 0.0).map(f64::log10).into())),
    each("log1p", &[Double], Gives::Double, |row| Ok(above(row.double(0), -1.0).map(f64::ln_1p).into())),
    each("log2", &[Double], Gives::Double, |row| Ok(logarithm(row.double(0)).map(|value| value / 2_f64.ln()).into())),
    planned("log", 1..=2, log),
    each("power pow", &[Double, Double], Gives::Double, |row| Ok(power(row.double(0), row.double(1)).into())),
    each("isnan", &[Double], Gives::Bool, |row| Ok((!row.is_null(0) && row.double(0).is_nan()).into())).of_nulls(),
    each("factorial", &[Int], Gives::Long, |row| match row.int(0) {
        number @ 0..=20 => Ok(Value::Long((1..=i64::from(number)).product())),
        _ => Ok(Value::Null),
    }),
    each("bin", &[Takes::Long], Gives::Text, |row| Ok(format!("{:b}", row.long(0)).into())),
    each("conv", &[Text, Int, Int], Gives::Text, super::bits::conv),
    planned("width_bucket", 4..=4, width_bucket),
    planned("nanvl", 2..=2, nanvl),
    planned("zeroifnull", 1..=1, |call| {
        let args = vec![call.args[0].clone(), lit(0_i32)];
        super::plan("coalesce", args, call.typed)
    }),
    planned("nullifzero", 1..=1, |call| {
        let args = vec![call.args[0].clone(), lit(0_i32)];
        super::plan("nullif", args, call.typed)
    }),
    planned("pi", 0..=0, |_| Ok(lit(std::f64::consts::PI))),
    planned("e", 0..=0, |_| Ok(lit(std::f64::consts::E))),
];

fn cot(value: f64) -> f64 {
    1.0 / value.tan()
}

fn csc(value: f64) -> f64 {
    1.0 / value.sin()
}

fn sec(value: f64) -> f64 {
    1.0 / value.cos()
}

// As the reference computes them, to their last digit.
fn asinh(value: f64) -> f64 {
    match value {
        f64::NEG_INFINITY => value,
        value => (value + (value * value + 1.0).sqrt()).ln(),
    }
}

fn acosh(value: f64) -> f64 {
    (value + (value * value - 1.0).sqrt()).ln()
}

fn atanh(value: f64) -> f64 {
    0.5 * (value.ln_1p() - (-value).ln_1p())
}

fn binary(call: Call<'_>, operation: Operation, on_zero: OnZero) -> DfResult<Expr> {
    let typed = call.typed;
    let [left, right] = call.take()?;
    typed.arithmetic(operation, left, right, on_zero)
}

/// The argument as a number; text reads as DOUBLE.
fn number(call: &Call<'_>) -> DfResult<Expr> {
    match call.type_of(0)? {
        DataType::Utf8 | DataType::Null => call.taken(0, Double),
        found if found.is_numeric() => Ok(call.args[0].clone()),
        _ => Err(call.mismatch(0)),
    }
}

fn positive(call: Call<'_>) -> DfResult<Expr> {
    match call.type_of(0)? {
        DataType::Interval(_) | DataType::Duration(_) => Ok(call.args[0].clone()),
        _ => number(&call),
    }
}

fn negative(call: Call<'_>) -> DfResult<Expr> {
    let (typed, found) = (call.typed, call.type_of(0)?);
    let [value] = call.take()?;
    match found {
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => Ok(Expr::Negative(Box::new(value))),
        DataType::Utf8 | DataType::Null => Ok(Expr::Negative(Box::new(typed.cast(value, &DataType::Float64)?))),
        found if found.is_integer() => {
            let zero = typed.cast(lit(0_i8), &found)?;
            typed.arithmetic(Operation::Subtract, zero, value, OnZero::Error)
        }
        found => Err(typed.mismatch("-", &[found])),
    }
}

/// What is not above a limit has no logarithm; NaN has NaN.
fn above(value: f64, limit: f64) -> Option<f64> {
    (value > limit || value.is_nan()).then_some(value)
}

fn logarithm(value: f64) -> Option<f64> {
    above(value, 0.0).map(f64::ln)
}

fn log(call: Call<'_>) -> DfResult<Expr> {
    let takes: &[Takes] = if call.args.len() == 1 { &[Double] } else { &[Double, Double] };
    let body: Body = |row| {
        let base = if row.len() == 2 { logarithm(row.double(0)) } else { Some(1.0) };
        Ok(base.zip(logarithm(row.double(row.len() - 1))).map(|(base, number)| number / base).into())
    };
    Each::new(takes, Gives::Double, body).call(call.name, call.args, call.typed)
}

/// 1 to the power of NaN, and 1 and -1 to that of infinity, are no numbers.
fn power(base: f64, exponent: f64) -> f64 {
    match exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) {
        true => f64::NAN,
        false => base.powf(exponent),
    }
}

/// The number of the part, of equally large ones, in which a value lies.
fn width_bucket(call: Call<'_>) -> DfResult<Expr> {
    let interval = |found: &DataType| matches!(found, DataType::Interval(_) | DataType::Duration(_));
    let found = call.types()?;
    let mut call = call;
    if found.iter().take(3).any(interval) {
        if found[0] != found[1] || found[1] != found[2] {
            return Err(errors::carried(errors::unsupported("width_bucket of intervals of two kinds")));
        }
        let length: Body = |row| Ok(Value::Double(super::extract::length(row)));
        for arg in call.args.iter_mut().take(3) {
            *arg = Each::new(&[Takes::Any], Gives::Double, length).call(
                "length_of_interval",
                vec![arg.clone()],
                call.typed,
            )?;
        }
    }
    let takes = &[Double, Double, Double, Takes::Long];
    Each::new(takes, Gives::Long, bucket).call(call.name, call.args, call.typed)
}

fn bucket(row: &Row<'_>) -> Result<Value, SqlError> {
    let (value, least, most, count) = (row.double(0), row.double(1), row.double(2), row.long(3));
    if count <= 0 || count == i64::MAX || value.is_nan() || least == most || !least.is_finite() || !most.is_finite() {
        return Ok(Value::Null);
    }
    let (lower, upper) = (least.min(most), least.max(most));
    let falls = least > most;
    Ok(Value::Long(if value < lower || falls && value <= lower {
        if falls { count + 1 } else { 0 }
    } else if !falls && value >= upper || falls && value > upper {
        if falls { 0 } else { count + 1 }
    } else if falls {
        (count as f64 * (upper - value) / (upper - lower)) as i64 + 1
    } else {
        (count as f64 * (value - lower) / (upper - lower)) as i64 + 1
    }))
}

fn nanvl(call: Call<'_>) -> DfResult<Expr> {
    let double = |position: usize| match call.type_of(position)? {
        DataType::Float32 => Ok(call.args[position].clone()),
        _ => call.taken(position, Double),
    };
    let value = double(0)?;
    let condition = super::plan("isnan", vec![value.clone()], call.typed)?;
    conditional::case(vec![condition, double(1)?, value], call.typed)
}
