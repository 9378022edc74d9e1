//! Functions of dates and timestamps.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::Expr;

use super::super::text::MICROS_PER_DAY;
use super::super::{errors, time};
use super::pattern::Pattern;
use super::registry::{Call, Function, each, planned};
use super::row::{Body, Each, Gives, Row, Takes, Value};
use super::shift;
use crate::engine::SqlError;

use Takes::{Date, Days as Whole, Double, Instant, Int, Long, Moment, Text};

/// A field of a date or timestamp.
const fn field(names: &'static str, body: Body) -> Function {
    each(names, &[Moment], Gives::Int, body)
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    field("year", |row| Ok(clock(row, 0)?.year().into())),
    field("quarter", |row| small(clock(row, 0)?.month0() / 3 + 1)),
    field("month", |row| small(clock(row, 0)?.month())),
    field("day dayofmonth", |row| small(clock(row, 0)?.day())),
    field("dayofyear", |row| small(clock(row, 0)?.ordinal())),
    field("dayofweek", |row| small(clock(row, 0)?.weekday().num_days_from_sunday() + 1)),
    field("weekday", |row| small(clock(row, 0)?.weekday().num_days_from_monday())),
    field("weekofyear", |row| small(clock(row, 0)?.iso_week().week())),
    planned("hour minute second", 1..=1, time_field),
    each("date_sub", &[Date, Whole], Gives::Date, |row| moved(row.date(0), -i64::from(row.int(1)))),
    each("add_months", &[Date, Int], Gives::Date, add_months),
    each("last_day", &[Date], Gives::Date, last_day),
    each("next_day", &[Date, Text], Gives::Date, next_day),
    each("make_date", &[Int, Int, Int], Gives::Date, make_date),
    each("trunc", &[Date, Text], Gives::Date, trunc),
    each("date_trunc", &[Text, Instant], Gives::Instant, date_trunc),
    each("date_format", &[Moment, Text], Gives::Text, date_format),
    each("from_unixtime", &[Long, Text], Gives::Text, from_unixtime).optional(1),
    each("unix_seconds", &[Instant], Gives::Long, |row| Ok(Value::Long(row.instant(0).div_euclid(1_000_000)))),
    each("unix_millis", &[Instant], Gives::Long, |row| Ok(Value::Long(row.instant(0).div_euclid(1_000)))),
    each("unix_micros", &[Instant], Gives::Long, |row| Ok(Value::Long(row.instant(0)))),
    each("unix_date", &[Date], Gives::Int, |row| Ok(row.date(0).into())),
    each("date_from_unix_date", &[Int], Gives::Date, |row| Ok(Value::Date(row.int(0)))),
    planned("timestamp_seconds", 1..=1, timestamp_seconds),
    each("timestamp_millis", &[Long], Gives::Instant, |row| scaled(row.long(0), 1_000)),
    each("timestamp_micros", &[Long], Gives::Instant, |row| scaled(row.long(0), 1)),
    each("monthname", &[Moment], Gives::Text, |row| Ok(clock(row, 0)?.format("%b").to_string().into())),
    each("dayname", &[Moment], Gives::Text, |row| Ok(clock(row, 0)?.format("%a").to_string().into())),
];

pub(super) fn out_of_range() -> SqlError {
    SqlError::new("DATETIME_OVERFLOW", "22008", "Datetime operation overflow: the date or timestamp leaves its range.")
}

fn clock(row: &Row<'_>, position: usize) -> Result<NaiveDateTime, SqlError> {
    let micros = row.local(position).and_then(DateTime::from_timestamp_micros);
    Ok(micros.ok_or_else(out_of_range)?.naive_utc())
}

fn small(number: u32) -> Result<Value, SqlError> {
    Ok(i32::try_from(number).unwrap_or(0).into())
}

fn day(days: i32) -> Result<NaiveDate, SqlError> {
    NaiveDate::default().checked_add_signed(TimeDelta::days(days.into())).ok_or_else(out_of_range)
}

fn date(date: Option<NaiveDate>) -> Result<Value, SqlError> {
    Ok(Value::Date(date.and_then(time::days).ok_or_else(out_of_range)?))
}

fn moved(days: i32, by: i64) -> Result<Value, SqlError> {
    let moved = i64::from(days) + by;
    Ok(Value::Date(i32::try_from(moved).map_err(|_| out_of_range())?))
}

