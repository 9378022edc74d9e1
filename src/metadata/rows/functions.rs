//! `SHOW FUNCTIONS`, by catalog, schema, name and specific name.

use arrow_array::RecordBatch;
use arrow_array::types::Int16Type;

use super::{CATALOG, Filter, SCHEMA, batch, name, number, text};
use crate::error::Result;
use crate::metadata::answer::Answer;

pub(super) fn shape(answer: &Answer, schemas: &Filter, functions: &Filter) -> Result<RecordBatch> {
    let (catalog, schema) = (answer.catalog(&CATALOG), answer.column(&SCHEMA));
    let function = answer.required(&["functionName", "function"])?;
    let (remarks, kind) = (answer.column(&["remarks"]), answer.column(&["functionType"]));
    let specific = answer.column(&["specificName"]);
    let mut rows = answer.rows();
    rows.retain(|row| schemas.keeps(schema.text(*row)) && functions.keeps(function.text(*row)));
    rows.sort_by(|a, b| {
        catalog
            .text(*a)
            .cmp(&catalog.text(*b))
            .then_with(|| schema.text(*a).cmp(&schema.text(*b)))
            .then_with(|| function.name(*a).cmp(&function.name(*b)))
            .then_with(|| specific.text(*a).cmp(&specific.text(*b)))
    });
    batch([
        text("FUNCTION_CAT", &rows, |row| catalog.text(row)),
        text("FUNCTION_SCHEM", &rows, |row| schema.text(row)),
        name("FUNCTION_NAME", &rows, |row| function.name(row)),
        text("REMARKS", &rows, |row| remarks.text(row)),
        number::<Int16Type>("FUNCTION_TYPE", &rows, |row| kind.number(row)),
        text("SPECIFIC_NAME", &rows, |row| specific.text(row)),
    ])
}
