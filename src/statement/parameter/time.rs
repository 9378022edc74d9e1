//! DATE and TIMESTAMP values.

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

type Checked = Result<String, Cow<'static, str>>;

const DATE: &str = "a date written YYYY-MM-DD";
const TIMESTAMP: &str =
    "a timestamp written YYYY-MM-DD HH:MM:SS, with at most six digits of a fraction and an offset such as +02:00 or Z";

pub(super) fn date(value: &str) -> Checked {
    parse_date(value).map(|date| date.format("%Y-%m-%d").to_string()).ok_or(Cow::Borrowed(DATE))
}

/// With a zone, the instant in UTC; without one the wall clock, which the server reads in the session's zone.
pub(super) fn timestamp(value: &str) -> Checked {
    let (wall, offset) = parse_timestamp(value).ok_or(TIMESTAMP)?;
    match offset {
        None => Ok(write(wall, ' ', "")),
        Some(offset) => Ok(write(wall.checked_sub_signed(offset).ok_or(TIMESTAMP)?, 'T', "Z")),
    }
}

/// The wall clock, whatever its zone, as the server casts such a text.
pub(super) fn timestamp_ntz(value: &str) -> Checked {
    let (wall, _) = parse_timestamp(value).ok_or(TIMESTAMP)?;
    Ok(write(wall, ' ', ""))
}

fn write(at: NaiveDateTime, between: char, zone: &str) -> String {
    let fraction = if at.and_utc().timestamp_subsec_micros() == 0 { "" } else { "%.6f" };
    format!("{}{zone}", at.format(&format!("%Y-%m-%d{between}%H:%M:%S{fraction}")))
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = unsigned.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let year = i32::try_from(number(year, 4..=6)?).ok()?;
    let year = if text.starts_with('-') { -year } else { year };
    NaiveDate::from_ymd_opt(year, number(month, 1..=2)?, number(day, 1..=2)?)
}

/// The wall clock and its offset from UTC. The time may lack its seconds, or be missing altogether, as in ISO 8601.
fn parse_timestamp(text: &str) -> Option<(NaiveDateTime, Option<TimeDelta>)> {
    let Some((date, rest)) = text.split_once([' ', 'T', 't']) else {
        return Some((parse_date(text)?.and_time(NaiveTime::MIN), None));
    };
    let (time, zone) = match rest.find(['+', '-', 'Z', 'z', 'U']) {
        Some(at) => (rest[..at].trim_end(), Some(parse_offset(&rest[at..])?)),
        None => (rest, None),
    };
    Some((parse_date(date)?.and_time(parse_time(time)?), zone))
}

fn parse_time(text: &str) -> Option<NaiveTime> {
    let (clock, fraction) = text.split_once('.').map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() || (second.is_none() && fraction.is_some()) {
        return None;
    }
    let micros = fraction.map_or(Some(0), parse_micros)?;
    let second = second.map_or(Some(0), |second| number(second, 1..=2))?;
    NaiveTime::from_hms_micro_opt(number(hour, 1..=2)?, number(minute, 1..=2)?, second, micros)
}

/// A fraction of a second in microseconds; what is finer would be lost and so is refused.
fn parse_micros(fraction: &str) -> Option<u32> {
    let all_digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let (micros, finer) = fraction.split_at_checked(6).unwrap_or((fraction, ""));
    if !all_digits || finer.bytes().any(|digit| digit != b'0') {
        return None;
    }
    format!("{micros:0<6}").parse().ok()
}

/// `Z`, `UTC`, `+HH`, `+HH:MM`, `+HHMM` or `+HH:MM:SS`.
fn parse_offset(text: &str) -> Option<TimeDelta> {
    if matches!(text, "Z" | "z" | "UTC") {
        return Some(TimeDelta::zero());
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let clock = text.strip_prefix(['+', '-'])?;
    let (hours, minutes, seconds) = match clock.split(':').collect::<Vec<_>>()[..] {
        [both] if both.len() == 4 && both.is_ascii() => (&both[..2], &both[2..], "00"),
        [hours] => (hours, "00", "00"),
        [hours, minutes] => (hours, minutes, "00"),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let (hours, minutes, seconds) = (number(hours, 1..=2)?, number(minutes, 2..=2)?, number(seconds, 2..=2)?);
    let within = hours <= 18 && minutes < 60 && seconds < 60;
    within.then(|| TimeDelta::seconds(sign * i64::from(hours * 3600 + minutes * 60 + seconds)))
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let is_number = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}
