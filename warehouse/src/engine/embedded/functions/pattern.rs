//! Patterns of dates and times, such as `yyyy-MM-dd HH:mm:ss`.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::super::errors;
use crate::engine::SqlError;

/// A pattern that was read.
#[derive(Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Field(char, usize),
}

impl Pattern {
    /// Reads a pattern. Letters that this engine has not are refused by name.
    pub(super) fn parse(text: &str) -> Result<Self, SqlError> {
        let mut parts = Vec::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\'' => {
                    let mut quoted = String::new();
                    let mut closed = false;
                    while let Some(c) = rest.next() {
                        if c != '\'' {
                            quoted.push(c);
                        } else if rest.next_if_eq(&'\'').is_some() {
                            quoted.push('\'');
                        } else {
                            closed = true;
                            break;
                        }
                    }
                    if !closed {
                        return Err(errors::unsupported(format!("the datetime pattern '{text}' with an open quote")));
                    }
                    parts.push(Part::Text(if quoted.is_empty() { "'".to_owned() } else { quoted }));
                }
                c if c.is_ascii_alphabetic() => {
                    let mut width = 1;
                    while rest.next_if_eq(&c).is_some() {
                        width += 1;
                    }
                    let known = match c {
                        'y' => width <= 6,
                        'M' | 'L' | 'E' => width <= 4,
                        'd' | 'H' | 'h' | 'm' | 's' | 'k' | 'K' => width <= 2,
                        'D' => width <= 3,
                        'a' | 'q' | 'Q' => width == 1,
                        'S' => width <= 9,
                        _ => false,
                    };
                    if !known || (c == 'E' && width == 0) {
                        let letters = c.to_string().repeat(width);
                        return Err(errors::unsupported(format!(
                            "the letters '{letters}' of the datetime pattern '{text}'"
                        )));
                    }
                    parts.push(Part::Field(c, width));
                }
                // Optional parts, and what is reserved.
                '[' | ']' | '{' | '}' | '#' => {
                    return Err(errors::unsupported(format!("'{c}' in the datetime pattern '{text}'")));
                }
                c => parts.push(Part::Text(c.to_string())),
            }
        }
        Ok(Self { parts })
    }

    /// The text of a wall clock.
    pub(super) fn format(&self, at: NaiveDateTime) -> String {
        let mut text = String::new();
        for part in &self.parts {
            let (letter, width) = match part {
                Part::Text(literal) => {
                    text.push_str(literal);
                    continue;
                }
                Part::Field(letter, width) => (*letter, *width),
            };
            let number = match letter {
                'y' if width == 2 => at.year().rem_euclid(100).unsigned_abs(),
                'y' => at.year().unsigned_abs(),
                'M' | 'L' if width == 3 => {
                    let _ = write!(text, "{}", at.format("%b"));
                    continue;
                }
                'M' | 'L' if width == 4 => {
                    let _ = write!(text, "{}", at.format("%B"));
                    continue;
                }
                'E' => {
                    let _ = if width == 4 {
                        write!(text, "{}", at.format("%A"))
                    } else {
                        write!(text, "{}", at.format("%a"))
                    };
                    continue;
                }
                'a' => {
                    text.push_str(if at.hour() < 12 { "AM" } else { "PM" });
                    continue;
                }
                'S' => {
                    let nanos = format!("{:09}", at.nanosecond());
                    text.push_str(&nanos[..width]);
                    continue;
                }
                'M' | 'L' => at.month(),
                'q' | 'Q' => at.month0() / 3 + 1,
                'd' => at.day(),
                'D' => at.ordinal(),
                'H' => at.hour(),
                'h' => at.hour12().1,
                'k' => (at.hour() + 23) % 24 + 1,
                'K' => at.hour() % 12,
                'm' => at.minute(),
                _ => at.second(),
            };
            let _ = write!(text, "{number:0width$}");
        }
        text
    }

    /// Refuses what texts are not read by here.
    pub(super) fn readable(self) -> Result<Self, SqlError> {
        let unread = self.parts.iter().find_map(|part| match part {
            Part::Field(letter @ ('E' | 'k' | 'K' | 'q' | 'Q'), _) => Some(*letter),
            _ => None,
        });
        match unread {
            Some(letter) => {
                Err(errors::unsupported(format!("the letter '{letter}' of a datetime pattern that is read by")))
            }
            None => Ok(self),
        }
    }

    /// Reads a text that has exactly this form; fields that it has not are 1970-01-01 00:00:00.
    pub(super) fn read(&self, text: &str) -> Option<NaiveDateTime> {
        let mut rest = text;
        let (mut year, mut month, mut day, mut day_of_year) = (1970, None, None, None);
        let (mut hour, mut minute, mut second, mut nanos) = (0, 0, 0, 0);
        let mut afternoon = None;
        for (position, part) in self.parts.iter().enumerate() {
            match part {
                Part::Text(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Part::Field('M' | 'L', width @ (3 | 4)) => {
                    let (number, tail) = month_name(rest, *width)?;
                    month = Some(number);
                    rest = tail;
                }
                Part::Field('a', _) => {
                    let (mark, tail) = rest.split_at_checked(2)?;
                    afternoon = Some(match mark.to_ascii_uppercase().as_str() {
                        "AM" => false,
                        "PM" => true,
                        _ => return None,
                    });
                    rest = tail;
                }
                // As many digits as there are, up to the letters.
                Part::Field('S', width) => {
                    let digits = rest.bytes().take(*width).take_while(u8::is_ascii_digit).count();
                    if digits == 0 {
                        return None;
                    }
                    let (digits, tail) = rest.split_at(digits);
                    nanos = format!("{digits:0<9}").parse().ok()?;
                    rest = tail;
                }
                Part::Field(letter, width) => {
                    // A field beside another has no more digits than letters.
                    let tight = matches!(self.parts.get(position + 1), Some(Part::Field(..)));
                    let most = match letter {
                        'D' if !tight => 3,
                        _ if tight || *width == 2 => *width,
                        'y' => 6,
                        _ => 2,
                    };
                    let digits = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
                    if digits < *width {
                        return None;
                    }
                    let number: u32 = rest[..digits].parse().ok()?;
                    rest = &rest[digits..];
                    match letter {
                        'y' if *width == 2 => year = 2000 + i32::try_from(number).ok()?,
                        'y' => year = i32::try_from(number).ok()?,
                        'M' | 'L' => month = Some(number),
                        'd' => day = Some(number),
                        'D' => day_of_year = Some(number),
                        'H' | 'h' => hour = number,
                        'm' => minute = number,
                        's' => second = number,
                        _ => return None,
                    }
                }
            }
        }
        if !rest.is_empty() {
            return None;
        }
        let hour = match afternoon {
            Some(afternoon) if (1..=12).contains(&hour) => hour % 12 + if afternoon { 12 } else { 0 },
            Some(_) => return None,
            None => hour,
        };
        let date = match day_of_year {
            Some(number) => NaiveDate::from_yo_opt(year, number)?,
            None => NaiveDate::from_ymd_opt(year, month.unwrap_or(1), day.unwrap_or(1))?,
        };
        if month.is_some_and(|month| month != date.month()) || day.is_some_and(|day| day != date.day()) {
            return None;
        }
        Some(date.and_time(NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?))
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month_name(text: &str, width: usize) -> Option<(u32, &str)> {
    MONTHS.iter().zip(1..).find_map(|(name, number)| {
        let name = if width == 3 { &name[..3] } else { name };
        Some((number, text.strip_prefix(name)?))
    })
}
