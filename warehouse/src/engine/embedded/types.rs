//! SQL types, as text and as Arrow types.
//!
//! A TIMESTAMP carries the session's time zone; everything else is the same in every session.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};

use super::sql_type::SQL_TYPE_KEY;
use super::{errors, limits};
use crate::engine::SqlError;

/// The widest DECIMAL.
pub(super) const MAX_PRECISION: u8 = 38;

/// The Arrow type of the SQL type written in `text`, with `zone` for its timestamps.
pub(super) fn parse(text: &str, zone: &str) -> Result<DataType, SqlError> {
    let mut parser = TypeParser { text, rest: text.trim(), zone, depth: 0 };
    let parsed = parser.data_type()?;
    match parser.rest.is_empty() {
        true => Ok(parsed),
        false => Err(parser.unsupported()),
    }
}

/// A table's column. Of texts of bounded length and of texts with a collation the field tells more than its Arrow type.
pub(super) fn column(name: &str, sql_type: &str, zone: &str) -> Result<Field, SqlError> {
    let upper = sql_type.trim().to_ascii_uppercase();
    let bounded =
        ["CHAR(", "VARCHAR(", "CHARACTER("].iter().any(|start| upper.starts_with(start)) && upper.ends_with(')');
    if !bounded && !upper.starts_with("STRING COLLATE ") {
        return Ok(Field::new(name, parse(sql_type, zone)?, true));
    }
    let told = HashMap::from([(SQL_TYPE_KEY.to_owned(), upper.replace("CHARACTER(", "CHAR("))]);
    Ok(Field::new(name, DataType::Utf8, true).with_metadata(told))
}

/// What of a column this engine keeps and does not read or write as the reference does.
pub(super) fn kept_only(field: &Field) -> Option<&String> {
    let is_other =
        |text: &&String| text.contains("CHAR(") || text.contains(" COLLATE ") && !text.ends_with(" UTF8_BINARY");
    field.metadata().get(SQL_TYPE_KEY).filter(is_other)
}

/// The SQL type's text for an Arrow type, as the manifest shows it; `None` when SQL has no such type.
pub(super) fn sql_text(data_type: &DataType) -> Option<String> {
    Some(match data_type {
        DataType::Null => "VOID".into(),
        DataType::Boolean => "BOOLEAN".into(),
        DataType::Int8 => "TINYINT".into(),
        DataType::Int16 => "SMALLINT".into(),
        DataType::Int32 => "INT".into(),
        DataType::Int64 => "BIGINT".into(),
        DataType::Float32 => "FLOAT".into(),
        DataType::Float64 => "DOUBLE".into(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision},{scale})"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "STRING".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "BINARY".into(),
        DataType::Date32 => "DATE".into(),
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP".into(),
        DataType::Timestamp(_, None) => "TIMESTAMP_NTZ".into(),
        DataType::Interval(IntervalUnit::YearMonth) => "INTERVAL YEAR TO MONTH".into(),
        DataType::Duration(_) => "INTERVAL DAY TO SECOND".into(),
        DataType::List(item) | DataType::LargeList(item) => format!("ARRAY<{}>", sql_text(item.data_type())?),
        DataType::Map(entries, _) => {
            let DataType::Struct(pair) = entries.data_type() else { return None };
            let [key, value] = pair.as_ref() else { return None };
            format!("MAP<{}, {}>", sql_text(key.data_type())?, sql_text(value.data_type())?)
        }
        DataType::Struct(fields) => {
            let fields: Option<Vec<_>> = fields
                .iter()
                .map(|f| Some(format!("{}: {}", field_name(f.name()), sql_text(f.data_type())?)))
                .collect();
            format!("STRUCT<{}>", fields?.join(", "))
        }
        _ => return None,
    })
}

/// A STRUCT's field as a type's text names it: in backticks when it is no plain word.
pub(crate) fn field_name(name: &str) -> Cow<'_, str> {
    let word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match word && !name.bytes().all(|byte| byte.is_ascii_digit()) {
        true => name.into(),
        false => format!("`{}`", name.replace('`', "``")).into(),
    }
}

/// The type as error messages name it: quoted, or the Arrow name where SQL has none.
pub(super) fn quoted(data_type: &DataType) -> String {
    format!("\"{}\"", sql_text(data_type).unwrap_or_else(|| data_type.to_string()))
}

