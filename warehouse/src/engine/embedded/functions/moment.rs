//! Functions that make, convert, move and compare dates and timestamps.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{Expr, lit};

use super::super::text::MICROS_PER_DAY;
use super::super::time::Zone;
use super::super::{errors, types};
use super::calendar::{self, out_of_range};
use super::registry::{Call, Function, each, planned};
use super::row::{Body, Each, Gives, Row, Takes, Value};
use super::{conversion, extract, shift};
use crate::engine::SqlError;

use Takes::{Bool, Clock, Date, Days, Decimal, Instant, Int, Long, Text};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    planned("date_add dateadd", 2..=3, |call| match call.args.len() {
        2 => Each::new(&[Date, Days], Gives::Date, calendar::date_add).call(call.name, call.args, call.typed),
        _ => timestamp_add(call),
    }),
    planned("timestampadd", 3..=3, timestamp_add),
    planned("datediff date_diff", 2..=3, |call| match call.args.len() {
        2 => {
            let days: Body = |row| Ok((row.date(0) - row.date(1)).into());
            Each::new(&[Date, Date], Gives::Int, days).call(call.name, call.args, call.typed)
        }
        _ => timestamp_difference(call),
    }),
    planned("timestampdiff", 3..=3, timestamp_difference),
    each("months_between", &[Instant, Instant, Bool], Gives::Double, months_between).optional(1),
    planned("to_date", 1..=2, |call| match reads_pattern(&call)? {
        true => Each::new(&[Text, Text], Gives::Date, calendar::to_date).call(call.name, call.args, call.typed),
        false => conversion::cast(first(call), DataType::Date32),
    }),
    planned("try_to_date", 1..=2, |call| match reads_pattern(&call)? {
        true => Each::new(&[Text, Text], Gives::Date, calendar::try_to_date).call(call.name, call.args, call.typed),
        false => conversion::try_cast(first(call), &DataType::Date32),
    }),
    planned("to_timestamp to_timestamp_ltz", 1..=2, |call| match reads_pattern(&call)? {
        true => Each::new(&[Text, Text], Gives::Instant, calendar::to_timestamp).call(call.name, call.args, call.typed),
        false => {
            let zoned = types::timestamp(call.typed.session.time_zone());
            conversion::cast(first(call), zoned)
        }
    }),
    planned("to_timestamp_ntz", 1..=2, |call| match reads_pattern(&call)? {
        true => Each::new(&[Text, Text], Gives::Clock, calendar::to_clock).call(call.name, call.args, call.typed),
        false => conversion::cast(first(call), types::timestamp_ntz()),
    }),
    planned("try_to_timestamp", 1..=2, |call| match reads_pattern(&call)? {
        true => {
            let each = Each::new(&[Text, Text], Gives::Instant, calendar::try_to_timestamp);
            each.call(call.name, call.args, call.typed)
        }
        false => {
            let zoned = types::timestamp(call.typed.session.time_zone());
            conversion::try_cast(first(call), &zoned)
        }
    }),
    planned("unix_timestamp", 0..=2, |call| match call.args.is_empty() {
        true => super::plan("unix_seconds", vec![call.typed.session.now()], call.typed),
        false => unix_timestamp(call),
    }),
    planned("to_unix_timestamp", 1..=2, unix_timestamp),
    planned("extract date_part datepart", 2..=2, extract::extract),
    planned("make_timestamp make_timestamp_ltz", 1..=7, |call| make(call, Gives::Instant, false)),
    planned("try_make_timestamp try_make_timestamp_ltz", 1..=7, |call| make(call, Gives::Instant, true)),
    planned("make_timestamp_ntz", 2..=6, |call| make(call, Gives::Clock, false)),
    planned("try_make_timestamp_ntz", 2..=6, |call| make(call, Gives::Clock, true)),
    each("make_ym_interval", &[Int, Int], Gives::Months, make_months).optional(2),
    planned("make_dt_interval", 0..=4, make_micros),
    each("from_utc_timestamp", &[Instant, Text], Gives::Instant, |row| {
        let local = zone(row.text(1))?.to_local(row.instant(0)).ok_or_else(out_of_range)?;
        Ok(Value::Instant(local))
    }),
    each("to_utc_timestamp", &[Instant, Text], Gives::Instant, |row| {
        let instant = zone(row.text(1))?.to_instant(row.instant(0)).ok_or_else(out_of_range)?;
        Ok(Value::Instant(instant))
    }),
    planned("convert_timezone", 2..=3, convert_timezone),
];

