//! Dates, timestamps and intervals.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::types::Date32Type;
use datafusion::arrow::array::{AsArray, DurationMicrosecondArray};
use datafusion::arrow::compute::kernels::arity;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, IntervalUnit, TimeUnit};
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{
    ColumnarValue, Expr, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::super::arithmetic::Operation;
use super::super::literals::SQL_TYPE;
use super::super::operators::{Typed, binary, call};
use super::super::text::MICROS_PER_DAY;
use super::super::{errors, types};
use super::shift::{Shift, ShiftBy};

/// `date - date`: an interval of whole days.
pub(in super::super) fn date_difference(left: Expr, right: Expr) -> Expr {
    call(
        DateDifference { signature: Signature::exact(vec![DataType::Date32; 2], Volatility::Immutable) },
        vec![left, right],
    )
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct DateDifference {
    signature: Signature,
}

impl ScalarUDFImpl for DateDifference {
    fn name(&self) -> &str {
        "date_difference"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(DataType::Duration(TimeUnit::Microsecond))
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> DfResult<FieldRef> {
        let unit = HashMap::from([(SQL_TYPE.to_owned(), "INTERVAL DAY".to_owned())]);
        Ok(Arc::new(Field::new(self.name(), DataType::Duration(TimeUnit::Microsecond), true).with_metadata(unit)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [left, right] = arrays.as_slice() else {
            return Err(errors::carried(errors::internal("a difference of other than two dates")));
        };
        let micros = |a: i32, b: i32| (i64::from(a) - i64::from(b)) * MICROS_PER_DAY;
        let (left, right) = (left.as_primitive::<Date32Type>(), right.as_primitive::<Date32Type>());
        let spans: DurationMicrosecondArray = arity::binary(left, right, micros)?;
        super::like_arguments(&args.args, Arc::new(spans))
    }
}

/// `timestamp - timestamp`: an interval of days to seconds, between what the wall clock showed.
pub(in super::super) fn timestamp_difference(typed: &Typed<'_>, left: Expr, right: Expr) -> DfResult<Expr> {
    let (l, r) = (typed.type_of(&left)?, typed.type_of(&right)?);
    let clock = types::timestamp_ntz();
    let zoned = types::timestamp(typed.session.time_zone());
    let is_clock = |t: &DataType| matches!(t, DataType::Timestamp(_, None));
    let both_clocks = is_clock(&l) || is_clock(&r);
    let local = |value: Expr, own: &DataType| match own {
        DataType::Timestamp(_, None) => Ok(value),
        DataType::Date32 if both_clocks => typed.cast(value, &clock),
        _ => typed.cast(typed.cast(value, &zoned)?, &clock),
    };
    Ok(binary(local(left, &l)?, Operator::Minus, local(right, &r)?))
}

/// A date or timestamp moved by an interval.
pub(in super::super) fn shift(
    typed: &Typed<'_>,
    operation: Operation,
    base: Expr,
    base_type: &DataType,
    by: Expr,
    by_type: &DataType,
) -> DfResult<Expr> {
    let forward = operation == Operation::Add;
    let by_months = matches!(by_type, DataType::Interval(IntervalUnit::YearMonth));
    let (base, base_type) = match (base_type, by_months) {
        (DataType::Date32, false) if !is_whole_days(&by) => {
            let timestamp = types::timestamp(typed.session.time_zone());
            (typed.cast(base, &timestamp)?, timestamp)
        }
        _ => (base, base_type.clone()),
    };
    let by_kind = if by_months { ShiftBy::Months } else { ShiftBy::Micros };
    Ok(call(Shift::new(base_type, by_kind, forward, typed.zone()), vec![base, by]))
}

// A date stays a date only when it is moved by an interval of days.
fn is_whole_days(interval: &Expr) -> bool {
    match interval {
        Expr::Literal(_, Some(metadata)) => metadata.inner().get(SQL_TYPE).is_some_and(|t| t == "INTERVAL DAY"),
        _ => false,
    }
}
