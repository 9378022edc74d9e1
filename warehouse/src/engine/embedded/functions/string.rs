//! Functions of text.

use std::cell::RefCell;

use regex::{Captures, Regex};

use super::super::{cast, errors, text};
use super::row::{Gives, Row, RowFunction, Takes, Value};
use crate::engine::SqlError;

use Takes::{Double, Int, Text};

/// The functions of this file.
pub(super) const FUNCTIONS: &[RowFunction] = &[
    RowFunction { name: "round_double", takes: &[Double, Int], optional: 0, gives: Gives::Double, body: round_double },
    RowFunction { name: "initcap", takes: &[Text], optional: 0, gives: Gives::Text, body: initcap },
    RowFunction { name: "replace", takes: &[Text, Text, Text], optional: 1, gives: Gives::Text, body: replace },
    RowFunction { name: "left", takes: &[Text, Int], optional: 0, gives: Gives::Text, body: left },
    RowFunction { name: "right", takes: &[Text, Int], optional: 0, gives: Gives::Text, body: right },
    RowFunction { name: "substring", takes: &[Text, Int, Int], optional: 1, gives: Gives::Text, body: substring },
    RowFunction { name: "substr", takes: &[Text, Int, Int], optional: 1, gives: Gives::Text, body: substring },
    RowFunction {
        name: "substring_index",
        takes: &[Text, Text, Int],
        optional: 0,
        gives: Gives::Text,
        body: substring_index,
    },
    RowFunction { name: "lpad", takes: &[Text, Int, Text], optional: 1, gives: Gives::Text, body: lpad },
    RowFunction { name: "rpad", takes: &[Text, Int, Text], optional: 1, gives: Gives::Text, body: rpad },
    RowFunction { name: "repeat", takes: &[Text, Int], optional: 0, gives: Gives::Text, body: repeat },
    RowFunction { name: "space", takes: &[Int], optional: 0, gives: Gives::Text, body: space },
    RowFunction { name: "trim", takes: &[Text, Text], optional: 1, gives: Gives::Text, body: trim },
    RowFunction { name: "ltrim", takes: &[Text, Text], optional: 1, gives: Gives::Text, body: ltrim },
    RowFunction { name: "rtrim", takes: &[Text, Text], optional: 1, gives: Gives::Text, body: rtrim },
    RowFunction { name: "btrim", takes: &[Text, Text], optional: 1, gives: Gives::Text, body: btrim },
    RowFunction { name: "ascii", takes: &[Text], optional: 0, gives: Gives::Int, body: ascii },
    RowFunction { name: "instr", takes: &[Text, Text], optional: 0, gives: Gives::Int, body: instr },
    RowFunction { name: "locate", takes: &[Text, Text, Int], optional: 1, gives: Gives::Int, body: locate },
    RowFunction { name: "position", takes: &[Text, Text, Int], optional: 1, gives: Gives::Int, body: locate },
    RowFunction { name: "charindex", takes: &[Text, Text, Int], optional: 1, gives: Gives::Int, body: locate },
    RowFunction { name: "contains", takes: &[Text, Text], optional: 0, gives: Gives::Bool, body: contains },
    RowFunction { name: "startswith", takes: &[Text, Text], optional: 0, gives: Gives::Bool, body: starts_with },
    RowFunction { name: "endswith", takes: &[Text, Text], optional: 0, gives: Gives::Bool, body: ends_with },
    RowFunction { name: "split", takes: &[Text, Text, Int], optional: 1, gives: Gives::Texts, body: split },
    RowFunction { name: "split_part", takes: &[Text, Text, Int], optional: 0, gives: Gives::Text, body: split_part },
    RowFunction { name: "rlike", takes: &[Text, Text], optional: 0, gives: Gives::Bool, body: rlike },
    RowFunction { name: "regexp", takes: &[Text, Text], optional: 0, gives: Gives::Bool, body: rlike },
    RowFunction { name: "regexp_like", takes: &[Text, Text], optional: 0, gives: Gives::Bool, body: rlike },
    RowFunction { name: "regexp_count", takes: &[Text, Text], optional: 0, gives: Gives::Int, body: regexp_count },
    RowFunction {
        name: "regexp_replace",
        takes: &[Text, Text, Text, Int],
        optional: 1,
        gives: Gives::Text,
        body: regexp_replace,
    },
    RowFunction {
        name: "regexp_extract",
        takes: &[Text, Text, Int],
        optional: 1,
        gives: Gives::Text,
        body: regexp_extract,
    },
    RowFunction {
        name: "regexp_extract_all",
        takes: &[Text, Text, Int],
        optional: 1,
        gives: Gives::Texts,
        body: regexp_extract_all,
    },
];

