//! The types that a parameter can have.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::decimal::{self, Precision};
use super::geospatial::{self, Srid};
use super::interval::{self, Fields};
use super::time;
use crate::error::{Error, Result};

const ACCEPTED: &str = "VOID, BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, STRING, VARCHAR, CHAR, DATE, TIMESTAMP, TIMESTAMP_NTZ, \
                        TIMESTAMP_LTZ, INTERVAL, DECIMAL(p,s), GEOGRAPHY and GEOMETRY";

/// A value's text and type on the wire, or what the type takes instead.
pub(super) type Checked = std::result::Result<(String, String), Cow<'static, str>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SqlType {
    Void,
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    /// The most characters.
    Text(Option<usize>),
    Date,
    Timestamp,
    TimestampNtz,
    TimestampLtz,
    Interval(Option<Fields>),
    Decimal(Option<Precision>),
    Geography(Option<Srid>),
    Geometry(Option<Srid>),
}

impl SqlType {
    /// Reads a type's name. The value, where there is one, tells a DECIMAL that was counted wrong from one that cannot be.
    pub(super) fn parse(text: &str, value: Option<&str>) -> Result<Self> {
        let upper = text.trim().to_ascii_uppercase();
        let (name, arguments) = match upper.split_once('(') {
            None => (upper.as_str(), None),
            Some((name, rest)) => {
                let arguments = rest.strip_suffix(')').ok_or_else(|| unknown(text))?;
                (name.trim_end(), Some(arguments.trim()))
            }
        };
        let parsed = match (name, arguments) {
            ("VOID", None) => Self::Void,
            ("BOOLEAN" | "BOOL", None) => Self::Boolean,
            ("TINYINT", None) => Self::TinyInt,
            ("SMALLINT", None) => Self::SmallInt,
            ("INT" | "INTEGER", None) => Self::Int,
            ("BIGINT" | "LONG", None) => Self::BigInt,
            ("FLOAT", None) => Self::Float,
            ("DOUBLE", None) => Self::Double,
            ("STRING" | "VARCHAR" | "CHAR", None) => Self::Text(None),
            ("VARCHAR" | "CHAR", Some(length)) => Self::Text(Some(length.parse().map_err(|_| unknown(text))?)),
            ("DATE", None) => Self::Date,
            ("TIMESTAMP", None) => Self::Timestamp,
            ("TIMESTAMP_NTZ", None) => Self::TimestampNtz,
            ("TIMESTAMP_LTZ", None) => Self::TimestampLtz,
            ("DECIMAL", None) => Self::Decimal(None),
            ("DECIMAL", Some(arguments)) => match Precision::parse(arguments) {
                None if value.is_some_and(|value| decimal::counts_characters(arguments, value)) => Self::Decimal(None),
                None => return Err(impossible_decimal(text)),
                precision => Self::Decimal(precision),
            },
            ("GEOGRAPHY", srid) => Self::Geography(srid.map(Srid::from_str).transpose().map_err(|_| unknown(text))?),
            ("GEOMETRY", srid) => Self::Geometry(srid.map(Srid::from_str).transpose().map_err(|_| unknown(text))?),
            ("INTERVAL", None) => Self::Interval(None),
            (name, None) if let Some(fields) = name.strip_prefix("INTERVAL ") => {
                Self::Interval(Some(Fields::parse(fields).ok_or_else(|| unknown(text))?))
            }
            _ => return Err(unknown(text)),
        };
        Ok(parsed)
    }

    /// The type's name for a NULL, for which nothing is derived from a value.
    pub(super) fn wire_name(self) -> String {
        match self {
            Self::Text(_) | Self::Geography(_) | Self::Geometry(_) => "STRING".to_owned(),
            Self::Decimal(None) => "DECIMAL(10,0)".to_owned(),
            other => other.to_string(),
        }
    }