fn scaled(number: i64, by: i64) -> Result<Value, SqlError> {
    Ok(Value::Instant(number.checked_mul(by).ok_or_else(out_of_range)?))
}

fn seconds(seconds: f64) -> Result<Value, SqlError> {
    let micros = (seconds * 1e6).trunc();
    if micros.is_finite() && micros.abs() < 9.2e18 { Ok(Value::Instant(micros as i64)) } else { Err(out_of_range()) }
}

fn add_months(row: &Row<'_>) -> Result<Value, SqlError> {
    date(shift::add_months(day(row.date(0))?, i64::from(row.int(1))))
}

fn last_day(row: &Row<'_>) -> Result<Value, SqlError> {
    let first = day(row.date(0))?.with_day(1);
    date(first.and_then(|first| shift::add_months(first, 1)).and_then(|next| next.pred_opt()))
}

fn next_day(row: &Row<'_>) -> Result<Value, SqlError> {
    let wanted = match row.text(1).trim().to_ascii_uppercase().as_str() {
        "MO" | "MON" | "MONDAY" => Weekday::Mon,
        "TU" | "TUE" | "TUESDAY" => Weekday::Tue,
        "WE" | "WED" | "WEDNESDAY" => Weekday::Wed,
        "TH" | "THU" | "THURSDAY" => Weekday::Thu,
        "FR" | "FRI" | "FRIDAY" => Weekday::Fri,
        "SA" | "SAT" | "SATURDAY" => Weekday::Sat,
        "SU" | "SUN" | "SUNDAY" => Weekday::Sun,
        other => {
            return Err(SqlError::new(
                "ILLEGAL_DAY_OF_WEEK",
                "22009",
                format!("Illegal input for day of week: {other}."),
            ));
        }
    };
    let from = day(row.date(0))?;
    let ahead = (wanted.num_days_from_monday() + 6 - from.weekday().num_days_from_monday()) % 7 + 1;
    date(from.checked_add_days(Days::new(ahead.into())))
}

fn make_date(row: &Row<'_>) -> Result<Value, SqlError> {
    let unsigned = |n: i32| u32::try_from(n).unwrap_or(0);
    match NaiveDate::from_ymd_opt(row.int(0), unsigned(row.int(1)), unsigned(row.int(2))) {
        Some(made) => date(Some(made)),
        None if row.int(0).unsigned_abs() > 99_999 => Err(errors::unsupported("make_date of a year of six digits")),
        None => Err(SqlError::new(
            "DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION",
            "22023",
            format!("Invalid date: {}-{}-{}.", row.int(0), row.int(1), row.int(2)),
        )),
    }
}

/// The start of the unit in which a date lies; `None` for a unit that is none of a date.
fn date_start(date: NaiveDate, unit: &str) -> Option<NaiveDate> {
    match unit {
        "YEAR" | "YYYY" | "YY" => NaiveDate::from_ymd_opt(date.year(), 1, 1),
        "QUARTER" => NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1),
        "MONTH" | "MM" | "MON" => date.with_day(1),
        "WEEK" => date.checked_sub_days(Days::new(date.weekday().num_days_from_monday().into())),
        _ => None,
    }
}

/// NULL for a unit that is none.
fn trunc(row: &Row<'_>) -> Result<Value, SqlError> {
    let start = date_start(day(row.date(0))?, &row.text(1).to_ascii_uppercase());
    Ok(start.and_then(time::days).map_or(Value::Null, Value::Date))
}

fn date_trunc(row: &Row<'_>) -> Result<Value, SqlError> {
    let unit = row.text(0).to_ascii_uppercase();
    let micros = row.instant(1);
    let local = row.local(1).ok_or_else(out_of_range)?;
    let to_unit = |length: i64| local - local.rem_euclid(length);
    let start = match unit.as_str() {
        "DAY" | "DD" => to_unit(MICROS_PER_DAY),
        "HOUR" => return Ok(Value::Instant(micros - local.rem_euclid(3_600_000_000))),
        "MINUTE" => return Ok(Value::Instant(micros - local.rem_euclid(60_000_000))),
        "SECOND" => return Ok(Value::Instant(micros - micros.rem_euclid(1_000_000))),
        "MILLISECOND" => return Ok(Value::Instant(micros - micros.rem_euclid(1_000))),
        "MICROSECOND" => return Ok(Value::Instant(micros)),
        unit => match date_start(clock(row, 1)?.date(), unit) {
            Some(start) => start.and_time(NaiveTime::MIN).and_utc().timestamp_micros(),
            None => return Ok(Value::Null),
        },
    };
    Ok(row.zone.to_instant(start).map_or(Value::Null, Value::Instant))
}

