//! Time zones, and the text forms of dates and timestamps.

use std::fmt;
use std::str::FromStr;

use chrono::offset::LocalResult;
use chrono::{
    DateTime, Datelike as _, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

const LAST_TABLED: i32 = 2099;

/// A session's time zone: a region or a fixed offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Zone {
    /// A region of the time zone database.
    Region(Tz),
    /// Seconds east of UTC.
    Fixed(FixedOffset),
}

/// A name that is no time zone.
#[derive(Debug)]
pub(super) struct UnknownZone;

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, UnknownZone> {
        if let Ok(region) = text.parse::<Tz>() {
            return Ok(Self::Region(region));
        }
        parse_offset(text).map(Self::Fixed).ok_or(UnknownZone)
    }
}

impl Zone {
    /// The wall clock at an instant, in microseconds of a clock without a zone.
    pub(super) fn to_local(self, micros: i64) -> Option<i64> {
        let instant = DateTime::from_timestamp_micros(micros)?;
        micros.checked_add(i64::from(self.offset_at(&instant).local_minus_utc()) * 1_000_000)
    }

    /// The instant of a wall clock. A time that was skipped moves on by the length of the gap; of two, the first counts.
    pub(super) fn to_instant(self, local_micros: i64) -> Option<i64> {
        let local = DateTime::from_timestamp_micros(local_micros)?.naive_utc();
        let offset = match self {
            Self::Fixed(offset) => offset,
            Self::Region(region) => match region.offset_from_local_datetime(&tabled(local)) {
                LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => offset.fix(),
                LocalResult::None => region.offset_from_utc_datetime(&tabled(local - TimeDelta::days(1))).fix(),
            },
        };
        local_micros.checked_sub(i64::from(offset.local_minus_utc()) * 1_000_000)
    }

    fn offset_at(self, instant: &DateTime<Utc>) -> FixedOffset {
        match self {
            Self::Region(region) => region.offset_from_utc_datetime(&tabled(instant.naive_utc())).fix(),
            Self::Fixed(offset) => offset,
        }
    }
}

/// The same day of a year that the tables of zones have, which end in 2099: behind it only rules count, and they go by the calendar, of which 28
/// years in a row have every form.
fn tabled(time: NaiveDateTime) -> NaiveDateTime {
    if time.year() <= LAST_TABLED {
        return time;
    }
    let form = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1).map(|first| (first.weekday(), first.leap_year()));
    let alike = (LAST_TABLED - 27..=LAST_TABLED).find(|year| form(*year) == form(time.year()));
    alike.and_then(|year| time.with_year(year)).unwrap_or(time)
}

/// A fixed offset: `Z`, `UTC`, `+05:30`, `+5:30`, `-08`, `UTC+3`, `GMT-03:00`.
pub(super) fn parse_offset(text: &str) -> Option<FixedOffset> {
    let rest = ["UTC", "GMT", "UT"].iter().find_map(|p| text.strip_prefix(p)).unwrap_or(text);
    if rest == "Z" || (rest.is_empty() && !text.is_empty()) {
        return FixedOffset::east_opt(0);
    }
    let (sign, digits) = match rest.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (-1, rest.strip_prefix('-')?),
    };
    // `+hhmm` and `+hhmmss` are as good as those with colons.
    let pairs = matches!(digits.len(), 4 | 6) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let digits = match pairs {
        true => digits.as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>().join(":"),
        false => digits.to_owned(),
    };
    let mut parts = digits.split(':');
    let mut part = |most: i32| match parts.next() {
        Some(p) if (1..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()) => {
            p.parse::<i32>().ok().filter(|n| *n <= most)
        }
        Some(_) => None,
        None => Some(0),
    };
    let seconds = part(18)? * 3600 + part(59)? * 60 + part(59)?;
    if parts.next().is_some() {
        return None;
    }
    FixedOffset::east_opt(sign * seconds)
}

/// Days since 1970-01-01 of a date's text: `yyyy[-M[-d]]`, a time after it is ignored.
pub(super) fn parse_date(text: &str) -> Option<i32> {
    let text = text.trim();
    let (date, _) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    days(parse_ymd(date)?)
}

/// Days since 1970-01-01.
pub(super) fn days(date: NaiveDate) -> Option<i32> {
    i32::try_from((date - NaiveDate::default()).num_days()).ok()
}

fn parse_ymd(text: &str) -> Option<NaiveDate> {
    let mut parts = text.splitn(3, '-');
    let year = parts.next()?;
    if !(4..=6).contains(&year.len()) {
        return None;
    }
    let month = parts.next().unwrap_or("1");
    let day = parts.next().unwrap_or("1");
    NaiveDate::from_ymd_opt(number(year, 6)?, number(month, 2)?.try_into().ok()?, number(day, 2)?.try_into().ok()?)
}

fn number(text: &str, most_digits: usize) -> Option<i32> {
    let plain = !text.is_empty() && text.len() <= most_digits && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// The parts of a timestamp's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimestampText {
    /// The wall clock in microseconds.
    pub(super) local_micros: i64,
    /// The zone, when the text names one.
    pub(super) zone: Option<Zone>,
}

/// Reads `yyyy[-M[-d[( |T)[H:m[:s[.fraction]]][zone]]]]`.
pub(super) fn parse_timestamp(text: &str) -> Option<TimestampText> {
    let text = text.trim();
    let (date, rest) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    };
    let date = parse_ymd(date)?;
    let clock_end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(clock_end);
    let time = if clock.is_empty() { NaiveTime::MIN } else { parse_clock(clock)? };
    let zone = match zone.trim() {
        "" => None,
        name => Some(name.parse::<Zone>().ok()?),
    };
    let local_micros = NaiveDateTime::new(date, time).and_utc().timestamp_micros();
    Some(TimestampText { local_micros, zone })
}

fn parse_clock(text: &str) -> Option<NaiveTime> {
    let mut parts = text.splitn(3, ':');
    let hour = number(parts.next()?, 2)?;
    let minute = number(parts.next()?, 2)?;
    let (second, fraction) = match parts.next() {
        Some(second) => second.split_once('.').unwrap_or((second, "")),
        None => ("0", ""),
    };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let micros: u32 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    NaiveTime::from_hms_micro_opt(
        hour.try_into().ok()?,
        minute.try_into().ok()?,
        number(second, 2)?.try_into().ok()?,
        micros,
    )
}

/// A timestamp's text from its wall clock: `yyyy-MM-dd HH:mm:ss[.ffffff]`, without trailing zeros in the fraction.
pub(super) struct LocalTimestamp(pub(super) i64);

impl fmt::Display for LocalTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(local) = DateTime::from_timestamp_micros(self.0) else { return Err(fmt::Error) };
        write!(f, "{}", local.format("%Y-%m-%d %H:%M:%S"))?;
        match local.timestamp_subsec_micros() {
            0 => Ok(()),
            micros => write!(f, ".{}", format!("{micros:06}").trim_end_matches('0')),
        }
    }
}
