//! Functions of JSON texts.

use std::iter::Peekable;
use std::str::Chars;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::Expr;

use super::super::text;
use super::super::time::Zone;
use super::super::{errors, types};
use super::registry::{Call, Function, each, planned};
use super::row::{Body, Each, Gives, Row, Takes, Value};
use crate::engine::SqlError;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    each("get_json_object", &[Takes::Text, Takes::Text], Gives::Text, get_json_object),
    planned("json_array_length", 1..=1, |call| {
        let length: Body = |row| {
            Ok(match Json::read(row.text(0)) {
                Some(Json::Array(items)) => i32::try_from(items.len()).unwrap_or(i32::MAX).into(),
                _ => Value::Null,
            })
        };
        of_text(call, Gives::Int, length)
    }),
    planned("json_object_keys", 1..=1, |call| {
        let keys: Body = |row| {
            Ok(match Json::read(row.text(0)) {
                Some(Json::Object(fields)) => Value::Texts(fields.into_iter().map(|(name, _)| name).collect()),
                _ => Value::Null,
            })
        };
        of_text(call, Gives::Texts, keys)
    }),
    planned("to_json", 1..=2, |call| match call.args.len() {
        1 => to_json(call),
        _ => Err(errors::carried(errors::unsupported("to_json with options"))),
    }),
];

/// A function of STRING alone: nothing else is read as text.
fn of_text(call: Call<'_>, gives: Gives, body: Body) -> DfResult<Expr> {
    match call.type_of(0)? {
        DataType::Utf8 | DataType::Null => {
            Each::new(&[Takes::Text], gives, body).call(call.name, call.args, call.typed)
        }
        _ => Err(call.mismatch(0)),
    }
}

/// A value, with numbers as they were written and fields in their order.
#[derive(Debug, Clone, PartialEq)]
enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// How deep values may stand in values.
const DEEPEST: usize = 200;

impl Json {
    /// The value at the start of a text; what stands behind it does not matter.
    fn read(text: &str) -> Option<Self> {
        let mut rest = text.chars().peekable();
        Self::value(&mut rest, 0)
    }

    fn value(rest: &mut Peekable<Chars<'_>>, depth: usize) -> Option<Self> {
        blanks(rest);
        if depth > DEEPEST {
            return None;
        }
        Some(match rest.peek()? {
            '{' => {
                rest.next();
                let mut fields = Vec::new();
                blanks(rest);
                while rest.next_if_eq(&'}').is_none() {
                    if !fields.is_empty() {
                        rest.next_if_eq(&',')?;
                        blanks(rest);
                    }
                    let name = quoted(rest)?;
                    blanks(rest);
                    rest.next_if_eq(&':')?;
                    fields.push((name, Self::value(rest, depth + 1)?));
                    blanks(rest);
                }
                Self::Object(fields)
            }
            '[' => {
                rest.next();
                let mut items = Vec::new();
                blanks(rest);
                while rest.next_if_eq(&']').is_none() {
                    if !items.is_empty() {
                        rest.next_if_eq(&',')?;
                    }
                    items.push(Self::value(rest, depth + 1)?);
                    blanks(rest);
                }
                Self::Array(items)
            }
            '"' | '\'' => Self::Text(quoted(rest)?),
            _ => {
                let mut word = String::new();
                while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || "+-.".contains(*c)) {
                    word.push(c);
                }
                match word.as_str() {
                    "null" => Self::Null,
                    "true" => Self::Bool(true),
                    "false" => Self::Bool(false),
                    _ if is_number(&word) => Self::Number(word),
                    _ => return None,
                }
            }
        })
    }

    /// The text of the value without blanks, or `None` for a number that would be shown otherwise.
    fn write(&self, out: &mut String) -> Option<()> {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(digits) if digits.contains(['.', 'e', 'E']) => {
                out.push_str(&text::double(digits.parse().ok()?))
            }
            Self::Number(digits) => out.push_str(digits),
            Self::Text(text) => write_text(text, out),
            Self::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    item.write(out)?;
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (at, (name, value)) in fields.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    write_text(name, out);
                    out.push(':');
                    value.write(out)?;
                }
                out.push('}');
            }
        }
        Some(())
    }
}