/// TIMESTAMP in a session with this zone.
pub(super) fn timestamp(zone: &str) -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into()))
}

/// TIMESTAMP_NTZ.
pub(super) fn timestamp_ntz() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, None)
}

/// ARRAY of `item`.
pub(super) fn array(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

/// MAP from `key` to `value`.
pub(super) fn map(key: DataType, value: DataType) -> DataType {
    let pair = Fields::from(vec![Field::new("key", key, false), Field::new("value", value, true)]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(pair), false)), false)
}

/// The form in which a type leaves the engine: plain strings and binaries, microseconds, `zone` for timestamps.
/// `None` when SQL has no such type.
pub(super) fn canonical(data_type: &DataType, zone: &str) -> Option<DataType> {
    Some(match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        DataType::Timestamp(_, Some(_)) => timestamp(zone),
        DataType::Timestamp(_, None) => timestamp_ntz(),
        DataType::Date64 => DataType::Date32,
        DataType::Duration(_) => DataType::Duration(TimeUnit::Microsecond),
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        DataType::Dictionary(_, value) => canonical(value, zone)?,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            array(canonical(item.data_type(), zone)?)
        }
        DataType::Map(entries, _) => {
            let DataType::Struct(pair) = entries.data_type() else { return None };
            let [key, value] = pair.as_ref() else { return None };
            map(canonical(key.data_type(), zone)?, canonical(value.data_type(), zone)?)
        }
        DataType::Struct(fields) => {
            let fields: Option<Vec<_>> = fields
                .iter()
                .map(|f| Some(Field::new(f.name(), canonical(f.data_type(), zone)?, f.is_nullable())))
                .collect();
            DataType::Struct(fields?.into())
        }
        other => {
            sql_text(other)?;
            other.clone()
        }
    })
}

struct TypeParser<'a> {
    text: &'a str,
    rest: &'a str,
    zone: &'a str,
    /// How many types surround the one that is read.
    depth: usize,
}

impl<'a> TypeParser<'a> {
    fn data_type(&mut self) -> Result<DataType, SqlError> {
        let name = self.word().to_ascii_uppercase();
        Ok(match name.as_str() {
            "BOOLEAN" | "BOOL" => DataType::Boolean,
            "TINYINT" | "BYTE" => DataType::Int8,
            "SMALLINT" | "SHORT" => DataType::Int16,
            "INT" | "INTEGER" => DataType::Int32,
            "BIGINT" | "LONG" => DataType::Int64,
            "FLOAT" | "REAL" => DataType::Float32,
            "DOUBLE" => DataType::Float64,
            "DECIMAL" | "DEC" | "NUMERIC" => self.decimal()?,
            "STRING" => DataType::Utf8,
            "VARCHAR" | "CHAR" | "CHARACTER" if self.rest.starts_with('(') => {
                return Err(SqlError::new(
                    "UNSUPPORTED_FEATURE.CHAR_VARCHAR_TYPE",
                    "0A000",
                    format!("{} is not supported here; use STRING.", self.text),
                ));
            }
            "BINARY" => DataType::Binary,
            "DATE" => DataType::Date32,
            "TIMESTAMP" | "TIMESTAMP_LTZ" => timestamp(self.zone),
            "TIMESTAMP_NTZ" => timestamp_ntz(),
            "VOID" | "NULL" => DataType::Null,
            "INTERVAL" => self.interval()?,
            "ARRAY" => {
                let close = self.open()?;
                let item = self.data_type()?;
                self.expect_close(close)?;
                array(item)
            }
            "MAP" => {
                let close = self.open()?;
                let key = self.data_type()?;
                self.expect(',')?;
                let value = self.data_type()?;
                self.expect_close(close)?;
                map(key, value)
            }
            "STRUCT" => self.structure()?,
            _ => return Err(self.unsupported()),
        })
    }

