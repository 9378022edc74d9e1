//! Arithmetic with the reference's result types, failing on overflow and on division by zero.

use std::sync::Arc;

use datafusion::arrow::array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use datafusion::arrow::array::{Array, ArrayRef, ArrowNativeTypeOp, AsArray, Datum, Decimal128Array, PrimitiveArray};
use datafusion::arrow::compute::kernels::{arity::try_binary, numeric};
use datafusion::arrow::datatypes::{DataType, i256};
use datafusion::arrow::error::ArrowError;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::types::MAX_PRECISION;
use super::{cast, errors, text};
use crate::engine::SqlError;

/// An operation on two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `DIV`
    IntegralDivide,
    /// `pmod`: a remainder that is not negative, when the divisor is not
    PositiveRemainder,
}

impl Operation {
    /// The sign that messages and names show.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::IntegralDivide => "div",
            Self::PositiveRemainder => "pmod",
        }
    }

    fn can_divide_by_zero(self) -> bool {
        self.is_remainder() || matches!(self, Self::Divide | Self::IntegralDivide)
    }

    fn is_remainder(self) -> bool {
        matches!(self, Self::Remainder | Self::PositiveRemainder)
    }
}

/// The digits of a DECIMAL type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digits {
    /// All digits.
    pub(super) precision: u8,
    /// Those after the point.
    pub(super) scale: i8,
}

impl Digits {
    /// The digits of a type when it takes part in decimal arithmetic.
    pub(super) fn of(data_type: &DataType) -> Option<Self> {
        let (precision, scale) = match data_type {
            DataType::Int8 => (3, 0),
            DataType::Int16 => (5, 0),
            DataType::Int32 => (10, 0),
            DataType::Int64 => (20, 0),
            DataType::Decimal128(precision, scale) => (*precision, *scale),
            _ => return None,
        };
        Some(Self { precision, scale })
    }

    /// The type with these digits.
    pub(super) fn data_type(self) -> DataType {
        DataType::Decimal128(self.precision, self.scale)
    }

    /// Above 38 digits the fraction gives way, down to six digits.
    pub(super) fn bounded(precision: i16, scale: i16) -> Self {
        const MAX: i16 = MAX_PRECISION as i16;
        let (precision, scale) =
            if precision <= MAX { (precision, scale) } else { (MAX, (MAX - (precision - scale)).max(scale.min(6))) };
        Self { precision: u8::try_from(precision).unwrap_or(MAX_PRECISION), scale: i8::try_from(scale).unwrap_or(0) }
    }

    /// The digits of a result.
    pub(super) fn result(operation: Operation, left: Self, right: Self) -> Self {
        let (p1, s1) = (i16::from(left.precision), i16::from(left.scale));
        let (p2, s2) = (i16::from(right.precision), i16::from(right.scale));
        match operation {
            Operation::Add | Operation::Subtract => {
                let scale = s1.max(s2);
                Self::bounded((p1 - s1).max(p2 - s2) + scale + 1, scale)
            }
            Operation::Multiply => Self::bounded(p1 + p2 + 1, s1 + s2),
            Operation::Divide => {
                let scale = (s1 + p2 + 1).max(6);
                Self::bounded(p1 - s1 + s2 + scale, scale)
            }
            Operation::Remainder | Operation::PositiveRemainder => {
                Self::bounded((p1 - s1).min(p2 - s2) + s1.max(s2), s1.max(s2))
            }
            Operation::IntegralDivide => Self::bounded((p1 - s1 + s2).max(1), 0),
        }
    }

    /// The narrowest digits that hold every value of both.
    pub(super) fn widest(left: Self, right: Self) -> Self {
        let scale = i16::from(left.scale.max(right.scale));
        let whole = (i16::from(left.precision) - i16::from(left.scale))
            .max(i16::from(right.precision) - i16::from(right.scale));
        Self::bounded(whole + scale, scale)
    }
}

/// An operation on two numbers of one kind: both of the result's integer or floating type, or both DECIMAL.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Arithmetic {
    operation: Operation,
    result: DataType,
    on_zero: OnZero,
    signature: Signature,
}

/// What division by zero gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum OnZero {
    /// The statement fails.
    Error,
    /// NULL, also on overflow.
    Null,
}

impl Arithmetic {
    /// The operation with this result type.
    pub(super) fn new(operation: Operation, result: DataType, on_zero: OnZero) -> Self {
        Self { operation, result, on_zero, signature: Signature::new(TypeSignature::Any(2), Volatility::Immutable) }
    }

