//! Dates and timestamps moved by intervals, on the wall clock of the session's zone.

use std::sync::Arc;

use chrono::{DateTime, Months, NaiveDate, TimeDelta};
use datafusion::arrow::array::types::{
    Date32Type, DurationMicrosecondType, IntervalYearMonthType, TimestampMicrosecondType,
};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::super::errors;
use super::super::text::MICROS_PER_DAY;
use super::super::time::{self, Zone};
use crate::engine::SqlError;

/// What an interval counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ShiftBy {
    /// Months of the calendar.
    Months,
    /// Microseconds.
    Micros,
}

/// `base + interval` or `base - interval`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Shift {
    base: DataType,
    by: ShiftBy,
    forward: bool,
    zone: Zone,
    signature: Signature,
}

impl Shift {
    /// The move of a `base` by an interval.
    pub(super) fn new(base: DataType, by: ShiftBy, forward: bool, zone: Zone) -> Self {
        Self { base, by, forward, zone, signature: Signature::new(TypeSignature::Any(2), Volatility::Immutable) }
    }

    fn compute(&self, base: &ArrayRef, by: &ArrayRef) -> Result<ArrayRef, SqlError> {
        let sign = if self.forward { 1 } else { -1 };
        let amount = |row: usize| match self.by {
            ShiftBy::Months => i64::from(by.as_primitive::<IntervalYearMonthType>().value(row)) * sign,
            ShiftBy::Micros => by.as_primitive::<DurationMicrosecondType>().value(row).wrapping_mul(sign),
        };
        let overflow = || errors::arithmetic_overflow("The date or timestamp leaves its range");
        let valid = |row: usize| base.is_valid(row) && by.is_valid(row);
        match &self.base {
            DataType::Date32 => {
                let dates = base.as_primitive::<Date32Type>();
                let moved: Result<PrimitiveArray<Date32Type>, SqlError> = (0..base.len())
                    .map(|row| match valid(row) {
                        true => self.date(dates.value(row), amount(row)).ok_or_else(overflow).map(Some),
                        false => Ok(None),
                    })
                    .collect();
                Ok(Arc::new(moved?))
            }
            DataType::Timestamp(_, tz) => {
                let instants = base.as_primitive::<TimestampMicrosecondType>();
                let moved: Result<TimestampMicrosecondArray, SqlError> = (0..base.len())
                    .map(|row| match valid(row) {
                        true => {
                            self.instant(instants.value(row), amount(row), tz.is_some()).ok_or_else(overflow).map(Some)
                        }
                        false => Ok(None),
                    })
                    .collect();
                Ok(Arc::new(moved?.with_timezone_opt(tz.clone())))
            }
            other => Err(errors::internal(&format!("{other} moved by an interval"))),
        }
    }

    fn date(&self, day: i32, amount: i64) -> Option<i32> {
        match self.by {
            ShiftBy::Months => {
                let date = NaiveDate::default().checked_add_signed(TimeDelta::days(day.into()))?;
                time::days(add_months(date, amount)?)
            }
            ShiftBy::Micros => day.checked_add(i32::try_from(amount / MICROS_PER_DAY).ok()?),
        }
    }

    // Months and days are counted on the wall clock, the rest of a span on the instant.
    fn instant(&self, micros: i64, amount: i64, zoned: bool) -> Option<i64> {
        let local = if zoned { self.zone.to_local(micros)? } else { micros };
        let (moved, rest) = match self.by {
            ShiftBy::Micros => (local.checked_add(amount - amount % MICROS_PER_DAY)?, amount % MICROS_PER_DAY),
            ShiftBy::Months => {
                let clock = DateTime::from_timestamp_micros(local)?.naive_utc();
                let moved = add_months(clock.date(), amount)?.and_time(clock.time());
                (moved.and_utc().timestamp_micros(), 0)
            }
        };
        // In an hour that a clock change repeats, the offset stays what it was.
        let same_offset = micros.checked_add(moved.checked_sub(local)?)?;
        let instant = match zoned && self.zone.to_local(same_offset) != Some(moved) {
            true => self.zone.to_instant(moved)?,
            false => same_offset,
        };
        instant.checked_add(rest)
    }
}

/// A date moved by months; a day that the month has not becomes its last.
pub(super) fn add_months(date: NaiveDate, months: i64) -> Option<NaiveDate> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months >= 0 { date.checked_add_months(count) } else { date.checked_sub_months(count) }
}

impl ScalarUDFImpl for Shift {
    fn name(&self) -> &str {
        if self.forward { "plus_interval" } else { "minus_interval" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.base.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [base, by] = arrays.as_slice() else {
            return Err(errors::carried(errors::internal("an interval without a date")));
        };
        let moved = self.compute(base, by).map_err(errors::carried)?;
        super::like_arguments(&args.args, moved)
    }
}
