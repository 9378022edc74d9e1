//! `SHOW FOREIGN KEYS`, by the parent's names and the position in the key.

use arrow_array::RecordBatch;
use arrow_array::types::{Int16Type, Int32Type};

use super::{CATALOG, SCHEMA, batch, name, number, text, unused_text};
use crate::error::Result;
use crate::metadata::answer::Answer;
use crate::metadata::pattern::same_name;

/// `parents` are the catalog, schema and table that the keys must point to, in any letter case; absent for all.
pub(super) fn shape(answer: &Answer, parents: [Option<&str>; 3]) -> Result<RecordBatch> {
    let parent_catalog = answer.column(&["parentCatalogName"]);
    let parent_schema = answer.column(&["parentNamespace"]);
    let parent_table = answer.required(&["parentTableName"])?;
    let parent_column = answer.required(&["parentColName"])?;
    let (catalog, schema) = (answer.catalog(&CATALOG), answer.column(&SCHEMA));
    let (table, column) = (answer.required(&["tableName"])?, answer.required(&["col_name"])?);
    let (key, position) = (answer.column(&["constraintName"]), answer.column(&["keySeq"]));
    let (updates, deletes) = (answer.column(&["updateRule"]), answer.column(&["deleteRule"]));
    let deferrability = answer.column(&["deferrability"]);

    let mut rows = answer.rows();
    rows.retain(|row| {
        [&parent_catalog, &parent_schema, &parent_table]
            .into_iter()
            .zip(parents)
            .all(|(column, wanted)| wanted.is_none_or(|wanted| same_name(&column.name(*row), wanted)))
    });
    rows.sort_by(|a, b| {
        parent_catalog
            .text(*a)
            .cmp(&parent_catalog.text(*b))
            .then_with(|| parent_schema.text(*a).cmp(&parent_schema.text(*b)))
            .then_with(|| parent_table.name(*a).cmp(&parent_table.name(*b)))
            .then_with(|| key.text(*a).cmp(&key.text(*b)))
            .then_with(|| position.number::<i32>(*a).cmp(&position.number(*b)))
    });
    batch([
        text("PKTABLE_CAT", &rows, |row| parent_catalog.text(row)),
        text("PKTABLE_SCHEM", &rows, |row| parent_schema.text(row)),
        name("PKTABLE_NAME", &rows, |row| parent_table.name(row)),
        name("PKCOLUMN_NAME", &rows, |row| parent_column.name(row)),
        text("FKTABLE_CAT", &rows, |row| catalog.text(row)),
        text("FKTABLE_SCHEM", &rows, |row| schema.text(row)),
        name("FKTABLE_NAME", &rows, |row| table.name(row)),
        name("FKCOLUMN_NAME", &rows, |row| column.name(row)),
        number::<Int32Type>("KEY_SEQ", &rows, |row| position.number(row)),
        number::<Int16Type>("UPDATE_RULE", &rows, |row| updates.number(row)),
        number::<Int16Type>("DELETE_RULE", &rows, |row| deletes.number(row)),
        text("FK_NAME", &rows, |row| key.text(row)),
        unused_text("PK_NAME", &rows),
        number::<Int16Type>("DEFERRABILITY", &rows, |row| deferrability.number(row)),
    ])
}