    fn decimal(&mut self) -> Result<DataType, SqlError> {
        if !self.accept('(') {
            return Ok(DataType::Decimal128(10, 0));
        }
        let precision = self.number()?;
        let scale = if self.accept(',') { self.number()? } else { 0 };
        self.expect(')')?;
        if precision > u32::from(MAX_PRECISION) {
            return Err(SqlError::new(
                "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
                "22003",
                format!("Decimal precision {precision} exceeds max precision {MAX_PRECISION}."),
            ));
        }
        if scale > precision {
            return Err(SqlError::new(
                "INVALID_DECIMAL_SCALE",
                "42K0E",
                format!("Decimal scale ({scale}) cannot be greater than precision ({precision})."),
            ));
        }
        match (u8::try_from(precision), i8::try_from(scale)) {
            (Ok(precision), Ok(scale)) if precision > 0 => Ok(DataType::Decimal128(precision, scale)),
            _ => Err(self.unsupported()),
        }
    }

    fn interval(&mut self) -> Result<DataType, SqlError> {
        let from = self.word().to_ascii_uppercase();
        let rest_before = self.rest;
        let to = match self.word().to_ascii_uppercase().as_str() {
            "TO" => self.word().to_ascii_uppercase(),
            _ => {
                self.rest = rest_before;
                from.clone()
            }
        };
        const YEAR_MONTH: [&str; 2] = ["YEAR", "MONTH"];
        const DAY_TIME: [&str; 4] = ["DAY", "HOUR", "MINUTE", "SECOND"];
        let within = |units: &[&str]| {
            let at = |unit: &str| units.iter().position(|u| *u == unit);
            matches!((at(&from), at(&to)), (Some(from), Some(to)) if from <= to)
        };
        if within(&YEAR_MONTH) {
            Ok(DataType::Interval(IntervalUnit::YearMonth))
        } else if within(&DAY_TIME) {
            Ok(DataType::Duration(TimeUnit::Microsecond))
        } else {
            Err(self.unsupported())
        }
    }

    fn structure(&mut self) -> Result<DataType, SqlError> {
        let close = self.open()?;
        let mut fields = Vec::new();
        while !self.close(close) {
            if !fields.is_empty() {
                self.expect(',')?;
            }
            let name = self.name()?;
            self.accept(':');
            let data_type = self.data_type()?;
            let before = self.rest;
            let nullable = !(self.word().eq_ignore_ascii_case("NOT") && self.word().eq_ignore_ascii_case("NULL"));
            if nullable {
                self.rest = before;
            }
            fields.push(Field::new(name, data_type, nullable));
        }
        Ok(DataType::Struct(fields.into()))
    }

    fn name(&mut self) -> Result<String, SqlError> {
        let rest = self.rest;
        if let Some(mut quoted) = rest.strip_prefix('`') {
            let mut name = String::new();
            loop {
                let end = quoted.find('`').ok_or_else(|| self.unsupported())?;
                name.push_str(&quoted[..end]);
                quoted = &quoted[end + 1..];
                match quoted.strip_prefix('`') {
                    Some(rest) => (name, quoted) = (name + "`", rest),
                    None => break,
                }
            }
            self.rest = quoted.trim_start();
            return Ok(name);
        }
        match self.word() {
            "" => Err(self.unsupported()),
            word => Ok(word.to_owned()),
        }
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest;
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.rest = rest[end..].trim_start();
        &rest[..end]
    }

    fn number(&mut self) -> Result<u32, SqlError> {
        self.word().parse().map_err(|_| self.unsupported())
    }

    fn open(&mut self) -> Result<char, SqlError> {
        self.depth += 1;
        if self.depth > limits::TYPE_DEPTH {
            return Err(errors::too_complex("it has a type that is nested too deeply"));
        }
        match () {
            () if self.accept('<') => Ok('>'),
            () if self.accept('(') => Ok(')'),
            () => Err(self.unsupported()),
        }
    }

    fn close(&mut self, wanted: char) -> bool {
        let closes = self.accept(wanted);
        self.depth -= usize::from(closes);
        closes
    }

    fn accept(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect_close(&mut self, wanted: char) -> Result<(), SqlError> {
        if self.close(wanted) { Ok(()) } else { Err(self.unsupported()) }
    }

    fn expect(&mut self, wanted: char) -> Result<(), SqlError> {
        if self.accept(wanted) { Ok(()) } else { Err(self.unsupported()) }
    }

    fn unsupported(&self) -> SqlError {
        SqlError::new("UNSUPPORTED_DATATYPE", "0A000", format!("Unsupported data type \"{}\".", self.text))
    }
}
