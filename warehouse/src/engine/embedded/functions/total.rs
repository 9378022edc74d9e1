//! Sums and averages: computed in more digits than their result has, so that an overflow is seen.

use std::sync::Arc;

use datafusion::arrow::array::types::Decimal256Type;
use datafusion::arrow::array::{ArrayRef, AsArray, Decimal128Array};
use datafusion::arrow::datatypes::{DataType, i256};
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::functions_aggregate::{count, sum};
use datafusion::logical_expr::{
    AggregateUDF, ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
    WindowFunctionDefinition, expr, lit,
};

use super::super::arithmetic::{Arithmetic, Digits, OnZero, Operation};
use super::super::operators::{Typed, call};
use super::super::types::MAX_PRECISION;
use super::super::{cast, errors};
use crate::engine::SqlError;

/// A DECIMAL of so many digits cannot be summed out of the range of the result, which has ten more.
const SAFE_PRECISION: u8 = MAX_PRECISION - 10;

/// What is summed for a value of BIGINT or DECIMAL.
pub(super) fn summand(value: Expr, found: &DataType) -> Expr {
    let to = match found {
        DataType::Decimal128(precision, scale) if *precision > SAFE_PRECISION => {
            DataType::Decimal256(*precision, *scale)
        }
        DataType::Decimal128(..) => return value,
        _ => DataType::Decimal128(20, 0),
    };
    call(Widened { to, signature: Signature::new(TypeSignature::Any(1), Volatility::Immutable) }, vec![value])
}

/// A sum in the type of the reference: BIGINT is summed in BIGINT, DECIMAL in DECIMAL of 38 digits.
pub(super) fn checked_sum(sum: &Expr, typed: &Typed<'_>) -> DfResult<Expr> {
    let is_wide = matches!(arguments(sum), Some([Expr::ScalarFunction(function)]) if function.func.name() == WIDENED);
    Ok(match typed.type_of(sum)? {
        DataType::Decimal256(_, scale) => call(Narrowed::new(scale), vec![sum.clone()]),
        DataType::Decimal128(..) if is_wide => {
            let zero = lit(ScalarValue::Decimal128(Some(0), 1, 0));
            call(Arithmetic::new(Operation::Add, DataType::Int64, OnZero::Error), vec![sum.clone(), zero])
        }
        _ => sum.clone(),
    })
}

/// The average of DECIMAL is its sum over its count, rounded half up to four digits more.
pub(super) fn average(value: &Expr, typed: &Typed<'_>) -> DfResult<Expr> {
    let Some([arg]) = arguments(value) else { return Ok(value.clone()) };
    let found = typed.type_of(arg)?;
    let DataType::Decimal128(precision, scale) = found else { return Ok(value.clone()) };
    let Some(sum) = with_function(value, sum::sum_udaf(), summand(arg.clone(), &found)) else {
        return Ok(value.clone());
    };
    let Some(count) = with_function(value, count::count_udaf(), arg.clone()) else { return Ok(value.clone()) };
    let max = i8::try_from(MAX_PRECISION).unwrap_or(i8::MAX);
    let digits = Digits { precision: (precision + 4).min(MAX_PRECISION), scale: (scale + 4).min(max) };
    let args = vec![checked_sum(&sum, typed)?, typed.cast(count, &DataType::Decimal128(20, 0))?];
    Ok(call(Arithmetic::new(Operation::Divide, digits.data_type(), OnZero::Error), args))
}

fn arguments(aggregate: &Expr) -> Option<&[Expr]> {
    match aggregate {
        Expr::AggregateFunction(function) => Some(&function.params.args),
        Expr::WindowFunction(function) => Some(&function.params.args),
        _ => None,
    }
}

/// The same call of another aggregate, of another value.
fn with_function(value: &Expr, function: Arc<AggregateUDF>, argument: Expr) -> Option<Expr> {
    match value {
        Expr::AggregateFunction(call) => {
            let mut params = call.params.clone();
            params.args = vec![argument];
            Some(Expr::AggregateFunction(expr::AggregateFunction { func: function, params }))
        }
        Expr::WindowFunction(call) => {
            let mut call = call.clone();
            call.fun = WindowFunctionDefinition::AggregateUDF(function);
            call.params.args = vec![argument];
            Some(Expr::WindowFunction(call))
        }
        _ => None,
    }
}

const WIDENED: &str = "widened";

/// A number as a DECIMAL of more digits.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Widened {
    to: DataType,
    signature: Signature,
}

impl ScalarUDFImpl for Widened {
    fn name(&self) -> &str {
        WIDENED
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.to.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        match args.args.first() {
            Some(value) => value.cast_to(&self.to, None),
            None => Err(errors::carried(errors::internal("a sum of nothing"))),
        }
    }
}

/// A sum of more than 38 digits as a DECIMAL of 38, or the error of an overflow.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Narrowed {
    scale: i8,
    signature: Signature,
}

impl Narrowed {
    fn new(scale: i8) -> Self {
        Self { scale, signature: Signature::new(TypeSignature::Any(1), Volatility::Immutable) }
    }

    fn compute(&self, sums: &ArrayRef) -> Result<ArrayRef, SqlError> {
        let limit = 10_u128.pow(u32::from(MAX_PRECISION));
        let narrow = |sum: Option<i256>| match sum {
            Some(sum) => match sum.to_i128().filter(|sum| sum.unsigned_abs() < limit) {
                Some(sum) => Ok(Some(sum)),
                None => Err(cast::out_of_decimal_range(&sum.to_string(), MAX_PRECISION, self.scale)),
            },
            None => Ok(None),
        };
        let sums = sums.as_primitive::<Decimal256Type>().iter().map(narrow).collect::<Result<Decimal128Array, _>>()?;
        Ok(Arc::new(sums.with_precision_and_scale(MAX_PRECISION, self.scale)?))
    }
}

impl ScalarUDFImpl for Narrowed {
    fn name(&self) -> &str {
        "narrowed"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(DataType::Decimal128(MAX_PRECISION, self.scale))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(sums) = arrays.first() else { return Err(errors::carried(errors::internal("a sum of nothing"))) };
        super::like_arguments(&args.args, self.compute(sums).map_err(errors::carried)?)
    }
}