fn blanks(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| matches!(c, ' ' | '\t' | '\n' | '\r')).is_some() {}
}

/// Digits without leading zeros, perhaps a fraction, perhaps an exponent.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let word = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) =
        word.split_once(['e', 'E']).map_or((word, None), |(mantissa, rest)| (mantissa, Some(rest)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, rest)| (whole, Some(rest)));
    let exponent_is_fine = exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)));
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits) && exponent_is_fine
}

/// A text in double or single quotes.
fn quoted(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let quote = rest.next_if(|c| matches!(c, '"' | '\''))?;
    let mut text = String::new();
    let unit = |rest: &mut Peekable<Chars<'_>>| {
        let digits: String = rest.by_ref().take(4).collect();
        u32::from_str_radix(&digits, 16).ok()
    };
    loop {
        match rest.next()? {
            c if c == quote => return Some(text),
            '\\' => text.push(match rest.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => match unit(rest)? {
                    high @ 0xD800..0xDC00 => {
                        rest.next_if_eq(&'\\')?;
                        rest.next_if_eq(&'u')?;
                        let low = unit(rest)?.checked_sub(0xDC00)?;
                        char::from_u32(0x10000 + ((high - 0xD800) << 10) + low)?
                    }
                    code => char::from_u32(code)?,
                },
                c @ ('"' | '\\' | '/' | '\'') => c,
                _ => return None,
            }),
            c => text.push(c),
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A step of a path.
#[derive(Debug, PartialEq)]
enum Step {
    Field(String),
    At(usize),
    All,
}

/// Reads `$.a['b'][0][*]`; `None` for what is no path.
fn path(text: &str) -> Option<Vec<Step>> {
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[*]") {
            steps.push(Step::All);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("['") {
            let (name, after) = after.split_once("']")?;
            steps.push(Step::Field(name.to_owned()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            steps.push(Step::At(index.parse().ok()?));
            rest = after;
        } else {
            let after = rest.strip_prefix('.')?;
            let (name, after) = after.split_at(after.find(['.', '[']).unwrap_or(after.len()));
            if name.is_empty() || name == "*" {
                return None;
            }
            steps.push(Step::Field(name.to_owned()));
            rest = after;
        }
    }
    Some(steps)
}

fn follow<'a>(value: &'a Json, steps: &[Step], found: &mut Vec<&'a Json>) {
    match (steps.split_first(), value) {
        (None, value) => found.push(value),
        (Some((Step::Field(name), rest)), Json::Object(fields)) => {
            if let Some((_, value)) = fields.iter().find(|(own, _)| own == name) {
                follow(value, rest, found);
            }
        }
        (Some((Step::At(index), rest)), Json::Array(items)) => {
            if let Some(item) = items.get(*index) {
                follow(item, rest, found);
            }
        }
        (Some((Step::All, rest)), Json::Array(items)) => items.iter().for_each(|item| follow(item, rest, found)),
        _ => {}
    }
}

/// What a path leads to, as text; several values as an array.
fn get_json_object(row: &Row<'_>) -> Result<Value, SqlError> {
    if row.text(1).contains(".*") {
        return Err(errors::unsupported("get_json_object of all fields"));
    }
    let (Some(steps), Some(json)) = (path(row.text(1)), Json::read(row.text(0))) else { return Ok(Value::Null) };
    let mut found = Vec::new();
    follow(&json, &steps, &mut found);
    let stars = steps.iter().filter(|step| **step == Step::All).count();
    let mixed = |value: &&Json| matches!(value, Json::Array(_) | Json::Text(_) | Json::Null);
    if stars > 1 || stars == 1 && found.len() == 1 && found.iter().any(mixed) {
        return Err(errors::unsupported("get_json_object by such a path with [*]"));
    }
    let mut out = String::new();
    let written = match found.as_slice() {
        [] | [Json::Null] => return Ok(Value::Null),
        [Json::Text(text)] => return Ok(text.clone().into()),
        [value] => value.write(&mut out),
        several => Json::Array(several.iter().map(|value| (*value).clone()).collect()).write(&mut out),
    };
    Ok(written.map(|()| out).into())
}

/// A struct, an array or a map as JSON; fields that are NULL are left out.
fn to_json(call: Call<'_>) -> DfResult<Expr> {
    let found = call.type_of(0)?;
    if !matches!(found, DataType::Struct(_) | DataType::List(_) | DataType::Map(..)) {
        return Err(errors::carried(SqlError::new(
            "DATATYPE_MISMATCH.INVALID_JSON_SCHEMA",
            "42K09",
            format!(
                "Cannot resolve \"to_json\" due to data type mismatch: Input schema {} must be a struct, an array, a map or a variant.",
                types::quoted(&found)
            ),
        )));
    }
    let body: Body = |row| {
        let (column, at) = row.column(0);
        let mut out = String::new();
        write(column, at, row.zone, &mut out)?;
        Ok(out.into())
    };
    Each::new(&[Takes::Any], Gives::Text, body).call(call.name, call.args, call.typed)
}

fn write(column: &ArrayRef, at: usize, zone: Zone, out: &mut String) -> Result<(), SqlError> {
    let shown = || text::render(column.as_ref(), at, zone).unwrap_or_default();
    let refused = || errors::unsupported(format!("to_json of {}", types::quoted(column.data_type())));
    match column.data_type() {
        _ if column.is_null(at) || column.data_type() == &DataType::Null => out.push_str("null"),
        DataType::Struct(fields) => {
            out.push('{');
            let mut first = true;
            for (field, values) in fields.iter().zip(column.as_struct().columns()) {
                if values.is_null(at) || values.data_type() == &DataType::Null {
                    continue;
                }
                out.push_str(if first { "" } else { "," });
                first = false;
                write_text(field.name(), out);
                out.push(':');
                write(values, at, zone, out)?;
            }
            out.push('}');
        }
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(at);
            out.push('[');
            for item in 0..items.len() {
                out.push_str(if item > 0 { "," } else { "" });
                write(&items, item, zone, out)?;
            }
            out.push(']');
        }
        DataType::Map(..) => {
            let entries = column.as_map().value(at);
            let (keys, values) = (entries.column(0), entries.column(1));
            if matches!(keys.data_type(), DataType::Struct(_) | DataType::List(_) | DataType::Binary) {
                return Err(refused());
            }
            out.push('{');
            for entry in 0..entries.len() {
                out.push_str(if entry > 0 { "," } else { "" });
                write_text(&text::render(keys.as_ref(), entry, zone).unwrap_or_default(), out);
                out.push(':');
                write(values, entry, zone, out)?;
            }
            out.push('}');
        }
        DataType::Boolean | DataType::Decimal128(..) => out.push_str(&shown()),
        found if found.is_integer() => out.push_str(&shown()),
        DataType::Float32 | DataType::Float64 => match shown() {
            word if word.contains(['N', 'I']) => write_text(&word, out),
            digits => out.push_str(&digits),
        },
        DataType::Utf8 | DataType::Date32 => write_text(&shown(), out),
        _ => return Err(refused()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::an_object(r#"{"a": [1, 2.50, "x", null, true]} x"#, Some(r#"{"a":[1,2.5,"x",null,true]}"#))]
    #[case::single_quotes("{'a':1}", Some(r#"{"a":1}"#))]
    #[case::without_its_end("[1,2", None)]
    #[case::a_leading_zero("[01]", None)]
    #[case::a_pair_of_surrogates(r#"["\ud83d\ude00"]"#, Some("[\"\u{1F600}\"]"))]
    fn json_is_written_without_blanks(#[case] text: &str, #[case] expected: Option<&str>) {
        let written = Json::read(text).and_then(|json| {
            let mut out = String::new();
            json.write(&mut out).map(|()| out)
        });
        assert_eq!(written.as_deref(), expected);
    }
}
