//! Bytes as text and text as bytes: character sets, base 64, hexadecimal digits, checksums.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::functions as df;
use datafusion::logical_expr::Expr;
use ring::digest;
use sha2::Digest;

use super::super::errors;
use super::conditional;
use super::registry::{Call, Function, each, engine, planned};
use super::row::{Body, Each, Gives, Row, Takes, Value};
use crate::engine::SqlError;

use Takes::{Bytes, Int, Text};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    engine("md5", &[Bytes], df::crypto::md5),
    each("sha sha1", &[Bytes], Gives::Text, |row| {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, row.bytes(0));
        Ok(lower_hex(digest.as_ref()).into())
    }),
    each("sha2", &[Bytes, Int], Gives::Text, sha2),
    each("crc32", &[Bytes], Gives::Long, |row| Ok(Value::Long(crc32(row.bytes(0)).into()))),
    each("base64", &[Bytes], Gives::Text, |row| Ok(STANDARD.encode(row.bytes(0)).into())),
    each("unbase64", &[Text], Gives::Bytes, unbase64),
    planned("hex", 1..=1, hex),
    each("unhex", &[Text], Gives::Bytes, |row| Ok(unhexed(row.text(0)).map_or(Value::Null, Value::Bytes))),
    each("encode", &[Text, Text], Gives::Bytes, encode),
    planned("decode", 2..=usize::MAX, decode),
    planned("to_binary try_to_binary", 1..=2, to_binary),
    each("is_valid_utf8", &[Bytes], Gives::Bool, |row| Ok(std::str::from_utf8(row.bytes(0)).is_ok().into())),
    each("make_valid_utf8", &[Bytes], Gives::Text, |row| Ok(String::from_utf8_lossy(row.bytes(0)).into_owned().into())),
    each("validate_utf8", &[Bytes], Gives::Text, validate_utf8),
    each("try_validate_utf8", &[Bytes], Gives::Text, |row| {
        Ok(std::str::from_utf8(row.bytes(0)).ok().map(str::to_owned).into())
    }),
    each("url_encode", &[Text], Gives::Text, |row| {
        Ok(url::form_urlencoded::byte_serialize(row.text(0).as_bytes()).collect::<String>().into())
    }),
    each("url_decode", &[Text], Gives::Text, |row| match url_decoded(row.text(0)) {
        Some(text) => Ok(text.into()),
        None => Err(SqlError::new(
            "CANNOT_DECODE_URL",
            "22546",
            format!(
                "The provided URL cannot be decoded: {}. Please ensure that the URL is properly formatted and try again.",
                row.text(0)
            ),
        )),
    }),
    each("try_url_decode", &[Text], Gives::Text, |row| Ok(url_decoded(row.text(0)).into())),
    each("parse_url", &[Text, Text, Text], Gives::Text, super::url_parts::parse_url).optional(1),
    each("try_parse_url", &[Text, Text, Text], Gives::Text, super::url_parts::try_parse_url).optional(1),
];

fn lower_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn upper_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Text of hexadecimal digits as bytes; the first byte has one digit when their number is odd.
fn unhexed(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect::<Option<_>>()?;
    let (first, pairs) = digits.split_at(digits.len() % 2);
    Some(first.iter().copied().chain(pairs.chunks(2).map(|pair| pair[0] << 4 | pair[1])).collect())
}

fn hex(call: Call<'_>) -> DfResult<Expr> {
    let (takes, body): (&[Takes], Body) = match call.type_of(0)? {
        DataType::Utf8 | DataType::Binary => (&[Takes::TextOrBytes], |row| Ok(upper_hex(row.bytes(0)).into())),
        found if found.is_numeric() || found == DataType::Null => {
            (&[Takes::Long], |row| Ok(format!("{:X}", row.long(0)).into()))
        }
        _ => return Err(call.mismatch(0)),
    };
    Each::new(takes, Gives::Text, body).call(call.name, call.args, call.typed)
}