/// Rounds the decimal digits of a DOUBLE's text, half away from zero.
fn round_double(row: &Row<'_>) -> Result<Value, SqlError> {
    let (value, digits) = (row.double(0), row.int(1));
    if !value.is_finite() || digits > 17 || value.abs() >= 1e15 {
        return Ok(Value::Double(value));
    }
    let scale = i8::try_from(digits).unwrap_or(17);
    let rounded = match cast::decimal(&format!("{value}"), 38, scale) {
        Some(Ok(rounded)) => text::decimal(rounded, scale).parse().unwrap_or(value),
        _ => value,
    };
    Ok(Value::Double(rounded))
}

fn initcap(row: &Row<'_>) -> Result<Value, SqlError> {
    let mut start = true;
    let mut result = String::new();
    for c in row.text(0).to_lowercase().chars() {
        if start {
            result.extend(c.to_uppercase())
        } else {
            result.push(c)
        }
        start = c == ' ';
    }
    Ok(result.into())
}

fn replace(row: &Row<'_>) -> Result<Value, SqlError> {
    let with = if row.len() > 2 { row.text(2) } else { "" };
    Ok(match row.text(1) {
        "" => row.text(0).to_owned(),
        search => row.text(0).replace(search, with),
    }
    .into())
}

fn count(n: i32) -> usize {
    usize::try_from(n).unwrap_or(0)
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn left(row: &Row<'_>) -> Result<Value, SqlError> {
    Ok(row.text(0).chars().take(count(row.int(1))).collect::<String>().into())
}

fn right(row: &Row<'_>) -> Result<Value, SqlError> {
    let skipped = length(row.text(0)).saturating_sub(count(row.int(1)));
    Ok(row.text(0).chars().skip(skipped).collect::<String>().into())
}

/// Positions count from 1; 0 is like 1; negative ones count from the end.
fn substring(row: &Row<'_>) -> Result<Value, SqlError> {
    let text = row.text(0);
    let all = i64::try_from(length(text)).unwrap_or(i64::MAX);
    let position = i64::from(row.int(1));
    let start = match position {
        p if p > 0 => p - 1,
        0 => 0,
        p => all + p,
    };
    let end = if row.len() > 2 { start.saturating_add(i64::from(row.int(2))) } else { all };
    let (start, end) = (start.clamp(0, all), end.clamp(0, all));
    let taken = usize::try_from(end - start).unwrap_or(0);
    Ok(text.chars().skip(usize::try_from(start).unwrap_or(0)).take(taken).collect::<String>().into())
}

fn substring_index(row: &Row<'_>) -> Result<Value, SqlError> {
    let (text, delimiter, n) = (row.text(0), row.text(1), row.int(2));
    if delimiter.is_empty() || n == 0 {
        return Ok(String::new().into());
    }
    let nth = count(n.saturating_abs()) - 1;
    let part = if n > 0 {
        text.match_indices(delimiter).nth(nth).map(|(at, _)| &text[..at])
    } else {
        text.rmatch_indices(delimiter).nth(nth).map(|(at, _)| &text[at + delimiter.len()..])
    };
    Ok(part.unwrap_or(text).to_owned().into())
}

fn padding(row: &Row<'_>) -> (String, String) {
    let wanted = count(row.int(1));
    let pad = if row.len() > 2 { row.text(2) } else { " " };
    let text: String = row.text(0).chars().take(wanted).collect();
    let missing = wanted - length(&text);
    let padding = if pad.is_empty() { String::new() } else { pad.chars().cycle().take(missing).collect() };
    (padding, text)
}

fn lpad(row: &Row<'_>) -> Result<Value, SqlError> {
    let (padding, text) = padding(row);
    Ok((padding + &text).into())
}

fn rpad(row: &Row<'_>) -> Result<Value, SqlError> {
    let (padding, text) = padding(row);
    Ok((text + &padding).into())
}

/// The longest text that a function makes out of a short one.
const MAX_MADE: usize = 256 * 1024 * 1024;

fn repeat(row: &Row<'_>) -> Result<Value, SqlError> {
    let times = count(row.int(1));
    if row.text(0).len().saturating_mul(times) > MAX_MADE {
        return Err(SqlError::new("OUT_OF_MEMORY", "53200", "The repeated text is too long."));
    }
    Ok(row.text(0).repeat(times).into())
}

fn space(row: &Row<'_>) -> Result<Value, SqlError> {
    Ok(" ".repeat(count(row.int(0)).min(MAX_MADE)).into())
}

/// What to trim, and of which text: the characters come first when there are two arguments.
fn trimmed<'a>(row: &'a Row<'_>) -> (Vec<char>, &'a str) {
    match row.len() {
        1 => (vec![' '], row.text(0)),
        _ => (row.text(0).chars().collect(), row.text(1)),
    }
}

