//! The SQL types of Arrow fields, as text.

use arrow_schema::{DataType, Field, IntervalUnit};

use super::types::field_name;

/// The field metadata key whose value is the SQL type's text where the Arrow type says less (`VARIANT`,
/// `INTERVAL HOUR`).
pub const SQL_TYPE_KEY: &str = "databricks.sql_type";

/// The SQL type of a field as the reference writes it: `DECIMAL(10,2)`, `ARRAY<INT>`, `MAP<STRING, INT>`,
/// `STRUCT<a: INT>`. Types that SQL does not have are named as Arrow names them.
pub fn sql_type_text(field: &Field) -> String {
    Spelling { lower_case: false, blank: " " }.field(field)
}

/// The same type as DESCRIBE writes it: `decimal(10,2)`, `array<int>`, `map<string,int>`, `struct<a:int>`.
pub fn simple_type_text(field: &Field) -> String {
    Spelling { lower_case: true, blank: "" }.field(field)
}

#[derive(Debug, Clone, Copy)]
struct Spelling {
    lower_case: bool,
    blank: &'static str,
}

impl Spelling {
    fn field(self, field: &Field) -> String {
        match field.metadata().get(SQL_TYPE_KEY) {
            Some(text) => self.word(text),
            None => self.data_type(field.data_type()),
        }
    }

    fn data_type(self, data_type: &DataType) -> String {
        match data_type {
            DataType::Null => self.word("VOID"),
            DataType::Boolean => self.word("BOOLEAN"),
            DataType::Int8 => self.word("TINYINT"),
            DataType::Int16 | DataType::UInt8 => self.word("SMALLINT"),
            DataType::Int32 | DataType::UInt16 => self.word("INT"),
            DataType::Int64 | DataType::UInt32 => self.word("BIGINT"),
            DataType::UInt64 => self.word("DECIMAL(20,0)"),
            DataType::Float16 | DataType::Float32 => self.word("FLOAT"),
            DataType::Float64 => self.word("DOUBLE"),
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal128(precision, scale)
            | DataType::Decimal256(precision, scale) => self.word(&format!("DECIMAL({precision},{scale})")),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => self.word("STRING"),
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                self.word("BINARY")
            }
            DataType::Date32 | DataType::Date64 => self.word("DATE"),
            DataType::Timestamp(_, Some(_)) => self.word("TIMESTAMP"),
            DataType::Timestamp(_, None) => self.word("TIMESTAMP_NTZ"),
            DataType::Interval(IntervalUnit::YearMonth) => self.word("INTERVAL YEAR TO MONTH"),
            DataType::Interval(_) | DataType::Duration(_) => self.word("INTERVAL DAY TO SECOND"),
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::ListView(item)
            | DataType::LargeListView(item)
            | DataType::FixedSizeList(item, _) => format!("{}<{}>", self.word("ARRAY"), self.field(item)),
            DataType::Map(entries, _) => self.map(entries),
            DataType::Struct(fields) => {
                let blank = self.blank;
                let name = |field: &'_ Field| match self.lower_case {
                    true => field.name().clone(),
                    false => field_name(field.name()).into_owned(),
                };
                let fields = fields.iter().map(|field| format!("{}:{blank}{}", name(field), self.field(field)));
                format!("{}<{}>", self.word("STRUCT"), fields.collect::<Vec<_>>().join(&format!(",{blank}")))
            }
            DataType::Dictionary(_, value) => self.data_type(value),
            DataType::RunEndEncoded(_, value) => self.field(value),
            other => self.word(&other.to_string().to_uppercase()),
        }
    }

    fn map(self, entries: &Field) -> String {
        match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => {
                let (key, value) = (self.field(&pair[0]), self.field(&pair[1]));
                format!("{}<{key},{}{value}>", self.word("MAP"), self.blank)
            }
            other => self.data_type(other),
        }
    }

    fn word(self, text: &str) -> String {
        match text.split_once(" COLLATE ") {
            _ if !self.lower_case => text.to_owned(),
            // A collation's name is no word of the language.
            Some((word, collation)) => format!("{} collate {collation}", word.to_lowercase()),
            None => text.to_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_schema::{Fields, TimeUnit};
    use rstest::rstest;

    use super::*;

    fn field(name: &str, data_type: DataType) -> Field {
        Field::new(name, data_type, true)
    }

    #[rstest]
    #[case(DataType::Int64, "BIGINT")]
    #[case(DataType::Decimal128(18, 2), "DECIMAL(18,2)")]
    #[case(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), "TIMESTAMP")]
    #[case(DataType::Timestamp(TimeUnit::Nanosecond, None), "TIMESTAMP_NTZ")]
    #[case(DataType::List(Arc::new(field("item", DataType::Decimal128(10, 2)))), "ARRAY<DECIMAL(10,2)>")]
    #[case(
        DataType::Struct(Fields::from(vec![field("a", DataType::Utf8View), field("b", DataType::Int32)])),
        "STRUCT<a: STRING, b: INT>"
    )]
    #[case(
        DataType::Map(
            Arc::new(field("entries", DataType::Struct(Fields::from(vec![
                field("key", DataType::Utf8),
                field("value", DataType::Null),
            ])))),
            false,
        ),
        "MAP<STRING, VOID>"
    )]
    fn type_text_of_an_arrow_type_is_the_sql_spelling(#[case] data_type: DataType, #[case] text: &str) {
        let field = field("c", data_type);
        assert_eq!(sql_type_text(&field), text);
        assert_eq!(simple_type_text(&field), text.to_lowercase().replace(' ', ""));
    }

    #[test]
    fn sql_type_text_with_metadata_prefers_it() {
        let variant =
            field("v", DataType::Utf8).with_metadata([(SQL_TYPE_KEY.to_owned(), "VARIANT".to_owned())].into());
        let list = field("l", DataType::List(Arc::new(variant)));
        assert_eq!(sql_type_text(&list), "ARRAY<VARIANT>");
    }
}
