//! SQL types as text, such as `MAP<STRING, ARRAY<DECIMAL(10,2)>>`, read as the Arrow types that the server sends for them.

use std::sync::Arc;

use arrow_schema::{DECIMAL128_MAX_PRECISION, DataType, Field, IntervalUnit, TimeUnit};

/// How many levels of fields a type may have, its own among them: as many as every reader of Arrow takes. A map has two.
pub(in crate::result) const DEEPEST: usize = 61;

/// The Arrow type of `text`; `None` when it is not a type that the kernel knows. `zone` is that of TIMESTAMP.
pub(in crate::result) fn parse(text: &str, zone: &str) -> Option<DataType> {
    let mut parser = Parser { rest: text, zone, depth: 0, is_too_deep: false };
    let parsed = parser.data_type()?;
    parser.skip_blanks();
    parser.rest.is_empty().then_some(parsed)
}

/// Whether `text` begins as a type of more than `DEEPEST` levels, which is not read.
pub(in crate::result) fn is_too_deep(text: &str) -> bool {
    let mut parser = Parser { rest: text, zone: "", depth: 0, is_too_deep: false };
    parser.data_type();
    parser.is_too_deep
}

/// DECIMAL as Arrow; `None` when there is no such DECIMAL.
pub(in crate::result) fn decimal(precision: i64, scale: i64) -> Option<DataType> {
    let precision =
        u8::try_from(precision).ok().filter(|precision| (1..=DECIMAL128_MAX_PRECISION).contains(precision))?;
    let scale = i8::try_from(scale).ok().filter(|scale| (0..=precision as i8).contains(scale))?;
    Some(DataType::Decimal128(precision, scale))
}

/// An interval's type by its units, such as `DAY TO SECOND`.
pub(in crate::result) fn interval(units: &str) -> Option<DataType> {
    parse(&format!("INTERVAL {units}"), "")
}

pub(in crate::result) fn list_of(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("element", element, true)))
}

pub(in crate::result) fn map_of(key: DataType, value: DataType) -> DataType {
    let entry = vec![Field::new("key", key, false), Field::new("value", value, true)];
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entry.into()), false)), false)
}

struct Parser<'a> {
    rest: &'a str,
    zone: &'a str,
    depth: usize,
    is_too_deep: bool,
}

