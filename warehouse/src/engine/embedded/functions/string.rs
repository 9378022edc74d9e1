//! Functions of text.

use std::ops::Range;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::functions as df;
use datafusion::logical_expr::{Expr, lit};

use super::super::errors;
use super::different_types;
use super::registry::{Call, Function, each, engine, planned};
use super::row::{Body, Each, Gives, Row, Takes, Value};
use crate::engine::SqlError;

use Takes::{Any, Bytes, Int, Long, Text, TextOrBytes};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    engine("upper ucase", &[Text], df::string::upper),
    engine("lower lcase", &[Text], df::string::lower),
    engine("translate", &[Text, Text, Text], df::unicode::translate),
    each("initcap", &[Text], Gives::Text, initcap),
    each("replace", &[Text, Text, Text], Gives::Text, replace).optional(1),
    each("left", &[TextOrBytes, Int], Gives::Like(0), left),
    each("right", &[Text, Int], Gives::Text, right),
    each("substring substr", &[TextOrBytes, Int, Int], Gives::Like(0), substring).optional(1),
    each("substring_index", &[Text, Text, Int], Gives::Text, substring_index),
    each("overlay", &[TextOrBytes, TextOrBytes, Int, Int], Gives::Like(0), overlay).optional(1),
    planned("lpad", 2..=3, |call| pad(call, lpad)),
    planned("rpad", 2..=3, |call| pad(call, rpad)),
    each("repeat", &[Text, Int], Gives::Text, repeat),
    each("space", &[Int], Gives::Text, space),
    each("trim", &[Text, Text], Gives::Text, trim).optional(1),
    each("ltrim", &[Text, Text], Gives::Text, ltrim).optional(1),
    each("rtrim", &[Text, Text], Gives::Text, rtrim).optional(1),
    each("btrim", &[Text, Text], Gives::Text, btrim).optional(1),
    each("ascii", &[Text], Gives::Int, ascii),
    each("chr char", &[Long], Gives::Text, character),
    each("instr", &[Text, Text], Gives::Int, instr),
    each("locate position charindex", &[Text, Text, Int], Gives::Int, locate).optional(1),
    each("contains", &[Text, Text], Gives::Bool, contains),
    each("startswith", &[Text, Text], Gives::Bool, starts_with),
    each("endswith", &[Text, Text], Gives::Bool, ends_with),
    each("split_part", &[Text, Text, Int], Gives::Text, split_part),
    each("find_in_set", &[Text, Text], Gives::Int, find_in_set),
    each("bit_length", &[TextOrBytes], Gives::Int, |row| sized(row.bytes(0).len() * 8)),
    each("octet_length", &[TextOrBytes], Gives::Int, |row| sized(row.bytes(0).len())),
    each("length char_length character_length len", &[TextOrBytes], Gives::Int, |row| match row.is_binary(0) {
        true => sized(row.bytes(0).len()),
        false => sized(length(row.text(0))),
    }),
    each("levenshtein", &[Text, Text, Int], Gives::Int, levenshtein).optional(1),
    each("soundex", &[Text], Gives::Text, soundex),
    each("luhn_check", &[Text], Gives::Bool, luhn_check),
    each("quote", &[Text], Gives::Text, |row| Ok(format!("'{}'", row.text(0).replace('\'', "\\'")).into())),
    planned("mask", 1..=5, |call| match call.args.iter().skip(1).all(|mark| mark.column_refs().is_empty()) {
        true => {
            let each = Each::new(&[Text, Text, Text, Text, Text], Gives::Text, mask).optional(4).of_nulls();
            each.call(call.name, call.args, call.typed)
        }
        false => Err(errors::carried(errors::unsupported("mask with a mark that is a column"))),
    }),
    planned("format_number", 2..=2, |call| {
        let number = call.type_of(0)?;
        if !number.is_numeric() && number != DataType::Null {
            return Err(call.mismatch(0));
        }
        let places = if call.type_of(1)?.is_numeric() { Int } else { Text };
        Each::new(if places == Int { &[Any, Int] } else { &[Any, Text] }, Gives::Text, super::format::format_number)
            .call(call.name, call.args, call.typed)
    }),
    each("format_string printf", &[Text, Any], Gives::Text, super::format::format_string).variadic().of_nulls(),
];

