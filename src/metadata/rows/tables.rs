//! `SHOW TABLES`, by type, catalog, schema and name.

use std::borrow::Cow;

use arrow_array::RecordBatch;

use super::{CATALOG, Filter, SCHEMA, batch, name, text, unused_text};
use crate::error::Result;
use crate::metadata::answer::Answer;

pub(super) fn shape(
    answer: &Answer,
    schemas: &Filter,
    tables: &Filter,
    types: Option<&[String]>,
) -> Result<RecordBatch> {
    let (catalog, schema) = (answer.catalog(&CATALOG), answer.column(&SCHEMA));
    let table = answer.required(&["tableName"])?;
    let (table_type, remarks) = (answer.column(&["tableType"]), answer.column(&["remarks"]));
    // Tables of the Hive metastore come without a type.
    let type_of = |row| table_type.text(row).filter(|text| !text.is_empty()).unwrap_or(Cow::Borrowed("TABLE"));
    let mut rows = answer.rows();
    rows.retain(|row| {
        schemas.keeps(schema.text(*row))
            && tables.keeps(table.text(*row))
            && types.is_none_or(|types| types.iter().any(|wanted| wanted.eq_ignore_ascii_case(&type_of(*row))))
    });
    rows.sort_by(|a, b| {
        type_of(*a)
            .cmp(&type_of(*b))
            .then_with(|| catalog.text(*a).cmp(&catalog.text(*b)))
            .then_with(|| schema.text(*a).cmp(&schema.text(*b)))
            .then_with(|| table.name(*a).cmp(&table.name(*b)))
    });
    batch([
        text("TABLE_CAT", &rows, |row| catalog.text(row)),
        text("TABLE_SCHEM", &rows, |row| schema.text(row)),
        name("TABLE_NAME", &rows, |row| table.name(row)),
        name("TABLE_TYPE", &rows, type_of),
        text("REMARKS", &rows, |row| Some(remarks.name(row))),
        unused_text("TYPE_CAT", &rows),
        unused_text("TYPE_SCHEM", &rows),
        unused_text("TYPE_NAME", &rows),
        unused_text("SELF_REFERENCING_COL_NAME", &rows),
        unused_text("REF_GENERATION", &rows),
    ])
}