    pub(super) fn check(self, value: &str) -> Checked {
        let text = match self {
            Self::Void => Err("no value but NULL".into()),
            Self::Boolean => boolean(value),
            Self::TinyInt => whole(value, i8::MIN.into(), i8::MAX.into()),
            Self::SmallInt => whole(value, i16::MIN.into(), i16::MAX.into()),
            Self::Int => whole(value, i32::MIN.into(), i32::MAX.into()),
            Self::BigInt => whole(value, i64::MIN, i64::MAX),
            Self::Float => floating(value, value.parse::<f32>().ok().map(f64::from)),
            Self::Double => floating(value, value.parse().ok()),
            Self::Text(Some(length)) if value.chars().nth(length).is_some() => {
                Err(format!("at most {length} characters").into())
            }
            Self::Text(_) => Ok(value.to_owned()),
            Self::Date => time::date(value),
            Self::Timestamp | Self::TimestampLtz => time::timestamp(value),
            Self::TimestampNtz => time::timestamp_ntz(value),
            Self::Interval(fields) => interval::check(value, fields),
            Self::Decimal(precision) => return decimal::check(value, precision),
            Self::Geography(srid) | Self::Geometry(srid) => geospatial::check(value, srid),
        };
        text.map(|text| (self.wire_name(), text))
    }
}

impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Void => "VOID",
            Self::Boolean => "BOOLEAN",
            Self::TinyInt => "TINYINT",
            Self::SmallInt => "SMALLINT",
            Self::Int => "INT",
            Self::BigInt => "BIGINT",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Text(None) => "STRING",
            Self::Text(Some(length)) => return write!(f, "VARCHAR({length})"),
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP",
            Self::TimestampNtz => "TIMESTAMP_NTZ",
            Self::TimestampLtz => "TIMESTAMP_LTZ",
            Self::Interval(None) => "INTERVAL",
            Self::Interval(Some(fields)) => return write!(f, "INTERVAL {fields}"),
            Self::Decimal(None) => "DECIMAL",
            Self::Decimal(Some(precision)) => return write!(f, "{precision}"),
            Self::Geography(None) => "GEOGRAPHY",
            Self::Geography(Some(srid)) => return write!(f, "GEOGRAPHY({srid})"),
            Self::Geometry(None) => "GEOMETRY",
            Self::Geometry(Some(srid)) => return write!(f, "GEOMETRY({srid})"),
        })
    }
}

fn boolean(value: &str) -> std::result::Result<String, Cow<'static, str>> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok("true".to_owned()),
        "false" | "0" => Ok("false".to_owned()),
        _ => Err("true, false, 1 or 0".into()),
    }
}

fn whole(value: &str, least: i64, most: i64) -> std::result::Result<String, Cow<'static, str>> {
    match value.parse::<i64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number.to_string()),
        _ => Err(format!("a whole number from {least} to {most}").into()),
    }
}

/// `parsed` is `value` as the type sees it. A number that became infinite was too large; infinity itself is written out.
fn floating(value: &str, parsed: Option<f64>) -> std::result::Result<String, Cow<'static, str>> {
    let is_number = value.bytes().any(|byte| byte.is_ascii_digit());
    match parsed {
        Some(number) if number.is_nan() => Ok("NaN".to_owned()),
        Some(number) if number.is_infinite() && !is_number => {
            Ok(if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned())
        }
        Some(number) if number.is_finite() => Ok(value.to_owned()),
        _ => Err("a number within its range, NaN, Infinity or -Infinity".into()),
    }
}

fn impossible_decimal(text: &str) -> Error {
    let name = shown(text);
    Error::invalid_argument(format!("the type {name:?} is not a DECIMAL(p,s) with p from 1 to 38 and s from 0 to p"))
}

fn unknown(text: &str) -> Error {
    let name = text.trim_start().to_ascii_uppercase();
    let hint = if name.starts_with("BINARY") {
        "; send bytes as hexadecimal text of type STRING and write unhex() around the marker"
    } else if ["ARRAY", "MAP", "STRUCT", "VARIANT"].iter().any(|nested| name.starts_with(nested)) {
        "; send nested values as JSON text of type STRING and write from_json() or parse_json() around the marker"
    } else {
        ""
    };
    Error::invalid_argument(format!("the type {:?} cannot be bound; types are {ACCEPTED}{hint}", shown(text)))
}

/// A type as errors repeat it: no longer than one can be, in case the caller has mixed up value and type.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}
