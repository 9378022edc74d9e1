//! What the server answered, read by column name and leniently: names in any letter case, columns that may be missing, numbers as text.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use crate::error::{Error, Result};

/// The answers to one question, asked in one catalog or several.
#[derive(Default)]
pub(super) struct Answer {
    parts: Vec<Part>,
}

struct Part {
    /// The catalog that was asked, for answers that do not repeat it.
    catalog: Option<Arc<str>>,
    batch: RecordBatch,
}

/// One row of an answer.
#[derive(Clone, Copy)]
pub(super) struct Row {
    part: usize,
    row: usize,
}

/// One column of an answer; in a part that does not have it, all values are unknown.
pub(super) struct Column<'a>(Vec<Option<&'a ArrayRef>>);

/// Where the rows' catalogs are written.
pub(super) struct Catalog<'a> {
    answer: &'a Answer,
    column: Column<'a>,
}

impl Answer {
    pub(super) fn add(&mut self, catalog: Option<&str>, batches: Vec<RecordBatch>) {
        let catalog: Option<Arc<str>> = catalog.map(Arc::from);
        self.parts.extend(batches.into_iter().map(|batch| Part { catalog: catalog.clone(), batch }));
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        let parts = self.parts.iter().enumerate();
        parts.flat_map(|(part, Part { batch, .. })| (0..batch.num_rows()).map(move |row| Row { part, row })).collect()
    }

    /// The column with the first of these names that is there.
    pub(super) fn column(&self, names: &[&str]) -> Column<'_> {
        let find = |batch: &RecordBatch| {
            let schema = batch.schema();
            names
                .iter()
                .find_map(|name| schema.fields().iter().position(|field| field.name().eq_ignore_ascii_case(name)))
        };
        Column(self.parts.iter().map(|part| find(&part.batch).map(|at| part.batch.column(at))).collect())
    }

    /// As `column`; without it the answer is useless. Errors: `DataLoss`.
    pub(super) fn required(&self, names: &[&str]) -> Result<Column<'_>> {
        let column = self.column(names);
        if column.0.iter().any(Option::is_none) {
            let details = format!("the server's answer about metadata has no column {}", names.join(" or "));
            return Err(Error::data_loss(details));
        }
        Ok(column)
    }

    /// The rows' catalogs: out of the column with one of these names, else the one that was asked.
    pub(super) fn catalog(&self, names: &[&str]) -> Catalog<'_> {
        Catalog { answer: self, column: self.column(names) }
    }

    /// The first value of the first column.
    pub(super) fn first_text(&self) -> Option<String> {
        let batch = &self.parts.iter().find(|part| part.batch.num_rows() > 0)?.batch;
        text(batch.columns().first()?, 0).map(Cow::into_owned)
    }
}

impl Catalog<'_> {
    pub(super) fn text(&self, row: Row) -> Option<Cow<'_, str>> {
        self.column.text(row).or_else(|| self.answer.parts[row.part].catalog.as_deref().map(Cow::Borrowed))
    }
}

impl Column<'_> {
    pub(super) fn text(&self, row: Row) -> Option<Cow<'_, str>> {
        text(self.0[row.part]?, row.row)
    }

    /// Text that may not be missing; then it is empty.
    pub(super) fn name(&self, row: Row) -> Cow<'_, str> {
        self.text(row).unwrap_or_default()
    }

    pub(super) fn number<T: TryFrom<i64>>(&self, row: Row) -> Option<T> {
        let number: i64 = self.text(row)?.trim().parse().ok()?;
        T::try_from(number).ok()
    }
}

fn text(array: &ArrayRef, row: usize) -> Option<Cow<'_, str>> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).into(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).into(),
        DataType::Utf8View => array.as_string_view().value(row).into(),
        DataType::Boolean => array.as_boolean().value(row).to_string().into(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string().into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string().into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string().into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string().into(),
        _ => return None,
    })
}