fn sized(size: usize) -> Result<Value, SqlError> {
    Ok(i32::try_from(size).unwrap_or(i32::MAX).into())
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

/// A number that counts; a negative one is 0.
pub(super) fn count(n: i32) -> usize {
    usize::try_from(n).unwrap_or(0)
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn left(row: &Row<'_>) -> Result<Value, SqlError> {
    let wanted = count(row.int(1));
    Ok(match row.is_binary(0) {
        true => Value::Bytes(row.bytes(0).iter().copied().take(wanted).collect()),
        false => row.text(0).chars().take(wanted).collect::<String>().into(),
    })
}

fn right(row: &Row<'_>) -> Result<Value, SqlError> {
    let skipped = length(row.text(0)).saturating_sub(count(row.int(1)));
    Ok(row.text(0).chars().skip(skipped).collect::<String>().into())
}

/// The part of a text from a position on. Positions count from 1; 0 is like 1; negative ones count from the end.
fn part(all: usize, position: i64, length: Option<i64>) -> Range<usize> {
    let all = i64::try_from(all).unwrap_or(i64::MAX);
    let start = match position {
        p if p > 0 => p - 1,
        0 => 0,
        p => all + p,
    };
    let end = length.map_or(all, |length| start.saturating_add(length));
    let clamped = |at: i64| usize::try_from(at.clamp(0, all)).unwrap_or(0);
    clamped(start)..clamped(end).max(clamped(start))
}

fn substring(row: &Row<'_>) -> Result<Value, SqlError> {
    let (position, length) = (i64::from(row.int(1)), (row.len() > 2).then(|| i64::from(row.int(2))));
    if row.is_binary(0) {
        let bytes = row.bytes(0);
        return Ok(Value::Bytes(bytes[part(bytes.len(), position, length)].to_vec()));
    }
    let chars = part(self::length(row.text(0)), position, length);
    Ok(row.text(0).chars().skip(chars.start).take(chars.len()).collect::<String>().into())
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

/// What is missing in front or behind, and the text; or the bytes, which are padded with zeros.
fn padding<T: Copy>(all: &[T], wanted: usize, pad: &[T]) -> (Vec<T>, Vec<T>) {
    let kept: Vec<T> = all.iter().copied().take(wanted).collect();
    let missing = if pad.is_empty() { 0 } else { wanted - kept.len() };
    (pad.iter().copied().cycle().take(missing).collect(), kept)
}

/// Functions of bytes, which the name of a column tells too.
pub(in super::super) const OF_BYTES: [&str; 4] = ["encode", "to_binary", "unbase64", "unhex"];

/// Whether the text of an expression tells that it is of bytes.
pub(super) fn shows_bytes(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(..) => true,
        Expr::ScalarFunction(function) => OF_BYTES.contains(&function.func.name()),
        _ => false,
    }
}

/// Bytes are padded with bytes, everything else is text.
fn pad(mut call: Call<'_>, body: Body) -> DfResult<Expr> {
    let bytes = |position: usize| matches!(call.type_of(position), Ok(DataType::Binary));
    let (takes, gives): (&[Takes], _) = match (bytes(0), call.args.len()) {
        (true, 2) if shows_bytes(&call.args[0]) => {
            call.args.push(lit(ScalarValue::Binary(Some(vec![0]))));
            (&[Bytes, Int, Bytes], Gives::Bytes)
        }
        (true, 2) => {
            return Err(errors::carried(errors::unsupported(format!("{} of BINARY without a pad", call.name))));
        }
        (true, _) if bytes(2) => (&[Bytes, Int, Bytes], Gives::Bytes),
        _ => (&[Text, Int, Text], Gives::Text),
    };
    Each::new(takes, gives, body).optional(1).call(call.name, call.args, call.typed)
}

fn padded(row: &Row<'_>, in_front: bool) -> Result<Value, SqlError> {
    fn joined<T: Copy>((padding, kept): (Vec<T>, Vec<T>), in_front: bool) -> Vec<T> {
        if in_front { [padding, kept].concat() } else { [kept, padding].concat() }
    }
    let wanted = count(row.int(1));
    if row.is_binary(0) {
        return Ok(Value::Bytes(joined(padding(row.bytes(0), wanted, row.bytes(2)), in_front)));
    }
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    let pad = if row.len() > 2 { chars(row.text(2)) } else { vec![' '] };
    Ok(joined(padding(&chars(row.text(0)), wanted, &pad), in_front).into_iter().collect::<String>().into())
}

fn lpad(row: &Row<'_>) -> Result<Value, SqlError> {
    padded(row, true)
}

fn rpad(row: &Row<'_>) -> Result<Value, SqlError> {
    padded(row, false)
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

/// Puts a text over another from a position on, over as many characters as it has itself unless told.
fn overlay(row: &Row<'_>) -> Result<Value, SqlError> {
    fn laid<T: Copy>(under: &[T], over: &[T], row: &Row<'_>) -> Vec<T> {
        let from = i64::from(row.int(2));
        let covered = match row.len() {
            4 if row.int(3) >= 0 => i64::from(row.int(3)),
            _ => i64::try_from(over.len()).unwrap_or(i64::MAX),
        };
        [&under[part(under.len(), 1, Some(from - 1))], over, &under[part(under.len(), from + covered, None)]].concat()
    }
    if row.is_binary(0) != row.is_binary(1) {
        let found = [DataType::Binary, DataType::Utf8];
        return Err(different_types("overlay", &found).into());
    }
    if row.is_binary(0) {
        return Ok(Value::Bytes(laid(row.bytes(0), row.bytes(1), row)));
    }
    let chars = |position: usize| row.text(position).chars().collect::<Vec<_>>();
    Ok(laid(&chars(0), &chars(1), row).into_iter().collect::<String>().into())
}

/// The character of a number's lowest byte; nothing for a negative number.
fn character(row: &Row<'_>) -> Result<Value, SqlError> {
    let code = row.long(0);
    let character = u8::try_from(code & 0xFF).map(char::from).unwrap_or_default();
    Ok(if code < 0 { String::new() } else { character.to_string() }.into())
}

/// The position of a word between commas, counted from 1; 0 when it is not there.
fn find_in_set(row: &Row<'_>) -> Result<Value, SqlError> {
    let word = row.text(0);
    let at = if word.contains(',') { None } else { row.text(1).split(',').position(|part| part == word) };
    sized(at.map_or(0, |at| at + 1))
}

/// The least number of changes between two texts; -1 when they are more than allowed.
fn levenshtein(row: &Row<'_>) -> Result<Value, SqlError> {
    let (left, right): (Vec<char>, Vec<char>) = (row.text(0).chars().collect(), row.text(1).chars().collect());
    let mut costs: Vec<usize> = (0..=right.len()).collect();
    for (at, a) in left.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut costs[0], at + 1);
        for (column, b) in right.iter().enumerate() {
            let cost = (diagonal + usize::from(a != b)).min(costs[column] + 1).min(costs[column + 1] + 1);
            diagonal = std::mem::replace(&mut costs[column + 1], cost);
        }
    }
    let distance = i32::try_from(costs[right.len()]).unwrap_or(i32::MAX);
    Ok(if row.len() > 2 && distance > row.int(2) { -1 } else { distance }.into())
}

/// The code by which English names sound alike; what starts with no letter stays as it is.
fn soundex(row: &Row<'_>) -> Result<Value, SqlError> {
    const CODES: &[u8; 26] = b"01230127022455012623017202";
    let letter = |byte: u8| byte.is_ascii_alphabetic().then(|| byte.to_ascii_uppercase());
    let code = |letter: u8| CODES[usize::from(letter - b'A')];
    let Some(first) = row.text(0).bytes().next().and_then(letter) else { return Ok(row.text(0).to_owned().into()) };
    let (mut result, mut last) = (String::from(char::from(first)), code(first));
    for byte in row.text(0).bytes().skip(1) {
        match letter(byte).map(code) {
            None => last = b'0',
            Some(b'7') => {}
            Some(code) => {
                if code != b'0' && code != last {
                    result.push(char::from(code));
                }
                last = code;
            }
        }
        if result.len() > 3 {
            break;
        }
    }
    Ok(format!("{result:0<4}").into())
}

fn luhn_check(row: &Row<'_>) -> Result<Value, SqlError> {
    let mut sum = 0;
    for (at, c) in row.text(0).chars().rev().enumerate() {
        let Some(digit) = c.to_digit(10) else { return Ok(false.into()) };
        let doubled = digit * 2;
        sum += if at % 2 == 0 { digit } else { doubled / 10 + doubled % 10 };
    }
    Ok((!row.text(0).is_empty() && sum % 10 == 0).into())
}

/// Letters and digits replaced by one of their kind; NULL for a kind leaves it as it is.
fn mask(row: &Row<'_>) -> Result<Value, SqlError> {
    if row.is_null(0) {
        return Ok(Value::Null);
    }
    let defaults = [Some('X'), Some('x'), Some('n'), None];
    let mut marks = [None; 4];
    for (at, default) in defaults.into_iter().enumerate() {
        marks[at] = match at + 1 < row.len() {
            false => default,
            true if row.is_null(at + 1) => None,
            true => {
                let mut chars = row.text(at + 1).chars();
                match (chars.next(), chars.next()) {
                    (Some(mark), None) => Some(mark),
                    _ => {
                        return Err(SqlError::new(
                            "DATATYPE_MISMATCH.INPUT_SIZE_NOT_ONE",
                            "42K09",
                            "Cannot resolve \"mask\" due to data type mismatch: the length of a mark should be 1.",
                        ));
                    }
                }
            }
        };
    }
    let masked = row.text(0).chars().map(|c| {
        let kind = match c {
            c if c.is_uppercase() => 0,
            c if c.is_lowercase() => 1,
            c if c.is_numeric() => 2,
            _ => 3,
        };
        marks[kind].unwrap_or(c)
    });
    Ok(masked.collect::<String>().into())
}
