//! `SHOW KEYS`, by column name.

use arrow_array::RecordBatch;
use arrow_array::types::Int32Type;

use super::{CATALOG, SCHEMA, batch, name, number, text};
use crate::error::Result;
use crate::metadata::answer::Answer;

pub(super) fn shape(answer: &Answer) -> Result<RecordBatch> {
    let (catalog, schema) = (answer.catalog(&CATALOG), answer.column(&SCHEMA));
    let (table, column) = (answer.required(&["tableName"])?, answer.required(&["col_name", "columnName"])?);
    let (position, key) = (answer.column(&["keySeq"]), answer.column(&["constraintName"]));
    let mut rows = answer.rows();
    rows.sort_by(|a, b| column.name(*a).cmp(&column.name(*b)));
    batch([
        text("TABLE_CAT", &rows, |row| catalog.text(row)),
        text("TABLE_SCHEM", &rows, |row| schema.text(row)),
        name("TABLE_NAME", &rows, |row| table.name(row)),
        name("COLUMN_NAME", &rows, |row| column.name(row)),
        number::<Int32Type>("KEY_SEQ", &rows, |row| position.number(row)),
        text("PK_NAME", &rows, |row| key.text(row)),
    ])
}
