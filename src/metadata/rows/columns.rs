//! `SHOW COLUMNS`, by catalog, schema, table and position.

use std::sync::Arc;

use arrow_array::types::{Int8Type, Int16Type, Int32Type};
use arrow_array::{Int32Array, RecordBatch};
use arrow_schema::{DataType as ArrowType, Field};

use super::data_type::DataType;
use super::{CATALOG, Filter, SCHEMA, batch, name, number, text, unused, unused_text};
use crate::error::Result;
use crate::metadata::answer::{Answer, Row};

/// `NULLABLE` and `IS_NULLABLE` of JDBC.
const NOT_NULL: (i32, &str) = (0, "NO");
const MAY_BE_NULL: (i32, &str) = (1, "YES");
const UNKNOWN: (i32, &str) = (2, "");

pub(super) fn shape(answer: &Answer, schemas: &Filter, tables: &Filter, columns: &Filter) -> Result<RecordBatch> {
    let (catalog, schema) = (answer.catalog(&CATALOG), answer.column(&SCHEMA));
    let (table, column) = (answer.required(&["tableName"])?, answer.required(&["col_name", "columnName"])?);
    let (type_text, position) = (answer.required(&["columnType"])?, answer.column(&["ordinalPosition"]));
    let (size, digits, radix) =
        (answer.column(&["columnSize"]), answer.column(&["decimalDigits"]), answer.column(&["radix"]));
    let (nullable, increment) = (answer.column(&["isNullable"]), answer.column(&["isAutoIncrement"]));
    let remarks = answer.column(&["remarks"]);

    let nullability = |row| match nullable.text(row) {
        Some(text) if text.eq_ignore_ascii_case("true") => MAY_BE_NULL,
        Some(text) if text.eq_ignore_ascii_case("false") => NOT_NULL,
        _ => UNKNOWN,
    };
    let increments = |row| if increment.name(row).eq_ignore_ascii_case("YES") { "YES" } else { "NO" };
    let type_of = |row| DataType::of(&type_text.name(row));

    let mut rows = answer.rows();
    rows.retain(|row| {
        schemas.keeps(schema.text(*row)) && tables.keeps(table.text(*row)) && columns.keeps(column.text(*row))
    });
    rows.sort_by(|a, b| {
        catalog
            .text(*a)
            .cmp(&catalog.text(*b))
            .then_with(|| schema.text(*a).cmp(&schema.text(*b)))
            .then_with(|| table.name(*a).cmp(&table.name(*b)))
            .then_with(|| position.number::<i32>(*a).cmp(&position.number(*b)))
    });
    batch([
        text("TABLE_CAT", &rows, |row| catalog.text(row)),
        text("TABLE_SCHEM", &rows, |row| schema.text(row)),
        name("TABLE_NAME", &rows, |row| table.name(row)),
        name("COLUMN_NAME", &rows, |row| column.name(row)),
        required_number("DATA_TYPE", &rows, |row| type_of(row).code()),
        name("TYPE_NAME", &rows, |row| type_text.name(row)),
        number::<Int32Type>("COLUMN_SIZE", &rows, |row| size.number(row).or_else(|| type_of(row).size())),
        unused::<Int8Type>("BUFFER_LENGTH", &rows),
        number::<Int32Type>("DECIMAL_DIGITS", &rows, |row| digits.number(row).or_else(|| type_of(row).scale())),
        number::<Int32Type>("NUM_PREC_RADIX", &rows, |row| radix.number(row).or_else(|| type_of(row).radix())),
        required_number("NULLABLE", &rows, |row| nullability(row).0),
        text("REMARKS", &rows, |row| Some(remarks.name(row))),
        unused_text("COLUMN_DEF", &rows),
        unused::<Int32Type>("SQL_DATA_TYPE", &rows),
        unused::<Int32Type>("SQL_DATETIME_SUB", &rows),
        unused::<Int32Type>("CHAR_OCTET_LENGTH", &rows),
        number::<Int32Type>("ORDINAL_POSITION", &rows, |row| position.number(row)),
        name("IS_NULLABLE", &rows, |row| nullability(row).1),
        unused_text("SCOPE_CATALOG", &rows),
        unused_text("SCOPE_SCHEMA", &rows),
        unused_text("SCOPE_TABLE", &rows),
        unused::<Int16Type>("SOURCE_DATA_TYPE", &rows),
        name("IS_AUTO_INCREMENT", &rows, increments),
    ])
}

fn required_number(name: &str, rows: &[Row], value: impl Fn(Row) -> i32) -> super::ShapeColumn {
    let array: Int32Array = rows.iter().map(|row| Some(value(*row))).collect();
    (Field::new(name, ArrowType::Int32, false), Arc::new(array))
}
