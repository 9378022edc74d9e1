use arrow_schema::{DataType, IntervalUnit};

use super::ZONE;
use crate::result::schema::type_text::parse;

/// A type of SQL as text. What is read as a type and written again is read as the same type.
pub fn type_text(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Some(read) = parse(text, ZONE) else { return };
    let written = text_of(&read);
    assert_eq!(parse(&written, ZONE), Some(read), "{written}");
}

fn text_of(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Int8 => "TINYINT".to_owned(),
        DataType::Int16 => "SMALLINT".to_owned(),
        DataType::Int32 => "INT".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::Float32 => "FLOAT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision},{scale})"),
        DataType::Utf8 => "STRING".to_owned(),
        DataType::Binary => "BINARY".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP".to_owned(),
        DataType::Timestamp(_, None) => "TIMESTAMP_NTZ".to_owned(),
        DataType::Null => "VOID".to_owned(),
        DataType::Interval(IntervalUnit::YearMonth) => "INTERVAL YEAR TO MONTH".to_owned(),
        DataType::Duration(_) => "INTERVAL DAY TO SECOND".to_owned(),
        DataType::List(element) => format!("ARRAY<{}>", text_of(element.data_type())),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => {
                format!("MAP<{}, {}>", text_of(fields[0].data_type()), text_of(fields[1].data_type()))
            }
            other => panic!("a map of {other}"),
        },
        DataType::Struct(fields) => {
            let field = |field: &arrow_schema::FieldRef| {
                format!("`{}`: {}", field.name().replace('`', "``"), text_of(field.data_type()))
            };
            format!("STRUCT<{}>", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        other => panic!("no type of SQL is {other}"),
    }
}