/// SHA-2 of 224, 256, 384 or 512 bits; NULL for another number, and 256 for 0.
fn sha2(row: &Row<'_>) -> Result<Value, SqlError> {
    let bytes = row.bytes(0);
    Ok(match row.int(1) {
        224 => lower_hex(&sha2::Sha224::digest(bytes)),
        0 | 256 => lower_hex(&sha2::Sha256::digest(bytes)),
        384 => lower_hex(&sha2::Sha384::digest(bytes)),
        512 => lower_hex(&sha2::Sha512::digest(bytes)),
        _ => return Ok(Value::Null),
    }
    .into())
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

/// Reads base 64 as mail has it: what is no digit of it is left out.
fn unbase64(row: &Row<'_>) -> Result<Value, SqlError> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let digits: String =
        row.text(0).chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')).collect();
    let (data, padding) = digits.split_at(digits.find('=').unwrap_or(digits.len()));
    if !padding.trim_start_matches('=').is_empty() {
        return Err(errors::unsupported("base 64 with digits behind its end"));
    }
    let decoded = GeneralPurpose::new(&alphabet::STANDARD, config).decode(data);
    let malformed = |_| SqlError::new("CONVERSION_INVALID_INPUT", "22018", "The text is not base 64.");
    decoded.map(Value::Bytes).map_err(malformed)
}

/// A character set by its name.
#[derive(Clone, Copy)]
enum Charset {
    Ascii,
    Latin,
    Utf8,
    Utf16 { big: bool, marked: bool },
    Utf32,
}

impl Charset {
    fn named(name: &str, function: &str) -> Result<Self, SqlError> {
        Ok(match name.to_ascii_uppercase().as_str() {
            "US-ASCII" => Self::Ascii,
            "ISO-8859-1" => Self::Latin,
            "UTF-8" => Self::Utf8,
            "UTF-16BE" => Self::Utf16 { big: true, marked: false },
            "UTF-16LE" => Self::Utf16 { big: false, marked: false },
            "UTF-16" => Self::Utf16 { big: true, marked: true },
            "UTF-32" => Self::Utf32,
            _ => {
                return Err(SqlError::new(
                    "INVALID_PARAMETER_VALUE.CHARSET",
                    "22023",
                    format!(
                        "The value of parameter(s) `charset` in `{function}` is invalid: expects one of the iso-8859-1, us-ascii, \
                         utf-16, utf-16be, utf-16le, utf-32, utf-8, but got {name}."
                    ),
                ));
            }
        })
    }

    fn encode(self, text: &str) -> Option<Vec<u8>> {
        Some(match self {
            Self::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec())?,
            Self::Latin => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<_>>()?,
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16 { big, marked } => {
                let mark = (marked && !text.is_empty()).then_some(0xFEFF);
                let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
                mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
            }
            Self::Utf32 => text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        })
    }

    fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Ascii => bytes.is_ascii().then(|| String::from_utf8_lossy(bytes).into_owned()),
            Self::Latin => Some(bytes.iter().copied().map(char::from).collect()),
            Self::Utf8 => String::from_utf8(bytes.to_vec()).ok(),
            Self::Utf16 { big, marked } => {
                let (big, bytes) = match (marked, bytes) {
                    (true, [0xFE, 0xFF, rest @ ..]) => (true, rest),
                    (true, [0xFF, 0xFE, rest @ ..]) => (false, rest),
                    _ => (big, bytes),
                };
                let (units, rest) = bytes.as_chunks::<2>();
                let unit = |bytes: &[u8; 2]| if big { u16::from_be_bytes(*bytes) } else { u16::from_le_bytes(*bytes) };
                let units: Vec<u16> = units.iter().map(unit).collect();
                if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
            }
            Self::Utf32 => {
                let (units, rest) = bytes.as_chunks::<4>();
                let text = units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit))).collect();
                if rest.is_empty() { text } else { None }
            }
        }
    }
}

fn unmappable(function: &str, charset: &str) -> SqlError {
    SqlError::new(
        "MALFORMED_CHARACTER_CODING",
        "22000",
        format!("Invalid value found when performing `{function}` with {charset}"),
    )
}

fn encode(row: &Row<'_>) -> Result<Value, SqlError> {
    let bytes = Charset::named(row.text(1), "encode")?.encode(row.text(0));
    bytes.map(Value::Bytes).ok_or_else(|| unmappable("encode", row.text(1)))
}

