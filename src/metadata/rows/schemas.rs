//! `SHOW SCHEMAS`, by catalog and name.

use arrow_array::RecordBatch;

use super::{CATALOG, Filter, SCHEMA, batch, name, text};
use crate::error::Result;
use crate::metadata::answer::Answer;

pub(super) fn shape(answer: &Answer, schemas: &Filter) -> Result<RecordBatch> {
    let (catalog, schema) = (answer.catalog(&CATALOG), answer.required(&SCHEMA)?);
    let mut rows = answer.rows();
    rows.retain(|row| schemas.keeps(schema.text(*row)));
    rows.sort_by(|a, b| catalog.text(*a).cmp(&catalog.text(*b)).then_with(|| schema.name(*a).cmp(&schema.name(*b))));
    batch([name("TABLE_SCHEM", &rows, |row| schema.name(row)), text("TABLE_CATALOG", &rows, |row| catalog.text(row))])
}
