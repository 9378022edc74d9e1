//! Results in the types of the reference.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use futures::{StreamExt, stream};

use super::folded::DECLARED_NAME;
use super::literals::SQL_TYPE;
use super::rewrite::{DUPLICATE_MARK, fold};
use super::{errors, types};
use crate::engine::{Answer, Column, SqlError};

/// The answer of a statement that answers nothing.
pub(super) fn nothing() -> Answer {
    Answer { columns: vec![], batches: stream::empty().boxed() }
}

/// An answer of one row with BIGINT columns.
pub(super) fn counts(columns: &[(&str, i64)]) -> Result<Answer, SqlError> {
    let fields: Vec<Field> = columns.iter().map(|(name, _)| Field::new(*name, DataType::Int64, true)).collect();
    let values =
        columns.iter().map(|(_, n)| Arc::new(datafusion::arrow::array::Int64Array::from(vec![*n])) as ArrayRef);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), values.collect())?;
    whole(batch, "Etc/UTC")
}

/// An answer of one batch, in canonical types already.
pub(super) fn whole(batch: RecordBatch, zone: &str) -> Result<Answer, SqlError> {
    let columns = columns(&batch.schema(), &[], zone)?;
    Ok(Answer { columns, batches: stream::once(async move { Ok(batch) }).boxed() })
}

/// The answer that a stream gives under columns that were worked out from its plan.
pub(super) fn streamed(
    rows: SendableRecordBatchStream,
    mut columns: Vec<Column>,
    zone: &str,
) -> Result<Answer, SqlError> {
    let schema = canonical_schema(&rows.schema(), &columns, zone)?;
    for (column, field) in columns.iter_mut().zip(schema.fields()) {
        // A query's columns may always be NULL as far as the reference says.
        column.nullable = true;
        // The plan knows the units of intervals, the rows know everything else.
        if !is_interval(field.data_type()) {
            column.sql_type = types::sql_text(field.data_type()).unwrap_or_default();
        }
    }
    let batches = rows.map(move |batch| canonical(&batch?, &schema));
    Ok(Answer { columns, batches: batches.boxed() })
}

/// The columns of a schema; `names` are the names as the statement writes them, by position.
pub(super) fn columns(schema: &Schema, names: &[Option<String>], zone: &str) -> Result<Vec<Column>, SqlError> {
    let column = |(position, field): (usize, &Arc<Field>)| {
        let written = names.get(position).cloned().flatten();
        // A `*` shows the names as they were declared, which the field remembers unless an alias changed it.
        let declared = field.metadata().get(DECLARED_NAME).filter(|declared| fold(declared) == *field.name());
        let name = written.unwrap_or_else(|| declared.unwrap_or(field.name()).clone());
        let name = name.split(DUPLICATE_MARK).next().unwrap_or_default().to_owned();
        // The planner numbers the columns of a table in FROM that have the name of one before them.
        let name = match name.rsplit_once(':') {
            Some((first, number)) if number.parse::<usize>().is_ok() && schema.column_with_name(first).is_some() => {
                first.to_owned()
            }
            _ => name,
        };
        let Some(canonical) = types::canonical(field.data_type(), zone) else {
            return Err(errors::unsupported(format!("a result of the type {}", field.data_type())));
        };
        let sql_type = narrower(field).or_else(|| types::sql_text(&canonical)).unwrap_or_default();
        Ok(Column { name, sql_type, nullable: field.is_nullable() })
    };
    schema.fields().iter().enumerate().map(column).collect()
}

// An interval's SQL type may be narrower than its Arrow type.
fn narrower(field: &Field) -> Option<String> {
    is_interval(field.data_type()).then(|| field.metadata().get(SQL_TYPE).cloned()).flatten()
}

fn is_interval(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Interval(_) | DataType::Duration(_))
}

/// A schema in canonical types under the names of columns; every column may be NULL.
pub(super) fn canonical_schema(schema: &Schema, columns: &[Column], zone: &str) -> Result<SchemaRef, SqlError> {
    let field = |(field, column): (&Arc<Field>, &Column)| match types::canonical(field.data_type(), zone) {
        Some(data_type) => Ok(Field::new(&column.name, data_type, true)),
        None => Err(errors::unsupported(format!("a result of the type {}", field.data_type()))),
    };
    let fields: Result<Vec<Field>, SqlError> = schema.fields().iter().zip(columns).map(field).collect();
    Ok(Arc::new(Schema::new(fields?)))
}

fn canonical(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, SqlError> {
    let columns: Result<Vec<ArrayRef>, SqlError> = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| {
            if column.data_type() == field.data_type() {
                Ok(Arc::clone(column))
            } else {
                Ok(cast(column, field.data_type())?)
            }
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns?, &options)?)
}
