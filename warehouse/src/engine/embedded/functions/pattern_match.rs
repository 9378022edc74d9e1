//! Functions that match regular expressions.

use std::cell::RefCell;

use regex::{Captures, Regex};

use super::super::errors;
use super::registry::{Function, each};
use super::row::{Gives, Row, Takes, Value};
use super::string::count;
use crate::engine::SqlError;

use Takes::{Int, Text};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    each("split", &[Text, Text, Int], Gives::Texts, split).optional(1),
    each("rlike regexp regexp_like", &[Text, Text], Gives::Bool, rlike),
    each("regexp_count", &[Text, Text], Gives::Int, regexp_count),
    each("regexp_instr", &[Text, Text, Int], Gives::Int, regexp_instr).optional(1),
    each("regexp_substr", &[Text, Text], Gives::Text, regexp_substr),
    each("regexp_replace", &[Text, Text, Text, Int], Gives::Text, regexp_replace).optional(1),
    each("regexp_extract", &[Text, Text, Int], Gives::Text, regexp_extract).optional(1),
    each("regexp_extract_all", &[Text, Text, Int], Gives::Texts, regexp_extract_all).optional(1),
];

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

fn rlike(row: &Row<'_>) -> Result<Value, SqlError> {
    with_pattern(row.text(1), |pattern| Ok(pattern.is_match(row.text(0)).into()))
}

fn regexp_count(row: &Row<'_>) -> Result<Value, SqlError> {
    with_pattern(row.text(1), |pattern| {
        Ok(i32::try_from(matches(pattern, row.text(0)).count()).unwrap_or(i32::MAX).into())
    })
}

/// The position of the first match, counted from 1; 0 when there is none.
fn regexp_instr(row: &Row<'_>) -> Result<Value, SqlError> {
    with_pattern(row.text(1), |pattern| {
        let found = pattern.find(row.text(0)).map(|found| row.text(0)[..found.start()].encode_utf16().count() + 1);
        Ok(found.map_or(0, |at| i32::try_from(at).unwrap_or(i32::MAX)).into())
    })
}

fn regexp_substr(row: &Row<'_>) -> Result<Value, SqlError> {
    with_pattern(row.text(1), |pattern| {
        let found = pattern.find(row.text(0)).filter(|found| !found.is_empty());
        Ok(found.map(|found| found.as_str().to_owned()).into())
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
