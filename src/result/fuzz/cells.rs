use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, DecimalType as _, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::ipc::rows_of_arrow;
use super::layout_of;
use crate::result::decode::json::chunk;
use crate::result::decode::rewrite::Rewrites;
use crate::result::defect::Defect;
use crate::result::{ChunkData, ResultConfig, decode};
use crate::sea::wire::Format;

/// A type of SQL on the first line, then the cells of a column of that type, of which `\N` is NULL. Each is read as the
/// value that it says, or refused; and what is read and written as JSON is read as the same again.
pub fn cells(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let mut lines = input.split('\n');
    let layout = layout_of(&lines.next().unwrap_or_default().replace(';', ""), false, Format::JsonArray);
    let schema = &layout.labels.of_text().unwrap().sent_schema;
    let cells: Vec<Option<String>> = lines.map(|cell| (cell != "\\N").then(|| cell.to_owned())).collect();
    let read = match chunk(cells.iter().map(|cell| vec![cell.clone()]).collect(), schema, None) {
        Ok(read) => read,
        Err(Defect::Foreign(details)) => return assert!(details.contains("is not a value of type"), "{details}"),
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(rows_of_arrow(read.stream.as_slice()).expect("it was written by arrow-rs"), cells.len());
    let column = column(&read);
    for (row, cell) in cells.iter().enumerate() {
        assert!(column.data_type() == &DataType::Null || column.is_null(row) == cell.is_none(), "row {row}");
        if let Some(cell) = cell {
            assert!(says(cell, column.as_ref(), row), "{cell:?} is read as something else");
        }
    }
    check_again(column, schema.field(0));
}

fn column(chunk: &ChunkData) -> Arc<dyn Array> {
    Arc::clone(decode(chunk).unwrap()[0].column(0))
}

/// Whether a cell says this value, as far as that can be told by other means than those it was read with.
fn says(cell: &str, column: &dyn Array, row: usize) -> bool {
    let is = |value: i64| cell.trim().parse() == Ok(value);
    match column.data_type() {
        DataType::Boolean => cell.eq_ignore_ascii_case(&column.as_boolean().value(row).to_string()),
        DataType::Int8 => is(column.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => is(column.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => is(column.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => is(column.as_primitive::<Int64Type>().value(row)),
        DataType::Utf8 => column.as_string::<i32>().value(row) == cell,
        DataType::Binary => {
            let hex = column.as_binary::<i32>().value(row).iter().map(|byte| format!("{byte:02x}"));
            hex.collect::<String>() == cell.to_ascii_lowercase()
        }
        DataType::Decimal128(precision, scale) => {
            let value = column.as_primitive::<Decimal128Type>().value(row);
            number(&Decimal128Type::format_decimal(value, *precision, *scale)) == number(cell.trim())
        }
        _ => true,
    }
}

/// A decimal in one spelling: its digits without zeros around them, the power of ten of the last one, and whether it is
/// below zero.
fn number(text: &str) -> (String, i64, bool) {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (negative, digits) = (digits.starts_with('-'), digits.trim_start_matches(['-', '+']));
    let fraction = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let digits = digits.replace('.', "");
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return (String::new(), 0, false);
    }
    let exponent = exponent.parse::<i64>().unwrap() - fraction as i64 + (digits.len() - significant.len()) as i64;
    (significant.trim_start_matches('0').to_owned(), exponent, negative)
}

/// Writes a column as JSON, one object a row, and reads that: it is written the same again. Inside JSON, BINARY is
/// written as base64 and read as hexadecimal digits.
fn check_again(column: Arc<dyn Array>, field: &Field) {
    if field.data_type().to_string().contains("Binary") {
        return;
    }
    let objects = StructArray::from(vec![(Arc::new(field.clone()), column)]);
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("c", objects.data_type().clone(), true)]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(objects)]).unwrap();
    let Some(texts) = written(&ChunkData::encode(&schema, &[batch]).unwrap(), &schema) else { return };
    let rows = texts.iter().map(|text| vec![text.clone()]).collect();
    let again = chunk(rows, &schema, None).unwrap_or_else(|defect| panic!("{defect}: {texts:?}"));
    assert_eq!(written(&again, &schema), Some(texts));
}

/// The rows as JSON; `None` where a time is beyond the calendar. Not in a zone of the past, whose offsets had seconds
/// that no text shows.
fn written(chunk: &ChunkData, schema: &SchemaRef) -> Option<Vec<Option<String>>> {
    let config = ResultConfig { complex_types_as_json: true, ..ResultConfig::default() };
    let rewrites = Rewrites::new(schema, &config, "UTC");
    let texts = column(&rewrites.apply(chunk, &rewrites.schema(schema)).ok()?);
    Some(texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect())
}
