//! Interval literals: what they are worth, and the one form in which they are shown.

use std::fmt;

/// How long an interval is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// Of years and months.
    Months(i32),
    /// Of days and shorter fields, in microseconds.
    Micros(i64),
}

/// An interval with the fields that its type has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) length: Length,
    first: usize,
    last: usize,
}

/// The fields of types from the longest, with what one is worth: months of the first two, microseconds of the others.
const FIELDS: [(&str, i64); 6] = [
    ("YEAR", 12),
    ("MONTH", 1),
    ("DAY", 86_400_000_000),
    ("HOUR", 3_600_000_000),
    ("MINUTE", 60_000_000),
    ("SECOND", 1_000_000),
];
const MONTH: usize = 1;
const DAY: usize = 2;
const SECOND: usize = 5;

/// Units that are no fields: the field whose type they have, and what one is worth in nanoseconds, or in months.
const UNITS: [(&str, usize, i64); 4] = [
    ("QUARTER", MONTH, 3),
    ("WEEK", DAY, 604_800_000_000_000),
    ("MILLISECOND", SECOND, 1_000_000),
    ("MICROSECOND", SECOND, 1_000),
];

fn field(name: &str) -> Option<usize> {
    FIELDS.iter().position(|(field, _)| *field == name)
}

/// A unit in capitals and without its `S`.
pub(super) fn unit(word: &str) -> String {
    let upper = word.to_ascii_uppercase();
    upper.strip_suffix('S').map(str::to_owned).unwrap_or(upper)
}