/// Bytes of a character set as text; of more arguments, the one behind that which is equal to the first.
fn decode(mut call: Call<'_>) -> DfResult<Expr> {
    if call.args.len() == 2 {
        let body: Body = |row| {
            let text = Charset::named(row.text(1), "decode")?.decode(row.bytes(0));
            text.map(Value::Text).ok_or_else(|| unmappable("decode", row.text(1)))
        };
        return Each::new(&[Bytes, Text], Gives::Text, body).call(call.name, call.args, call.typed);
    }
    let value = call.args.remove(0);
    let otherwise = if call.args.len() % 2 == 1 { call.args.pop() } else { None };
    let mut cases = Vec::new();
    let mut pairs = call.args.into_iter();
    while let (Some(wanted), Some(result)) = (pairs.next(), pairs.next()) {
        cases.push(call.typed.compare(datafusion::logical_expr::Operator::IsNotDistinctFrom, value.clone(), wanted)?);
        cases.push(result);
    }
    cases.extend(otherwise);
    conditional::case(cases, call.typed)
}

fn to_binary(call: Call<'_>) -> DfResult<Expr> {
    let format = match call.args.get(1) {
        None => "hex".to_owned(),
        Some(Expr::Literal(ScalarValue::Utf8(Some(format)), _)) => format.to_lowercase(),
        Some(Expr::Literal(value, _)) if value.is_null() => "null".to_owned(),
        Some(_) => {
            return Err(errors::carried(errors::unsupported(format!(
                "{} in a format that is not a literal",
                call.name
            ))));
        }
    };
    let tries = call.name.starts_with("try_");
    let read: Body = match format.as_str() {
        "hex" => |row| Ok(unhexed(row.text(0)).map_or(Value::Null, Value::Bytes)),
        "utf-8" | "utf8" => |row| Ok(Value::Bytes(row.bytes(0).to_vec())),
        "base64" => |row| {
            let digits: String = row.text(0).chars().filter(|c| !c.is_ascii_whitespace()).collect();
            Ok(STANDARD.decode(digits).map_or(Value::Null, Value::Bytes))
        },
        "null" => |_| Ok(Value::Null),
        _ if tries => |_| Ok(Value::Null),
        other => {
            return Err(errors::carried(SqlError::new(
                "DATATYPE_MISMATCH.INVALID_ARG_VALUE",
                "42K09",
                format!(
                    "Cannot resolve \"to_binary\" due to data type mismatch: The fmt value must to be a case-insensitive \"STRING\" \
                     literal of 'hex', 'utf-8', 'utf8', or 'base64', but got '{other}'."
                ),
            )));
        }
    };
    let text = call.taken(0, Text)?;
    let converted = Each::new(&[Text], Gives::Bytes, read).call(call.name, vec![text.clone()], call.typed)?;
    if tries || format == "null" {
        return Ok(converted);
    }
    let checked: Body = |row| match row.is_null(1) && !row.is_null(0) {
        true => Err(SqlError::new(
            "CONVERSION_INVALID_INPUT",
            "22018",
            format!(
                "The value '{}' cannot be converted to \"BINARY\" because it is malformed. Correct the value as per the syntax, or \
                 change its format. Use `try_to_binary` to tolerate malformed input and return NULL instead.",
                row.text(0)
            ),
        )),
        false if row.is_null(1) => Ok(Value::Null),
        false => Ok(Value::Bytes(row.bytes(1).to_vec())),
    };
    let checked = Each::new(&[Text, Bytes], Gives::Bytes, checked).of_nulls();
    checked.call("checked_binary", vec![text, converted], call.typed)
}

fn validate_utf8(row: &Row<'_>) -> Result<Value, SqlError> {
    match std::str::from_utf8(row.bytes(0)) {
        Ok(text) => Ok(text.to_owned().into()),
        Err(error) => {
            let wrong = row.bytes(0).get(error.valid_up_to()).copied().unwrap_or_default();
            Err(SqlError::new(
                "INVALID_UTF8_STRING",
                "22029",
                format!("Invalid UTF8 byte sequence found in string: \\x{wrong:02X}."),
            ))
        }
    }
}

/// Text of a form: `+` is a blank, `%` stands before two digits; `None` when it is malformed.
fn url_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit =
                    |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(rest.next())? << 4 | digit(rest.next())?
            }
            other => other,
        });
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_of_a_word() {
        assert_eq!(crc32(b"Spark"), 1_557_323_817);
    }
}
