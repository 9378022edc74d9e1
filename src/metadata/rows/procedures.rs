//! The procedures of `information_schema.routines`, by catalog, schema, name and specific name.

use arrow_array::RecordBatch;
use arrow_array::types::Int16Type;

use super::{batch, name, number, text, unused_text};
use crate::error::Result;
use crate::metadata::answer::Answer;

/// `procedureNoResult` of JDBC.
const NO_RESULT: i16 = 1;

pub(super) fn shape(answer: &Answer) -> Result<RecordBatch> {
    let (catalog, schema) = (answer.catalog(&["routine_catalog"]), answer.column(&["routine_schema"]));
    let procedure = answer.required(&["routine_name"])?;
    let (remarks, specific) = (answer.column(&["comment"]), answer.column(&["specific_name"]));
    let mut rows = answer.rows();
    rows.sort_by(|a, b| {
        catalog
            .text(*a)
            .cmp(&catalog.text(*b))
            .then_with(|| schema.text(*a).cmp(&schema.text(*b)))
            .then_with(|| procedure.name(*a).cmp(&procedure.name(*b)))
            .then_with(|| specific.text(*a).cmp(&specific.text(*b)))
    });
    batch([
        text("PROCEDURE_CAT", &rows, |row| catalog.text(row)),
        text("PROCEDURE_SCHEM", &rows, |row| schema.text(row)),
        name("PROCEDURE_NAME", &rows, |row| procedure.name(row)),
        unused_text("RESERVED1", &rows),
        unused_text("RESERVED2", &rows),
        unused_text("RESERVED3", &rows),
        text("REMARKS", &rows, |row| remarks.text(row)),
        number::<Int16Type>("PROCEDURE_TYPE", &rows, |_| Some(NO_RESULT)),
        text("SPECIFIC_NAME", &rows, |row| specific.text(row)),
    ])
}