fn trim(row: &Row<'_>) -> Result<Value, SqlError> {
    let (set, text) = trimmed(row);
    Ok(text.trim_matches(set.as_slice()).to_owned().into())
}

fn ltrim(row: &Row<'_>) -> Result<Value, SqlError> {
    let (set, text) = trimmed(row);
    Ok(text.trim_start_matches(set.as_slice()).to_owned().into())
}

fn rtrim(row: &Row<'_>) -> Result<Value, SqlError> {
    let (set, text) = trimmed(row);
    Ok(text.trim_end_matches(set.as_slice()).to_owned().into())
}

fn btrim(row: &Row<'_>) -> Result<Value, SqlError> {
    let set: Vec<char> = if row.len() > 1 { row.text(1).chars().collect() } else { vec![' '] };
    Ok(row.text(0).trim_matches(set.as_slice()).to_owned().into())
}

fn ascii(row: &Row<'_>) -> Result<Value, SqlError> {
    Ok(row.text(0).chars().next().map_or(0, |c| i32::try_from(u32::from(c)).unwrap_or(0)).into())
}

/// The position of `part` from character `from` on, counted from 1; 0 when it is not there.
fn found(text: &str, part: &str, from: usize) -> i32 {
    let Some((start, _)) = text.char_indices().chain([(text.len(), ' ')]).nth(from) else { return 0 };
    let at = text[start..].find(part).map(|at| length(&text[..start + at]) + 1);
    at.and_then(|at| i32::try_from(at).ok()).unwrap_or(0)
}

fn instr(row: &Row<'_>) -> Result<Value, SqlError> {
    Ok(found(row.text(0), row.text(1), 0).into())
}

fn locate(row: &Row<'_>) -> Result<Value, SqlError> {
    let from = if row.len() > 2 { row.int(2) } else { 1 };
    Ok(if from < 1 { 0 } else { found(row.text(1), row.text(0), count(from) - 1) }.into())
}

fn contains(row: &Row<'_>) -> Result<Value, SqlError> {
    Ok(row.text(0).contains(row.text(1)).into())
}

fn starts_with(row: &Row<'_>) -> Result<Value, SqlError> {
    Ok(row.text(0).starts_with(row.text(1)).into())
}

fn ends_with(row: &Row<'_>) -> Result<Value, SqlError> {
    Ok(row.text(0).ends_with(row.text(1)).into())
}

/// Splits at a pattern; with a positive limit into at most so many parts.
fn split(row: &Row<'_>) -> Result<Value, SqlError> {
    let limit = if row.len() > 2 { row.int(2) } else { -1 };
    let text = row.text(0);
    with_pattern(row.text(1), |pattern| {
        let mut parts = Vec::new();
        let mut start = 0;
        for hit in pattern.find_iter(text) {
            if limit > 0 && parts.len() + 1 >= count(limit) {
                break;
            }
            // A match of nothing splits only between characters.
            if hit.is_empty() && (hit.start() == 0 || hit.start() == text.len()) {
                continue;
            }
            parts.push(text[start..hit.start()].to_owned());
            start = hit.end();
        }
        parts.push(text[start..].to_owned());
        Ok(Value::Texts(parts))
    })
}

fn split_part(row: &Row<'_>) -> Result<Value, SqlError> {
    let (text, delimiter, n) = (row.text(0), row.text(1), row.int(2));
    if n == 0 {
        return Err(SqlError::new(
            "INVALID_INDEX_OF_ZERO",
            "22003",
            "The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1).",
        ));
    }
    let parts: Vec<&str> = if delimiter.is_empty() { vec![text] } else { text.split(delimiter).collect() };
    let position = if n > 0 { count(n) - 1 } else { parts.len().wrapping_sub(count(n.saturating_abs())) };
    Ok(parts.get(position).copied().unwrap_or_default().to_owned().into())
}

fn rlike(row: &Row<'_>) -> Result<Value, SqlError> {
    with_pattern(row.text(1), |pattern| Ok(pattern.is_match(row.text(0)).into()))
}

