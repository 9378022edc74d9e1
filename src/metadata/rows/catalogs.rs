//! `SHOW CATALOGS`, by name.

use arrow_array::RecordBatch;

use super::{batch, text};
use crate::error::Result;
use crate::metadata::answer::Answer;

const COLUMN: [&str; 2] = ["catalog", "catalogName"];

pub(super) fn shape(answer: &Answer) -> Result<RecordBatch> {
    let catalog = answer.required(&COLUMN)?;
    let mut rows = answer.rows();
    rows.sort_by(|a, b| catalog.text(*a).cmp(&catalog.text(*b)));
    batch([text("TABLE_CAT", &rows, |row| catalog.text(row))])
}

/// The names alone.
pub(in crate::metadata) fn catalog_names(answer: &Answer) -> Result<Vec<String>> {
    let catalog = answer.required(&COLUMN)?;
    Ok(answer.rows().into_iter().map(|row| catalog.name(row).into_owned()).collect())
}
