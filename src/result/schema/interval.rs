//! Intervals as text: year-month as `Y-M`, day-time as `D HH:MM:SS.nnnnnnnnn`, with a leading `-` when negative.

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
/// The units of a day-time interval from the largest, in microseconds.
const DAY_TIME_UNITS: [(&str, i64); 4] = [
    ("DAY", MICROS_PER_DAY),
    ("HOUR", 3600 * MICROS_PER_SECOND),
    ("MINUTE", 60 * MICROS_PER_SECOND),
    ("SECOND", MICROS_PER_SECOND),
];

/// A count of months, such as `1-2` or `-0-11`.
pub(in crate::result) fn year_month_text(months: i32) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let months = months.unsigned_abs();
    format!("{sign}{}-{}", months / 12, months % 12)
}

/// A count of microseconds, such as `3 04:05:06.789000000`.
pub(in crate::result) fn day_time_text(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let seconds = micros / MICROS_PER_SECOND as u64;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let nanos = micros % MICROS_PER_SECOND as u64 * 1000;
    format!("{sign}{days} {hours:02}:{minutes:02}:{:02}.{nanos:09}", seconds % 60)
}

/// Months, from `Y-M`, or from a number of `units`; also as the SQL literal `INTERVAL '…' YEAR TO MONTH`.
pub(in crate::result) fn parse_year_month(text: &str, units: &str) -> Option<i32> {
    let literal = Literal::of(text, units)?;
    let months = match literal.body.split_once('-') {
        Some((years, months)) => digits(years)?.checked_mul(12)?.checked_add(digits(months)?)?,
        None if literal.first_unit == "MONTH" => digits(literal.body)?,
        None if literal.first_unit == "YEAR" => digits(literal.body)?.checked_mul(12)?,
        None => return None,
    };
    i32::try_from(if literal.negative { -months } else { months }).ok()
}

/// Microseconds, from `D HH:MM:SS.f`, or from its parts beginning with the first of `units`; also as the SQL literal `INTERVAL '…' DAY TO SECOND`.
pub(in crate::result) fn parse_day_time(text: &str, units: &str) -> Option<i64> {
    let literal = Literal::of(text, units)?;
    let parts: Vec<&str> = literal.body.split([' ', ':']).collect();
    let first = match parts.len() {
        _ if literal.body.contains(' ') => 0,
        3 => 1,
        _ => DAY_TIME_UNITS.iter().position(|(name, _)| *name == literal.first_unit)?,
    };
    let units = DAY_TIME_UNITS.get(first..first + parts.len())?;
    let mut micros = 0_i64;
    for (part, (name, unit)) in parts.iter().zip(units) {
        let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
        if !fraction.is_empty() {
            let six: String = fraction.chars().chain("000000".chars()).take(6).collect();
            (*name == "SECOND" && digits(fraction).is_some()).then_some(())?;
            micros = micros.checked_add(digits(&six)?)?;
        }
        micros = micros.checked_add(digits(whole)?.checked_mul(*unit)?)?;
    }
    Some(if literal.negative { -micros } else { micros })
}

struct Literal<'a> {
    negative: bool,
    body: &'a str,
    first_unit: String,
}

impl<'a> Literal<'a> {
    fn of(text: &'a str, units: &'a str) -> Option<Self> {
        let text = text.trim();
        let (outer_sign, body, units) = match text.get(..8).filter(|start| start.eq_ignore_ascii_case("INTERVAL")) {
            None => ("", text, units),
            Some(_) => {
                let mut parts = text[8..].splitn(3, '\'');
                (parts.next()?.trim(), parts.next()?, parts.next()?)
            }
        };
        let inner = body.strip_prefix(['-', '+']);
        let negative = (outer_sign == "-") != body.starts_with('-');
        let first_unit = units.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        Some(Self { negative, body: inner.unwrap_or(body), first_unit })
    }
}

fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0-0")]
    #[case(14, "1-2")]
    #[case(-11, "-0-11")]
    #[case(i32::MIN, "-178956970-8")]
    fn year_month_text_has_years_and_months(#[case] months: i32, #[case] text: &str) {
        assert_eq!(year_month_text(months), text);
        assert_eq!(parse_year_month(text, ""), Some(months));
    }

    #[rstest]
    #[case(0, "0 00:00:00.000000000")]
    #[case(1, "0 00:00:00.000001000")]
    #[case(273_906_789_000, "3 04:05:06.789000000")]
    #[case(-93_784_000_000, "-1 02:03:04.000000000")]
    #[case(i64::MAX, "106751991 04:00:54.775807000")]
    fn day_time_text_has_days_and_time(#[case] micros: i64, #[case] text: &str) {
        assert_eq!(day_time_text(micros), text);
        assert_eq!(parse_day_time(text, ""), Some(micros));
    }

    #[rstest]
    #[case("INTERVAL '1-2' YEAR TO MONTH", "", Some(14))]
    #[case("interval '-3' month", "", Some(-3))]
    #[case("INTERVAL -'3' YEAR", "", Some(-36))]
    #[case("5", "YEAR", Some(60))]
    #[case("5", "MONTH", Some(5))]
    #[case("5", "", None)]
    #[case("1-x", "", None)]
    #[case("", "", None)]
    fn parse_year_month_reads_literals_and_numbers(
        #[case] text: &str,
        #[case] units: &str,
        #[case] months: Option<i32>,
    ) {
        assert_eq!(parse_year_month(text, units), months);
    }

    #[rstest]
    #[case("INTERVAL '3 04:05:06.789' DAY TO SECOND", "", Some(273_906_789_000))]
    #[case("INTERVAL '-10:30' HOUR TO MINUTE", "", Some(-37_800_000_000))]
    #[case("10:30", "MINUTE TO SECOND", Some(630_000_000))]
    #[case("01:02:03", "", Some(3_723_000_000))]
    #[case("7", "DAY", Some(7 * MICROS_PER_DAY))]
    #[case("1.5", "SECOND", Some(1_500_000))]
    #[case("1.5", "DAY", None)]
    #[case("1 2 3 4 5", "", None)]
    #[case("7", "", None)]
    #[case("99999999999999", "DAY", None)]
    fn parse_day_time_reads_literals_and_parts(#[case] text: &str, #[case] units: &str, #[case] micros: Option<i64>) {
        assert_eq!(parse_day_time(text, units), micros);
    }
}