fn regexp_count(row: &Row<'_>) -> Result<Value, SqlError> {
    with_pattern(row.text(1), |pattern| {
        Ok(i32::try_from(matches(pattern, row.text(0)).count()).unwrap_or(i32::MAX).into())
    })
}

/// The matches of a pattern from left to right. An empty one may follow another directly, as in the reference.
fn matches<'t>(pattern: &Regex, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let found = pattern.captures_at(text, from?)?;
        let whole = found.get(0)?;
        let next = text[whole.end()..].chars().next();
        from = match whole.is_empty() {
            true => next.map(|next| whole.end() + next.len_utf8()),
            false => Some(whole.end()),
        };
        Some(found)
    })
}

/// Groups in the replacement are written `$1`; a backslash takes the next character as it is. What stands before the position,
/// which counts from 1, stays.
fn regexp_replace(row: &Row<'_>) -> Result<Value, SqlError> {
    let from = if row.len() > 3 { row.int(3) } else { 1 };
    if from < 1 {
        return Err(errors::unsupported("regexp_replace from a position before the first"));
    }
    with_pattern(row.text(1), |pattern| {
        let replacement = row.text(2);
        let text = row.text(0);
        let start = text.char_indices().nth(count(from) - 1).map_or(text.len(), |(at, _)| at);
        if start == text.len() && from > 1 {
            return Ok(text.to_owned().into());
        }
        let (kept, text) = text.split_at(start);
        let expanded = |groups: &Captures<'_>| {
            let mut result = String::new();
            let mut rest = replacement.chars().peekable();
            while let Some(c) = rest.next() {
                match c {
                    '\\' => result.extend(rest.next()),
                    '$' => {
                        let mut group = 0;
                        let mut digits = 0;
                        while let Some(digit) = rest.peek().and_then(|c| c.to_digit(10)) {
                            let next = group * 10 + digit as usize;
                            if digits > 0 && next >= groups.len() {
                                break;
                            }
                            group = next;
                            digits += 1;
                            rest.next();
                        }
                        result.push_str(groups.get(group).map_or("", |m| m.as_str()));
                    }
                    c => result.push(c),
                }
            }
            result
        };
        let (mut replaced, mut end) = (kept.to_owned(), 0);
        for groups in matches(pattern, text) {
            let whole = groups.get_match();
            replaced.push_str(&text[end..whole.start()]);
            replaced.push_str(&expanded(&groups));
            end = whole.end();
        }
        replaced.push_str(&text[end..]);
        Ok(replaced.into())
    })
}

fn group(row: &Row<'_>, pattern: &Regex) -> Result<usize, SqlError> {
    let wanted = if row.len() > 2 { row.int(2) } else { 1 };
    let groups = pattern.captures_len() - 1;
    match usize::try_from(wanted) {
        Ok(group) if group <= groups => Ok(group),
        _ => Err(SqlError::new(
            "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX",
            "22023",
            format!("Expects group index between 0 and {groups}, but got {wanted}."),
        )),
    }
}

fn regexp_extract(row: &Row<'_>) -> Result<Value, SqlError> {
    with_pattern(row.text(1), |pattern| {
        let group = group(row, pattern)?;
        let found = pattern.captures(row.text(0)).and_then(|c| c.get(group).map(|m| m.as_str().to_owned()));
        Ok(found.unwrap_or_default().into())
    })
}

fn regexp_extract_all(row: &Row<'_>) -> Result<Value, SqlError> {
    with_pattern(row.text(1), |pattern| {
        let group = group(row, pattern)?;
        let found = matches(pattern, row.text(0));
        Ok(Value::Texts(found.map(|c| c.get(group).map_or("", |m| m.as_str()).to_owned()).collect()))
    })
}

/// Runs with a compiled pattern; the last one is kept, since a column is mostly matched with one pattern.
fn with_pattern<T>(text: &str, run: impl FnOnce(&Regex) -> Result<T, SqlError>) -> Result<T, SqlError> {
    thread_local! {
        static LAST: RefCell<Option<Regex>> = const { RefCell::new(None) };
    }
    LAST.with(|last| {
        let mut last = last.borrow_mut();
        let pattern = match last.take() {
            Some(pattern) if pattern.as_str() == text => pattern,
            _ => Regex::new(text).map_err(|_| {
                errors::unsupported(format!(
                    "the regular expression '{text}' (look-around and back references are not there)"
                ))
            })?,
        };
        let result = run(&pattern);
        *last = Some(pattern);
        result
    })
}