fn first(call: Call<'_>) -> Call<'_> {
    let mut args = call.args;
    args.truncate(1);
    Call { args, ..call }
}

/// Whether a text is read by a pattern; dates and timestamps have none.
fn reads_pattern(call: &Call<'_>) -> DfResult<bool> {
    Ok(call.args.len() == 2 && !matches!(call.type_of(0)?, DataType::Date32 | DataType::Timestamp(..)))
}

fn unix_timestamp(mut call: Call<'_>) -> DfResult<Expr> {
    let moment = match call.type_of(0)? {
        DataType::Date32 | DataType::Timestamp(..) => call.args[0].clone(),
        _ => {
            if call.args.len() == 1 {
                call.args.push(lit("yyyy-MM-dd HH:mm:ss"));
            }
            Each::new(&[Text, Text], Gives::Instant, calendar::to_timestamp).call(
                "to_timestamp",
                call.args,
                call.typed,
            )?
        }
    };
    super::plan("unix_seconds", vec![moment], call.typed)
}

/// A zone by its name.
pub(super) fn zone(name: &str) -> Result<Zone, SqlError> {
    name.parse().map_err(|_| {
        if name.contains(['+', '-']) || name.len() == 3 && name.bytes().all(|b| b.is_ascii_uppercase()) {
            return errors::unsupported(format!("the time zone {name}"));
        }
        SqlError::new(
            "INVALID_TIMEZONE",
            "22009",
            format!(
                "The timezone: {name} is invalid. The timezone must be either a region-based zone ID or a zone offset."
            ),
        )
    })
}

/// The clock of one zone as that of another.
fn convert_timezone(mut call: Call<'_>) -> DfResult<Expr> {
    if call.args.len() == 2 {
        call.args.insert(0, lit(call.typed.session.time_zone()));
    }
    let body: Body = |row| {
        let instant = zone(row.text(0))?.to_instant(row.instant(2)).ok_or_else(out_of_range)?;
        Ok(Value::Clock(zone(row.text(1))?.to_local(instant).ok_or_else(out_of_range)?))
    };
    Each::new(&[Text, Text, Clock], Gives::Clock, body).call(call.name, call.args, call.typed)
}

/// A unit that is added or counted: months, days, or microseconds of one.
#[derive(Clone, Copy)]
enum Unit {
    Months(i64),
    Days(i64),
    Micros(i64),
}

/// Whether a function of three arguments takes a unit as the first.
pub(in super::super) fn takes_unit(name: &str) -> bool {
    ["dateadd", "date_add", "timestampadd", "datediff", "date_diff", "timestampdiff"].contains(&name)
}

/// A first argument that is no unit.
pub(in super::super) fn no_unit(name: &str) -> SqlError {
    SqlError::new(
        "INVALID_PARAMETER_VALUE.DATETIME_UNIT",
        "22023",
        format!(
            "The value of parameter(s) `unit` in `{name}` is invalid: expects one of the units without quotes YEAR, QUARTER, MONTH, WEEK, \
             DAY, DAYOFYEAR, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND."
        ),
    )
}

fn unit(call: &Call<'_>) -> DfResult<String> {
    match &call.args[0] {
        Expr::Literal(datafusion::common::ScalarValue::Utf8(Some(name)), _) if unit_of(name).is_some() => {
            Ok(name.clone())
        }
        _ => Err(errors::carried(super::unresolved(call.name))),
    }
}

fn unit_of(name: &str) -> Option<Unit> {
    Some(match name.to_ascii_uppercase().as_str() {
        "YEAR" => Unit::Months(12),
        "QUARTER" => Unit::Months(3),
        "MONTH" => Unit::Months(1),
        "WEEK" => Unit::Days(7),
        "DAY" | "DAYOFYEAR" => Unit::Days(1),
        "HOUR" => Unit::Micros(3_600_000_000),
        "MINUTE" => Unit::Micros(60_000_000),
        "SECOND" => Unit::Micros(1_000_000),
        "MILLISECOND" => Unit::Micros(1_000),
        "MICROSECOND" => Unit::Micros(1),
        _ => return None,
    })
}

fn timestamp_add(mut call: Call<'_>) -> DfResult<Expr> {
    call.args[0] = lit(unit(&call)?);
    let clock = matches!(call.type_of(2)?, DataType::Timestamp(_, None));
    let each = match clock {
        true => Each::new(&[Text, Long, Clock], Gives::Clock, |row| added(row, false).map(Value::Clock)),
        false => Each::new(&[Text, Long, Instant], Gives::Instant, |row| added(row, true).map(Value::Instant)),
    };
    each.call("timestampadd", call.args, call.typed)
}

fn added(row: &Row<'_>, zoned: bool) -> Result<i64, SqlError> {
    let (count, micros) = (row.long(1), row.instant(2));
    let moved = || {
        let on_clock = |local: i64| if zoned { row.zone.to_instant(local) } else { Some(local) };
        let local = if zoned { row.zone.to_local(micros)? } else { micros };
        match unit_of(row.text(0))? {
            Unit::Micros(worth) => micros.checked_add(count.checked_mul(worth)?),
            Unit::Days(worth) => on_clock(local.checked_add(count.checked_mul(worth)?.checked_mul(MICROS_PER_DAY)?)?),
            Unit::Months(worth) => {
                let clock = DateTime::from_timestamp_micros(local)?.naive_utc();
                let date = shift::add_months(clock.date(), count.checked_mul(worth)?)?;
                on_clock(date.and_time(clock.time()).and_utc().timestamp_micros())
            }
        }
    };
    moved().ok_or_else(out_of_range)
}

/// Whole units between what the clock showed at two times.
fn timestamp_difference(mut call: Call<'_>) -> DfResult<Expr> {
    call.args[0] = lit(unit(&call)?);
    let both_clocks = (1..3).map(|at| call.type_of(at)).collect::<DfResult<Vec<_>>>()?;
    let clock = |found: &DataType| matches!(found, DataType::Timestamp(_, None));
    let takes: &[Takes] = match both_clocks.iter().all(clock) {
        true => &[Text, Clock, Clock],
        false => &[Text, Instant, Instant],
    };
    Each::new(takes, Gives::Long, difference).call("timestampdiff", call.args, call.typed)
}

fn difference(row: &Row<'_>) -> Result<Value, SqlError> {
    let local = |at: usize| row.local(at).ok_or_else(out_of_range);
    let (from, to) = (local(1)?, local(2)?);
    Ok(Value::Long(match unit_of(row.text(0)) {
        Some(Unit::Micros(worth)) => (to - from) / worth,
        Some(Unit::Days(worth)) => (to - from) / MICROS_PER_DAY / worth,
        Some(Unit::Months(worth)) => {
            let clock = |micros| {
                Ok::<_, SqlError>(DateTime::from_timestamp_micros(micros).ok_or_else(out_of_range)?.naive_utc())
            };
            months(clock(from)?, clock(to)?) / worth
        }
        None => return Err(errors::internal("a unit that is none")),
    }))
}

/// Whole months from one time to another.
fn months(from: NaiveDateTime, to: NaiveDateTime) -> i64 {
    let all = |time: NaiveDateTime| i64::from(time.year()) * 12 + i64::from(time.month0());
    let rest = |time: NaiveDateTime| (time.day(), time.time());
    let months = all(to) - all(from);
    match () {
        () if months > 0 && rest(to) < rest(from) => months - 1,
        () if months < 0 && rest(to) > rest(from) => months + 1,
        () => months,
    }
}

/// Months with their fraction, of 31 days each; whole ones between days of one number, or two last days.
fn months_between(row: &Row<'_>) -> Result<Value, SqlError> {
    let clock = |at: usize| {
        let local = row.local(at).and_then(DateTime::from_timestamp_micros).ok_or_else(out_of_range)?;
        Ok::<_, SqlError>(local.naive_utc())
    };
    let (left, right) = (clock(0)?, clock(1)?);
    let all = |time: NaiveDateTime| time.year() * 12 + time.month0().cast_signed();
    let is_last = |time: NaiveDateTime| time.date().succ_opt().is_none_or(|next| next.day() == 1);
    let whole = f64::from(all(left) - all(right));
    if left.day() == right.day() || is_last(left) && is_last(right) {
        return Ok(Value::Double(whole));
    }
    let seconds = |time: NaiveDateTime| (time - time.date().and_time(chrono::NaiveTime::MIN)).num_seconds();
    let days = i64::from(left.day()) - i64::from(right.day());
    let rest = days * 86_400 + seconds(left) - seconds(right);
    let all = whole + rest as f64 / (31.0 * 86_400.0);
    let rounds = row.len() < 3 || row.bool(2);
    Ok(Value::Double(if rounds { (all * 1e8 + 0.5).floor() / 1e8 } else { all }))
}

/// A timestamp of its fields, or of a date; in a zone when there is one more argument.
fn make(call: Call<'_>, gives: Gives, tries: bool) -> DfResult<Expr> {
    match (call.args.len(), gives) {
        (1, Gives::Instant) if call.type_of(0)? == DataType::Date32 => {
            let zoned = types::timestamp(call.typed.session.time_zone());
            return conversion::cast(call, zoned);
        }
        (6 | 7, Gives::Instant) | (6, _) => {}
        _ => return Err(errors::carried(errors::unsupported(format!("{} of a date and a time", call.name)))),
    }
    let takes: &[Takes] = &[Int, Int, Int, Int, Int, Decimal(16, 6), Text];
    let body: Body = match (gives, tries) {
        (Gives::Instant, false) => |row| made(row).and_then(|local| instant(row, local)),
        (Gives::Instant, true) => |row| made(row).map_or(Ok(Value::Null), |local| instant(row, local)),
        (_, false) => |row| made(row).map(Value::Clock),
        (_, true) => |row| Ok(made(row).map_or(Value::Null, Value::Clock)),
    };
    Each::new(&takes[..call.args.len()], gives, body).call(call.name, call.args, call.typed)
}

fn instant(row: &Row<'_>, local: i64) -> Result<Value, SqlError> {
    let zone = if row.len() > 6 { zone(row.text(6))? } else { row.zone };
    Ok(Value::Instant(zone.to_instant(local).ok_or_else(out_of_range)?))
}

/// The clock of fields; a second 60 without a fraction is the next minute's first.
fn made(row: &Row<'_>) -> Result<i64, SqlError> {
    let invalid = |text: String| {
        SqlError::new("DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION", "22023", format!("{text}. Use the `try_` form."))
    };
    let within = |at: usize, name: &str, least: i32, most: i32| match row.int(at) {
        found if (least..=most).contains(&found) => Ok(i64::from(found)),
        found => Err(invalid(format!("Invalid value for {name} (valid values {least} - {most}): {found}"))),
    };
    let micros = i64::try_from(row.decimal(5)).map_err(|_| out_of_range())?;
    let (second, fraction) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    if second == 60 && fraction > 0 {
        return Err(SqlError::new(
            "INVALID_FRACTION_OF_SECOND",
            "22023",
            "Valid range for seconds is [0, 60] (inclusive), and a fraction goes with less than 60 alone.",
        ));
    }
    if !(0..=60).contains(&second) {
        return Err(invalid(format!("Invalid value for SecondOfMinute (valid values 0 - 59): {second}")));
    }
    let (month, day) = (within(1, "MonthOfYear", 1, 12)?, within(2, "DayOfMonth", 1, 31)?);
    let (hour, minute) = (within(3, "HourOfDay", 0, 23)?, within(4, "MinuteOfHour", 0, 59)?);
    if row.int(0).unsigned_abs() > 99_999 {
        return Err(errors::unsupported("a timestamp of a year of six digits"));
    }
    let unsigned = |number: i64| u32::try_from(number).unwrap_or(0);
    let date = NaiveDate::from_ymd_opt(row.int(0), unsigned(month), unsigned(day));
    let date = date.ok_or_else(|| invalid(format!("Invalid date of day {day}")))?;
    let days = date.signed_duration_since(NaiveDate::default()).num_days();
    Ok(days * MICROS_PER_DAY + (hour * 3_600 + minute * 60) * 1_000_000 + micros)
}

fn interval_overflow() -> SqlError {
    SqlError::new(
        "INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION",
        "22015",
        "Integer overflow while operating with intervals. Try devising appropriate values for the interval parameters.",
    )
}

fn make_months(row: &Row<'_>) -> Result<Value, SqlError> {
    let part = |at: usize| if row.len() > at { row.int(at) } else { 0 };
    let months = part(0).checked_mul(12).and_then(|months| months.checked_add(part(1)));
    months.map(Value::Months).ok_or_else(interval_overflow)
}

fn make_micros(call: Call<'_>) -> DfResult<Expr> {
    let takes: &[Takes] = &[Int, Int, Int, Decimal(18, 6)];
    let body: Body = |row| {
        const WORTH: [i64; 3] = [MICROS_PER_DAY, 3_600_000_000, 60_000_000];
        let mut micros: i128 = if row.len() > 3 { row.decimal(3) } else { 0 };
        for (at, worth) in WORTH.iter().enumerate().take(row.len()) {
            micros += i128::from(row.int(at)) * i128::from(*worth);
        }
        i64::try_from(micros).map(Value::Micros).map_err(|_| interval_overflow())
    };
    if call.args.is_empty() {
        return Err(errors::carried(errors::unsupported("make_dt_interval without arguments")));
    }
    Each::new(&takes[..call.args.len()], Gives::Micros, body).call(call.name, call.args, call.typed)
}