/// A sign and what follows it directly.
fn signed(text: &str) -> (i128, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn whole(digits: &str) -> Option<i128> {
    let number = !digits.is_empty() && digits.len() <= 19 && digits.bytes().all(|digit| digit.is_ascii_digit());
    number.then(|| digits.parse().ok())?
}

/// Nanoseconds of `S` or `S.f`.
fn seconds(digits: &str) -> Option<i128> {
    let (seconds, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction_is_fine = fraction.len() <= 9 && fraction.bytes().all(|digit| digit.is_ascii_digit());
    if !fraction_is_fine || digits.ends_with('.') && seconds.is_empty() {
        return None;
    }
    let seconds = if seconds.is_empty() { 0 } else { whole(seconds)? };
    Some(seconds * 1_000_000_000 + format!("{fraction:0<9}").parse::<i128>().ok()?)
}

impl Interval {
    /// The literal `INTERVAL 'text' units`, where the units are one, or the first and the last field. `None` when it has another form.
    pub(super) fn read(units: &[&str], text: &str) -> Option<Self> {
        match units {
            [unit] => Self::of_units(&[(text, unit)]),
            [first, last] => {
                let (first, last) = (field(first)?, field(last)?);
                let (sign, digits) = signed(text.trim());
                let total = if last == MONTH && first == 0 {
                    let (years, months) = digits.split_once('-')?;
                    whole(years)? * 12 + whole(months).filter(|months| *months < 12)?
                } else if first >= DAY && first < last {
                    day_time(digits, first, last)?
                } else {
                    return None;
                };
                Self::new(sign * total, first, last)
            }
            _ => None,
        }
    }

    /// The sum of several values, each with its unit; its type has their fields. `None` when years stand beside days.
    pub(super) fn of_units(values: &[(&str, &str)]) -> Option<Self> {
        let (mut total, mut first, mut last) = (0_i128, usize::MAX, 0);
        for (text, unit) in values {
            let (sign, digits) = signed(text.trim());
            let digits = digits.trim_start();
            let (field, value) = match UNITS.iter().find(|(name, ..)| name == unit) {
                Some((_, field, worth)) => (*field, whole(digits)? * i128::from(*worth)),
                None => match field(unit)? {
                    // What is less than a microsecond is cut off each.
                    SECOND => (SECOND, seconds(digits)? / 1_000 * 1_000),
                    field if field <= MONTH => (field, whole(digits)? * i128::from(FIELDS[field].1)),
                    field => (field, whole(digits)? * i128::from(FIELDS[field].1) * 1_000),
                },
            };
            total += sign * value;
            (first, last) = (first.min(field), last.max(field));
        }
        let total = if first <= MONTH { total } else { total / 1_000 };
        Self::new(total, first, last)
    }

    fn new(total: i128, first: usize, last: usize) -> Option<Self> {
        let length = match (first <= MONTH, last <= MONTH) {
            (true, true) => Length::Months(i32::try_from(total).ok()?),
            (false, false) => Length::Micros(i64::try_from(total).ok()?),
            _ => return None,
        };
        Some(Self { length, first, last })
    }

    /// Whether the fields of types `INTERVAL …` are together all that the types of their kind can have.
    pub(super) fn are_all_fields(types: &[&str]) -> bool {
        let fields = || types.iter().flat_map(|text| text.split(' ')).filter_map(field);
        matches!((fields().min(), fields().max()), (Some(0), Some(MONTH)) | (Some(DAY), Some(SECOND)))
    }

    /// `DAY`, `DAY TO SECOND`.
    pub(super) fn fields(&self) -> String {
        match self.first == self.last {
            true => FIELDS[self.first].0.to_owned(),
            false => format!("{} TO {}", FIELDS[self.first].0, FIELDS[self.last].0),
        }
    }
}

/// Microseconds of `D HH:MM:SS.f`, from the first to the last field; a field behind another has no more than fits into that.
fn day_time(digits: &str, first: usize, last: usize) -> Option<i128> {
    let parts: Vec<&str> = match first {
        DAY => {
            let (days, time) = digits.split_once(' ')?;
            std::iter::once(days).chain(time.trim_start().split(':')).collect()
        }
        _ => digits.split(':').collect(),
    };
    if parts.len() != last - first + 1 {
        return None;
    }
    let mut total = 0;
    for (part, at) in parts.into_iter().zip(first..) {
        let nanos = if at == SECOND { seconds(part)? } else { whole(part)? * i128::from(FIELDS[at].1) * 1_000 };
        if at > first && nanos >= i128::from(FIELDS[at - 1].1) * 1_000 {
            return None;
        }
        total += nanos;
    }
    Some(total / 1_000)
}

impl fmt::Display for Interval {
    /// The text between the quotes of the literal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = match self.length {
            Length::Months(months) => i128::from(months),
            Length::Micros(micros) => i128::from(micros),
        };
        if total < 0 {
            f.write_str("-")?;
        }
        let mut rest = total.unsigned_abs();
        for (at, (_, worth)) in FIELDS.iter().enumerate().take(self.last + 1).skip(self.first) {
            let worth = u128::from(worth.unsigned_abs());
            let value = rest / worth;
            rest %= worth;
            match at {
                MONTH if at > self.first => write!(f, "-{value}")?,
                0..=DAY => write!(f, "{value}")?,
                _ if at == self.first => write!(f, "{value:02}")?,
                _ if at == DAY + 1 => write!(f, " {value:02}")?,
                _ => write!(f, ":{value:02}")?,
            }
            if at == SECOND && rest > 0 {
                write!(f, ".{}", format!("{rest:06}").trim_end_matches('0'))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::years_and_months("YEAR TO MONTH", "-1-1", Some("-1-1 YEAR TO MONTH"))]
    #[case::the_least("YEAR TO MONTH", "-178956970-8", Some("-178956970-8 YEAR TO MONTH"))]
    #[case::more_than_the_least("YEAR TO MONTH", "-178956970-9", None)]
    #[case::thirteen_months("YEAR TO MONTH", "1-13", None)]
    #[case::space_behind_a_sign("YEAR TO MONTH", "-\t2-2", None)]
    #[case::space_around("YEAR TO MONTH", " 2-2\t", Some("2-2 YEAR TO MONTH"))]
    #[case::days_to_seconds("DAY TO SECOND", "1 2:3:4.0010009", Some("1 02:03:04.001 DAY TO SECOND"))]
    #[case::nothing("DAY TO SECOND", "-0 0:0:0", Some("0 00:00:00 DAY TO SECOND"))]
    #[case::the_least_time(
        "DAY TO SECOND",
        "-106751991 04:00:54.775808",
        Some("-106751991 04:00:54.775808 DAY TO SECOND")
    )]
    #[case::hours_of_more_than_a_day("DAY TO SECOND", "1 25:00:00", None)]
    #[case::hours_alone("HOUR TO SECOND", "25:0:1", Some("25:00:01 HOUR TO SECOND"))]
    #[case::too_few_parts("DAY TO SECOND", "1 2:3", None)]
    #[case::weeks("WEEK", "3", Some("21 DAY"))]
    #[case::quarters("QUARTER", "-1", Some("-3 MONTH"))]
    #[case::part_of_a_second("SECOND", "1.5", Some("01.5 SECOND"))]
    #[case::milliseconds("MILLISECOND", "8", Some("00.008 SECOND"))]
    #[case::part_of_a_day("DAY", "1.5", None)]
    #[case::two_signs("DAY", "--1", None)]
    #[case::space_behind_the_sign_of_one_unit("DAY", "-\t 1", Some("-1 DAY"))]
    fn literal_has_one_form(#[case] fields: &str, #[case] text: &str, #[case] expected: Option<&str>) {
        let units: Vec<&str> = fields.split(" TO ").collect();
        let shown = Interval::read(&units, text).map(|interval| format!("{interval} {}", interval.fields()));
        assert_eq!(shown.as_deref(), expected);
    }

    #[rstest]
    #[case::of_years(&[("2", "YEAR"), ("4", "MONTH")], Some("2-4 YEAR TO MONTH"))]
    #[case::beyond_a_year(&[("30", "YEAR"), ("25", "MONTH")], Some("32-1 YEAR TO MONTH"))]
    #[case::of_times(&[("30", "DAY"), ("40", "HOUR"), ("6.789", "SECOND")], Some("31 16:00:06.789 DAY TO SECOND"))]
    #[case::of_both_signs(&[("-1", "DAY"), ("1", "HOUR")], Some("-0 23 DAY TO HOUR"))]
    #[case::of_parts_of_microseconds(&[("1", "MINUTE"), ("-0.0000019", "SECOND")], Some("00:59.999999 MINUTE TO SECOND"))]
    #[case::of_both(&[("1", "YEAR"), ("1", "DAY")], None)]
    fn several_units_are_one_interval(#[case] values: &[(&str, &str)], #[case] expected: Option<&str>) {
        let shown = Interval::of_units(values).map(|interval| format!("{interval} {}", interval.fields()));
        assert_eq!(shown.as_deref(), expected);
    }
}