fn date_format(row: &Row<'_>) -> Result<Value, SqlError> {
    Ok(Pattern::parse(row.text(1))?.format(clock(row, 0)?).into())
}

fn from_unixtime(row: &Row<'_>) -> Result<Value, SqlError> {
    let pattern = if row.len() > 1 { row.text(1) } else { "yyyy-MM-dd HH:mm:ss" };
    let micros = row.long(0).checked_mul(1_000_000).and_then(|m| row.zone.to_local(m));
    let local = micros.and_then(DateTime::from_timestamp_micros).ok_or_else(out_of_range)?;
    Ok(Pattern::parse(pattern)?.format(local.naive_utc()).into())
}

fn parsed(row: &Row<'_>) -> Result<NaiveDateTime, SqlError> {
    try_parsed(row)?.ok_or_else(|| {
        SqlError::new(
            "CANNOT_PARSE_TIMESTAMP",
            "22007",
            format!(
                "Text '{}' could not be parsed with the pattern '{}'. Use `try_to_timestamp` to tolerate invalid input string and \
                 return NULL instead.",
                row.text(0),
                row.text(1)
            ),
        )
    })
}

pub(super) fn date_add(row: &Row<'_>) -> Result<Value, SqlError> {
    moved(row.date(0), i64::from(row.int(1)))
}

pub(super) fn to_date(row: &Row<'_>) -> Result<Value, SqlError> {
    date(Some(parsed(row)?.date()))
}

pub(super) fn to_timestamp(row: &Row<'_>) -> Result<Value, SqlError> {
    instant(row, parsed(row)?)
}

fn instant(row: &Row<'_>, local: NaiveDateTime) -> Result<Value, SqlError> {
    let local = local.and_utc().timestamp_micros();
    Ok(Value::Instant(row.zone.to_instant(local).ok_or_else(|| errors::internal("a time outside of its range"))?))
}

pub(super) fn to_clock(row: &Row<'_>) -> Result<Value, SqlError> {
    Ok(Value::Clock(parsed(row)?.and_utc().timestamp_micros()))
}

fn try_parsed(row: &Row<'_>) -> Result<Option<NaiveDateTime>, SqlError> {
    Ok(Pattern::parse(row.text(1))?.readable()?.read(row.text(0)))
}

pub(super) fn try_to_date(row: &Row<'_>) -> Result<Value, SqlError> {
    try_parsed(row)?.map_or(Ok(Value::Null), |local| date(Some(local.date())))
}

pub(super) fn try_to_timestamp(row: &Row<'_>) -> Result<Value, SqlError> {
    try_parsed(row)?.map_or(Ok(Value::Null), |local| instant(row, local))
}

/// A text that is a time alone has no day of which it could be.
fn time_field(call: Call<'_>) -> DfResult<Expr> {
    if let [Expr::Literal(ScalarValue::Utf8(Some(text)), _)] = call.args.as_slice()
        && !text.contains('-')
    {
        let feature = format!("{} of a text that is a time without a date", call.name);
        return Err(errors::carried(errors::unsupported(feature)));
    }
    let body: Body = match call.name {
        "hour" => |row| small(clock(row, 0)?.hour()),
        "minute" => |row| small(clock(row, 0)?.minute()),
        _ => |row| small(clock(row, 0)?.second()),
    };
    Each::new(&[Moment], Gives::Int, body).call(call.name, call.args, call.typed)
}

fn timestamp_seconds(call: Call<'_>) -> DfResult<Expr> {
    if let DataType::Decimal128(_, 7..) = call.type_of(0)? {
        return Err(errors::carried(errors::unsupported("timestamp_seconds of more than six decimal places")));
    }
    Each::new(&[Double], Gives::Instant, |row| seconds(row.double(0))).call(call.name, call.args, call.typed)
}
