//! INTERVAL values: checked for their form, sent as they are.

use std::borrow::Cow;
use std::fmt;

/// Each field, and what stands between it and the next; the two groups do not mix.
const YEAR_MONTH: [(&str, char); 2] = [("YEAR", '-'), ("MONTH", '-')];
const DAY_TIME: [(&str, char); 4] = [("DAY", ' '), ("HOUR", ':'), ("MINUTE", ':'), ("SECOND", ':')];

const UNITS: [&str; 9] = ["YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"];

/// The fields of an interval type, such as DAY TO SECOND: consecutive ones of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fields(&'static [(&'static str, char)]);

impl Fields {
    /// Reads `FIELD` or `FIELD TO FIELD`, in upper case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let (first, last) = match words[..] {
            [one] => (one, one),
            [first, "TO", last] if first != last => (first, last),
            _ => return None,
        };
        [&YEAR_MONTH[..], &DAY_TIME[..]].into_iter().find_map(|group| {
            let index = |name: &str| group.iter().position(|(field, _)| *field == name);
            group.get(index(first)?..=index(last)?).map(Self)
        })
    }

    /// Whether `text` is one number a field, such as `1 02:03:04.5` for DAY TO SECOND.
    fn matches(self, text: &str) -> bool {
        let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
        for (position, (field, separator)) in self.0.iter().enumerate() {
            let (value, after) = match rest.split_once(*separator) {
                Some(parts) if position + 1 < self.0.len() => parts,
                None if position + 1 == self.0.len() => (rest, ""),
                _ => return false,
            };
            if !is_number(value, *field == "SECOND") {
                return false;
            }
            rest = after;
        }
        true
    }

    fn example(self) -> String {
        let mut text = "1".to_owned();
        for (_, separator) in &self.0[..self.0.len() - 1] {
            text.push(*separator);
            text.push_str("02");
        }
        text
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [(first, _), .., (last, _)] => write!(f, "{first} TO {last}"),
            [(only, _)] => f.write_str(only),
            [] => Ok(()),
        }
    }
}

/// A value of an interval with these fields, or with any. Also as SQL writes it: `INTERVAL '1-2' YEAR TO MONTH`, `INTERVAL 1 DAY 2 HOURS`.
pub(super) fn check(value: &str, fields: Option<Fields>) -> Result<String, Cow<'static, str>> {
    let upper = value.trim().to_ascii_uppercase();
    let body = upper.strip_prefix("INTERVAL ").unwrap_or(&upper).trim_start();
    let fits = match (body.strip_prefix('\'').and_then(|quoted| quoted.split_once('\'')), fields) {
        (Some((text, written)), _) if let Some(written) = Fields::parse(written) => {
            written.matches(text) && fields.is_none_or(|fields| fields == written)
        }
        (_, Some(fields)) => fields.matches(body),
        (_, None) => {
            is_units(body)
                || ["YEAR TO MONTH", "DAY TO SECOND"].into_iter().filter_map(Fields::parse).any(|f| f.matches(body))
        }
    };
    let expected = || match fields {
        Some(fields) => format!("a number for each of its fields, such as {}", fields.example()).into(),
        None => Cow::Borrowed(
            "numbers with units, such as 1 day 2 hours, or one of 1-2 (years and months) and 1 02:03:04 (days and time)",
        ),
    };
    if fits { Ok(value.to_owned()) } else { Err(expected()) }
}

/// `1 DAY -2 HOURS`: numbers, quoted or not, each with its unit.
fn is_units(text: &str) -> bool {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    !words.is_empty()
        && words.chunks(2).all(|pair| match pair {
            [value, unit] => {
                let value = value.trim_matches('\'');
                let unit = unit.strip_suffix('S').unwrap_or(unit);
                is_number(value.strip_prefix(['+', '-']).unwrap_or(value), unit == "SECOND") && UNITS.contains(&unit)
            }
            _ => false,
        })
}

fn is_number(text: &str, may_have_fraction: bool) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => may_have_fraction && is_digits(whole) && is_digits(fraction),
        None => is_digits(text),
    }
}