impl Parser<'_> {
    fn data_type(&mut self) -> Option<DataType> {
        self.deeper()?;
        let name = self.word()?.to_ascii_uppercase();
        let parsed = match name.as_str() {
            "BOOLEAN" => DataType::Boolean,
            "TINYINT" | "BYTE" => DataType::Int8,
            "SMALLINT" | "SHORT" => DataType::Int16,
            "INT" | "INTEGER" => DataType::Int32,
            "BIGINT" | "LONG" => DataType::Int64,
            "FLOAT" | "REAL" => DataType::Float32,
            "DOUBLE" => DataType::Float64,
            "DECIMAL" | "DEC" | "NUMERIC" => self.decimal()?,
            "STRING" | "VARCHAR" | "CHAR" | "CHARACTER" | "GEOMETRY" | "GEOGRAPHY" => {
                self.arguments()?;
                if self.keyword("COLLATE") {
                    self.word()?;
                }
                DataType::Utf8
            }
            "VARIANT" => DataType::Utf8,
            "BINARY" => DataType::Binary,
            "DATE" => DataType::Date32,
            "TIMESTAMP" | "TIMESTAMP_LTZ" => DataType::Timestamp(TimeUnit::Microsecond, Some(self.zone.into())),
            "TIMESTAMP_NTZ" => DataType::Timestamp(TimeUnit::Microsecond, None),
            "VOID" | "NULL" => DataType::Null,
            "INTERVAL" => self.interval()?,
            "ARRAY" => {
                self.symbol('<').then_some(())?;
                let element = self.data_type()?;
                self.symbol('>').then_some(())?;
                list_of(element)
            }
            "MAP" => {
                self.symbol('<').then_some(())?;
                self.deeper()?;
                let key = self.data_type()?;
                self.symbol(',').then_some(())?;
                let value = self.data_type()?;
                self.symbol('>').then_some(())?;
                self.depth -= 1;
                map_of(key, value)
            }
            "STRUCT" => self.struct_of()?,
            _ => return None,
        };
        self.depth -= 1;
        Some(parsed)
    }

    /// Goes one level down, if there may be another.
    fn deeper(&mut self) -> Option<()> {
        self.depth += 1;
        self.is_too_deep |= self.depth > DEEPEST;
        (!self.is_too_deep).then_some(())
    }

    fn decimal(&mut self) -> Option<DataType> {
        let arguments = self.arguments()?;
        let mut numbers =
            arguments.split(',').filter(|text| !text.is_empty()).map(|text| text.trim().parse::<i64>().ok());
        let precision = numbers.next().unwrap_or(Some(10))?;
        let scale = numbers.next().unwrap_or(Some(0))?;
        if numbers.next().is_some() {
            return None;
        }
        decimal(precision, scale)
    }

    fn interval(&mut self) -> Option<DataType> {
        let family = |unit: &str| match unit.to_ascii_uppercase().as_str() {
            "YEAR" | "MONTH" => Some(DataType::Interval(IntervalUnit::YearMonth)),
            "DAY" | "HOUR" | "MINUTE" | "SECOND" => Some(DataType::Duration(TimeUnit::Microsecond)),
            _ => None,
        };
        let from = family(self.word()?)?;
        let to = if self.keyword("TO") { family(self.word()?)? } else { from.clone() };
        (from == to).then_some(from)
    }

    fn struct_of(&mut self) -> Option<DataType> {
        self.symbol('<').then_some(())?;
        let mut fields = Vec::new();
        if !self.symbol('>') {
            loop {
                let name = self.field_name()?;
                self.symbol(':');
                let data_type = self.data_type()?;
                if self.keyword("NOT") {
                    self.keyword("NULL").then_some(())?;
                }
                if self.keyword("COLLATE") {
                    self.word()?;
                }
                if self.keyword("COMMENT") {
                    self.quoted_text()?;
                }
                fields.push(Field::new(name, data_type, true));
                if self.symbol('>') {
                    break;
                }
                self.symbol(',').then_some(())?;
            }
        }
        Some(DataType::Struct(fields.into()))
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes `symbol` if it comes next.
    fn symbol(&mut self, symbol: char) -> bool {
        self.skip_blanks();
        let rest = self.rest.strip_prefix(symbol);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes `keyword` if it comes next, in any letter case.
    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.rest;
        if self.word().is_some_and(|word| word.eq_ignore_ascii_case(keyword)) {
            return true;
        }
        self.rest = before;
        false
    }

    fn word(&mut self) -> Option<&str> {
        self.skip_blanks();
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    /// What stands in parentheses, empty when there are none.
    fn arguments(&mut self) -> Option<String> {
        if !self.symbol('(') {
            return Some(String::new());
        }
        let (arguments, rest) = self.rest.split_once(')')?;
        self.rest = rest;
        Some(arguments.trim().to_owned())
    }

    /// A plain name up to its colon or blank, or one in backticks, which are doubled inside it.
    fn field_name(&mut self) -> Option<String> {
        if self.symbol('`') {
            return self.until_closing('`', false);
        }
        let end = self.rest.find(|c: char| c == ':' || c.is_whitespace())?;
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn quoted_text(&mut self) -> Option<String> {
        if self.symbol('\'') {
            return self.until_closing('\'', true);
        }
        self.symbol('"').then_some(())?;
        self.until_closing('"', true)
    }

    /// The text up to `quote`; a doubled quote is part of it, and with `escapes` one behind a backslash too.
    fn until_closing(&mut self, quote: char, escapes: bool) -> Option<String> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices().peekable();
        while let Some((position, character)) = characters.next() {
            if escapes && character == '\\' {
                text.push(characters.next()?.1);
            } else if character != quote {
                text.push(character);
            } else if characters.next_if(|(_, next)| *next == quote).is_some() {
                text.push(quote);
            } else {
                self.rest = &self.rest[position + quote.len_utf8()..];
                return Some(text);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn field(name: &str, data_type: DataType) -> Field {
        Field::new(name, data_type, true)
    }

    fn struct_of(fields: Vec<Field>) -> DataType {
        DataType::Struct(fields.into())
    }

    #[rstest]
    #[case("BOOLEAN", DataType::Boolean)]
    #[case("tinyint", DataType::Int8)]
    #[case("SmallInt", DataType::Int16)]
    #[case(" INT ", DataType::Int32)]
    #[case("BIGINT", DataType::Int64)]
    #[case("FLOAT", DataType::Float32)]
    #[case("DOUBLE", DataType::Float64)]
    #[case("DECIMAL", DataType::Decimal128(10, 0))]
    #[case("DECIMAL(38)", DataType::Decimal128(38, 0))]
    #[case("decimal( 12 , 3 )", DataType::Decimal128(12, 3))]
    #[case("STRING", DataType::Utf8)]
    #[case("STRING COLLATE UTF8_LCASE", DataType::Utf8)]
    #[case("VARCHAR(20)", DataType::Utf8)]
    #[case("BINARY", DataType::Binary)]
    #[case("DATE", DataType::Date32)]
    #[case("TIMESTAMP", DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Lisbon".into())))]
    #[case("TIMESTAMP_NTZ", DataType::Timestamp(TimeUnit::Microsecond, None))]
    #[case("VOID", DataType::Null)]
    #[case("VARIANT", DataType::Utf8)]
    #[case("GEOMETRY(4326)", DataType::Utf8)]
    #[case("GEOGRAPHY(ANY)", DataType::Utf8)]
    #[case("INTERVAL YEAR", DataType::Interval(IntervalUnit::YearMonth))]
    #[case("interval year to month", DataType::Interval(IntervalUnit::YearMonth))]
    #[case("INTERVAL MINUTE", DataType::Duration(TimeUnit::Microsecond))]
    #[case("INTERVAL DAY TO SECOND", DataType::Duration(TimeUnit::Microsecond))]
    #[case("ARRAY<INT>", list_of(DataType::Int32))]
    #[case("array < array<decimal(4,2)> >", list_of(list_of(DataType::Decimal128(4, 2))))]
    #[case("MAP<STRING, MAP<INT,DATE>>", map_of(DataType::Utf8, map_of(DataType::Int32, DataType::Date32)))]
    #[case("STRUCT<>", struct_of(vec![]))]
    #[case("STRUCT<a: STRING, b: INT>", struct_of(vec![field("a", DataType::Utf8), field("b", DataType::Int32)]))]
    #[case("STRUCT<a STRING>", struct_of(vec![field("a", DataType::Utf8)]))]
    #[case("STRUCT<a: INT NOT NULL COMMENT 'it''s <b>, \\'c\\'', d: INTERVAL DAY>", struct_of(vec![field("a", DataType::Int32), field("d", DataType::Duration(TimeUnit::Microsecond))]))]
    #[case("STRUCT<`a``b: c>`: ARRAY<STRING>, größe: INT>", struct_of(vec![field("a`b: c>", list_of(DataType::Utf8)), field("größe", DataType::Int32)]))]
    fn parse_of_a_type_gives_its_arrow_type(#[case] text: &str, #[case] expected: DataType) {
        assert_eq!(parse(text, "Europe/Lisbon"), Some(expected));
    }

    #[rstest]
    #[case("")]
    #[case("HYPERLOGLOG")]
    #[case("INT INT")]
    #[case("ARRAY")]
    #[case("ARRAY<INT")]
    #[case("ARRAY<INT>>")]
    #[case("MAP<INT>")]
    #[case("STRUCT<a>")]
    #[case("STRUCT<a: INT,>")]
    #[case("STRUCT<`a: INT>")]
    #[case("DECIMAL(39,0)")]
    #[case("DECIMAL(4,5)")]
    #[case("DECIMAL(1,2,3)")]
    #[case("DECIMAL(x)")]
    #[case("DECIMAL(4")]
    #[case("INTERVAL")]
    #[case("INTERVAL YEAR TO SECOND")]
    fn parse_of_anything_else_gives_none(#[case] text: &str) {
        assert_eq!(parse(text, "UTC"), None);
    }

    fn nested(open: &str, times: usize) -> String {
        format!("{}INT{}", open.repeat(times), ">".repeat(times))
    }

    #[rstest]
    #[case::array("ARRAY<", DEEPEST - 1)]
    #[case::structure("STRUCT<a: ", DEEPEST - 1)]
    #[case::map("MAP<INT, ", (DEEPEST - 1) / 2)]
    fn a_type_is_read_up_to_its_deepest_level(#[case] open: &str, #[case] times: usize) {
        let deepest = nested(open, times);
        assert!(parse(&deepest, "UTC").is_some() && !is_too_deep(&deepest));
        let deeper = nested(open, times + 1);
        assert!(parse(&deeper, "UTC").is_none() && is_too_deep(&deeper));
        assert!(is_too_deep(&open.repeat(100_000)));
        // Beside one another they are no deeper.
        let wide = format!("STRUCT<{}a: INT>", "a: MAP<INT, ARRAY<INT>>, ".repeat(100));
        assert!(parse(&wide, "UTC").is_some());
    }

    proptest::proptest! {
        #[test]
        fn parse_of_any_text_never_panics(text in "(?i)[a-z<>:,`'()é \\\\0-9]{0,60}") {
            let _ = parse(&text, "UTC");
            let _ = parse(&format!("STRUCT<{text}>"), "UTC");
        }
    }
}
