//! Functions of DOUBLE that the reference computes by rules of its own.

use super::row::{Body, Gives, RowFunction, Takes, Value};

/// The functions.
pub(super) const FUNCTIONS: &[RowFunction] = &[
    of_doubles("ln", 1, |row| Ok(logarithm(row.double(0)).into())),
    of_doubles("log10", 1, |row| Ok(positive(row.double(0)).map(f64::log10).into())),
    of_doubles("log2", 1, |row| Ok(logarithm(row.double(0)).map(|value| value / 2_f64.ln()).into())),
    RowFunction {
        optional: 1,
        ..of_doubles("log", 2, |row| {
            let base = if row.len() == 2 { logarithm(row.double(0)) } else { Some(1.0) };
            let number = logarithm(row.double(row.len() - 1));
            Ok(base.zip(number).map(|(base, number)| number / base).into())
        })
    },
    of_doubles("power", 2, |row| Ok(Value::Double(power(row.double(0), row.double(1))))),
    of_doubles("pow", 2, |row| Ok(Value::Double(power(row.double(0), row.double(1))))),
];

const fn of_doubles(name: &'static str, count: usize, body: Body) -> RowFunction {
    const TWO: &[Takes] = &[Takes::Double, Takes::Double];
    let (takes, _) = TWO.split_at(count);
    RowFunction { name, takes, optional: 0, gives: Gives::Double, body }
}

/// What is not positive has no logarithm; NaN has NaN.
fn positive(value: f64) -> Option<f64> {
    (value > 0.0 || value.is_nan()).then_some(value)
}

fn logarithm(value: f64) -> Option<f64> {
    positive(value).map(f64::ln)
}

/// 1 to the power of NaN, and 1 and -1 to that of infinity, are no numbers.
fn power(base: f64, exponent: f64) -> f64 {
    match exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) {
        true => f64::NAN,
        false => base.powf(exponent),
    }
}
