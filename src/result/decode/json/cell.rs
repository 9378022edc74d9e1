//! One cell's text as a value; `None` when it is not one.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::time_zone::TimeZone;

pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The unscaled value of a decimal, exactly: digits that would be lost make it unreadable.
pub(super) fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let text = text.trim();
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = || whole.bytes().chain(fraction.bytes());
    if all().next().is_none() || !all().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let unscaled = all().try_fold(0_i128, |value, byte| value.checked_mul(10)?.checked_add(i128::from(byte - b'0')));
    let shift = i32::from(scale).checked_add(exponent)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let unscaled = match (unscaled?, shift) {
        (0, _) => 0,
        (value, 0..) => value.checked_mul(10_i128.checked_pow(shift.unsigned_abs())?)?,
        (value, _) => {
            let divisor = 10_i128.checked_pow(shift.unsigned_abs())?;
            (value % divisor == 0).then_some(value / divisor)?
        }
    };
    let limit = 10_i128.checked_pow(u32::from(precision))?;
    (unscaled < limit).then_some(if number.starts_with('-') { -unscaled } else { unscaled })
}

/// Bytes from hexadecimal digits.
pub(super) fn binary(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    pairs.iter().map(|[high, low]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()).collect()
}

/// Days since 1970.
pub(super) fn date(text: &str) -> Option<i32> {
    let date = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()?;
    i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).ok()
}

/// Microseconds since 1970 in UTC. A text without an offset is a time of `zone`; one that the zone skips does not exist.
pub(super) fn timestamp(text: &str, zone: Option<&TimeZone>) -> Option<i64> {
    let text = text.trim();
    for format in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"] {
        if let Ok(timestamp) = DateTime::parse_from_str(text, format) {
            return Some(timestamp.timestamp_micros());
        }
    }
    if let Some(text) = text.strip_suffix(['Z', 'z']) {
        return local_timestamp(text);
    }
    Some(zone?.earliest(naive(text)?)?.timestamp_micros())
}

/// Microseconds since 1970 on a clock without a zone.
pub(super) fn local_timestamp(text: &str) -> Option<i64> {
    Some(naive(text.trim())?.and_utc().timestamp_micros())
}

fn naive(text: &str) -> Option<NaiveDateTime> {
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    let date_and_time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    date_and_time.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
}