    fn compute(&self, left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef, SqlError> {
        let right = if self.operation.can_divide_by_zero() { &self.without_zeros(left, right)? } else { right };
        match (left.data_type(), &self.result) {
            (DataType::Decimal128(..), DataType::Decimal128(..) | DataType::Int64) => self.decimals(left, right),
            (DataType::Float64, _) => Ok(self.floats::<Float64Type>(left, right)?),
            (DataType::Float32, _) => Ok(self.floats::<Float32Type>(left, right)?),
            (DataType::Int8, _) if self.operation.is_remainder() => self.remainders::<Int8Type>(left, right),
            (DataType::Int16, _) if self.operation.is_remainder() => self.remainders::<Int16Type>(left, right),
            (DataType::Int32, _) if self.operation.is_remainder() => self.remainders::<Int32Type>(left, right),
            (DataType::Int64, _) if self.operation.is_remainder() => self.remainders::<Int64Type>(left, right),
            _ => self.integers(left, right),
        }
    }

    /// The least number has no positive one, so that its remainder by -1 is computed as it wraps.
    fn remainders<T: ArrowPrimitiveType>(&self, left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef, SqlError>
    where
        T::Native: ArrowNativeTypeOp,
    {
        let negative_moves = self.operation == Operation::PositiveRemainder;
        let rest: PrimitiveArray<T> = try_binary(left.as_primitive::<T>(), right.as_primitive::<T>(), |a, b| {
            let rest = a.mod_wrapping(b);
            Ok(if negative_moves && rest.is_lt(T::Native::ZERO) { rest.add_wrapping(b).mod_wrapping(b) } else { rest })
        })?;
        Ok(Arc::new(rest))
    }

    /// The divisor with NULL instead of zero, when that is wanted; otherwise a zero is an error.
    fn without_zeros(&self, left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef, SqlError> {
        let zero = ScalarValue::new_zero(right.data_type())?.to_scalar()?;
        let is_zero = datafusion::arrow::compute::kernels::cmp::eq(right, &zero)?;
        let hit = (0..right.len()).any(|row| is_zero.is_valid(row) && is_zero.value(row) && left.is_valid(row));
        match (hit, self.on_zero) {
            (true, OnZero::Error) if self.operation.is_remainder() => Err(errors::remainder_by_zero()),
            (true, OnZero::Error) => Err(errors::divide_by_zero()),
            _ => Ok(datafusion::arrow::compute::nullif(right, &is_zero)?),
        }
    }

    fn integers(&self, left: &dyn Datum, right: &dyn Datum) -> Result<ArrayRef, SqlError> {
        let result = match self.operation {
            Operation::Add => numeric::add(left, right),
            Operation::Subtract => numeric::sub(left, right),
            Operation::Multiply => numeric::mul(left, right),
            Operation::Divide | Operation::IntegralDivide => numeric::div(left, right),
            Operation::Remainder | Operation::PositiveRemainder => numeric::rem(left, right),
        };
        result.map_err(|error| match error {
            ArrowError::ArithmeticOverflow(text) if matches!(self.result, DataType::Int8 | DataType::Int16) => {
                SqlError::new("BINARY_ARITHMETIC_OVERFLOW", "22003", format!("{text}."))
            }
            ArrowError::ArithmeticOverflow(_) => errors::arithmetic_overflow(&format!(
                "{} overflow. Use `try_{}` to tolerate overflow and return NULL instead",
                super::types::sql_text(&self.result).unwrap_or_default().to_lowercase(),
                match self.operation {
                    Operation::Add => "add",
                    Operation::Subtract => "subtract",
                    Operation::Multiply => "multiply",
                    _ => "divide",
                }
            )),
            other => other.into(),
        })
    }

    fn floats<T: ArrowPrimitiveType>(&self, left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef, ArrowError>
    where
        T::Native: num_float::Float,
    {
        use num_float::Float;
        let operation = self.operation;
        let (left, right) = (left.as_primitive::<T>(), right.as_primitive::<T>());
        let result: PrimitiveArray<T> = try_binary(left, right, |a, b| Ok(a.apply(operation, b)))?;
        Ok(Arc::new(result))
    }

    fn decimals(&self, left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef, SqlError> {
        let (DataType::Decimal128(_, s1), DataType::Decimal128(_, s2)) = (left.data_type(), right.data_type()) else {
            return Err(errors::internal("decimal arithmetic on other types"));
        };
        let (s1, s2) = (*s1, *s2);
        let to = match self.result {
            DataType::Decimal128(precision, scale) => Digits { precision, scale },
            _ => Digits { precision: 38, scale: 0 },
        };
        let (left, right) = (left.as_primitive::<Decimal128Type>(), right.as_primitive::<Decimal128Type>());
        let operation = self.operation;
        let limit = power(u32::from(to.precision));
        let exact = |a: i128, b: i128| -> Option<i128> {
            let value = decimal_operation(operation, (a, s1), (b, s2), to.scale)?;
            if value.wrapping_abs() < limit { value.to_i128() } else { None }
        };
        if self.on_zero == OnZero::Null {
            let values: Decimal128Array = left.iter().zip(right).map(|(a, b)| exact(a?, b?)).collect();
            return self.finish(values, to);
        }
        let values = try_binary(left, right, |a, b| {
            exact(a, b).ok_or_else(|| {
                let shown = |v, s| text::decimal(v, s);
                let value = format!("{} {} {}", shown(a, s1), operation.sign(), shown(b, s2));
                errors::carried_by_arrow(cast::out_of_decimal_range(&value, to.precision, to.scale))
            })
        })?;
        self.finish(values, to)
    }

    fn finish(&self, values: Decimal128Array, to: Digits) -> Result<ArrayRef, SqlError> {
        match &self.result {
            DataType::Int64 => {
                let long = |value: i128| {
                    i64::try_from(value).map_err(|_| {
                        let hint = "bigint overflow. Use `try_add` to tolerate overflow and return NULL instead";
                        errors::carried_by_arrow(errors::arithmetic_overflow(hint))
                    })
                };
                Ok(Arc::new(values.try_unary::<_, Int64Type, ArrowError>(long)?))
            }
            _ => Ok(Arc::new(values.with_precision_and_scale(to.precision, to.scale)?)),
        }
    }
}

mod num_float {
    use super::Operation;

    /// The operations on floating numbers, one by one.
    pub(super) trait Float {
        fn apply(self, operation: Operation, other: Self) -> Self;
    }

    macro_rules! float {
        ($type:ty) => {
            impl Float for $type {
                fn apply(self, operation: Operation, other: Self) -> Self {
                    match operation {
                        Operation::Add => self + other,
                        Operation::Subtract => self - other,
                        Operation::Multiply => self * other,
                        Operation::Divide => self / other,
                        Operation::Remainder => self % other,
                        Operation::IntegralDivide => (self / other).trunc(),
                        Operation::PositiveRemainder => match self % other {
                            rest if rest < 0.0 => (rest + other) % other,
                            rest => rest,
                        },
                    }
                }
            }
        };
    }

    float!(f32);
    float!(f64);
}

fn power(exponent: u32) -> i256 {
    i256::from_i128(10).checked_pow(exponent).unwrap_or(i256::MAX)
}

/// The result at the wanted scale, rounded half up; `None` when it is beyond 76 digits.
fn decimal_operation(operation: Operation, left: (i128, i8), right: (i128, i8), scale: i8) -> Option<i256> {
    let ((a, s1), (b, s2)) = (left, right);
    let (a, b) = (i256::from_i128(a), i256::from_i128(b));
    let common = s1.max(s2);
    let at = |value: i256, from: i8, to: i8| value.checked_mul(power(u32::try_from(to - from).ok()?));
    match operation {
        Operation::Add => rescale(at(a, s1, common)?.checked_add(at(b, s2, common)?)?, common, scale),
        Operation::Subtract => rescale(at(a, s1, common)?.checked_sub(at(b, s2, common)?)?, common, scale),
        Operation::Multiply => rescale(a.checked_mul(b)?, s1 + s2, scale),
        Operation::Remainder => rescale(at(a, s1, common)?.checked_rem(at(b, s2, common)?)?, common, scale),
        Operation::PositiveRemainder => {
            let divisor = at(b, s2, common)?;
            let rest = at(a, s1, common)?.checked_rem(divisor)?;
            let rest = if rest.is_negative() { rest.checked_add(divisor)?.checked_rem(divisor)? } else { rest };
            rescale(rest, common, scale)
        }
        Operation::IntegralDivide => at(a, s1, common)?.checked_div(at(b, s2, common)?),
        Operation::Divide => {
            let exponent = i16::from(scale) + i16::from(s2) - i16::from(s1);
            let shift = power(u32::from(exponent.unsigned_abs()));
            let (a, b) = if exponent >= 0 { (a.checked_mul(shift)?, b) } else { (a, b.checked_mul(shift)?) };
            divide_half_up(a, b)
        }
    }
}

fn rescale(value: i256, from: i8, to: i8) -> Option<i256> {
    if to >= from {
        value.checked_mul(power(u32::try_from(to - from).ok()?))
    } else {
        divide_half_up(value, power(u32::try_from(from - to).ok()?))
    }
}

fn divide_half_up(a: i256, b: i256) -> Option<i256> {
    let quotient = a.checked_div(b)?;
    let rest = a.checked_rem(b)?;
    let twice = rest.wrapping_abs().checked_mul(i256::from_i128(2))?;
    if twice < b.wrapping_abs() {
        return Some(quotient);
    }
    let step = if a.is_negative() == b.is_negative() { i256::ONE } else { i256::MINUS_ONE };
    quotient.checked_add(step)
}

impl ScalarUDFImpl for Arithmetic {
    fn name(&self) -> &str {
        self.operation.sign()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.result.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let scalars = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [left, right] = arrays.as_slice() else {
            return Err(errors::carried(errors::internal("arithmetic on other than two numbers")));
        };
        let result = match self.compute(left, right) {
            Err(error) if self.on_zero == OnZero::Null && error.sql_state == "22003" => self.row_by_row(left, right)?,
            result => result.map_err(errors::carried)?,
        };
        if scalars {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }
}

impl Arithmetic {
    // Overflows become NULL one by one; rare enough to compute row after row.
    fn row_by_row(&self, left: &ArrayRef, right: &ArrayRef) -> DfResult<ArrayRef> {
        let values: DfResult<Vec<ScalarValue>> = (0..left.len())
            .map(|row| match self.compute(&left.slice(row, 1), &right.slice(row, 1)) {
                Ok(value) => ScalarValue::try_from_array(&value, 0),
                Err(_) => ScalarValue::try_from(&self.result),
            })
            .collect();
        ScalarValue::iter_to_array(values?)
    }
}
