//! What is done to columns on the user's wish. Only here are arrays decoded.

mod geospatial;
mod interval_text;
mod json_text;
mod wkt;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::error::{Error, Result};
use crate::result::{ChunkData, ResultConfig, decode};

/// What is done to each column of a result.
pub(in crate::result) struct Rewrites {
    /// `None` where nothing is to be done anywhere.
    columns: Option<Vec<Option<Rewrite>>>,
    zone: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rewrite {
    ComplexAsJson,
    IntervalAsText,
    GeospatialAsWkb,
}

impl Rewrites {
    /// What `config` asks of the columns of `sent`, the schema of the server's chunks.
    pub(in crate::result) fn new(sent: &Schema, config: &ResultConfig, zone: &str) -> Self {
        let columns: Vec<_> = sent.fields().iter().map(|field| rewrite_of(field, config)).collect();
        let columns = columns.iter().any(Option::is_some).then_some(columns);
        Self { columns, zone: zone.to_owned() }
    }

    pub(in crate::result) fn are_none(&self) -> bool {
        self.columns.is_none()
    }

    /// `sent` with the types that the rewrites leave; names and metadata stay.
    pub(in crate::result) fn schema(&self, sent: &SchemaRef) -> SchemaRef {
        let Some(columns) = &self.columns else { return Arc::clone(sent) };
        let fields = sent.fields().iter().zip(columns).map(|(field, rewrite)| {
            let field = Field::clone(field);
            match rewrite {
                None => field,
                Some(Rewrite::GeospatialAsWkb) => field.with_data_type(geospatial::data_type()),
                Some(Rewrite::ComplexAsJson) => field.with_data_type(DataType::Utf8),
                Some(Rewrite::IntervalAsText) => match interval_text::data_type(field.data_type()) {
                    Some(text) => field.with_data_type(text),
                    None => field,
                },
            }
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// Decodes a chunk, rewrites its columns and encodes it under `schema`.
    pub(in crate::result) fn apply(&self, chunk: &ChunkData, schema: &SchemaRef) -> Result<ChunkData> {
        let batches = decode(chunk)?.iter().map(|batch| self.batch(batch, schema)).collect::<Result<Vec<_>>>()?;
        ChunkData::encode(schema, &batches)
    }

    fn batch(&self, batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
        let rewrites = self.columns.iter().flatten();
        let columns = batch.columns().iter().zip(rewrites).zip(schema.fields()).map(|((column, rewrite), field)| {
            let rewritten: Result<ArrayRef> = match rewrite {
                None => Ok(Arc::clone(column)),
                Some(Rewrite::ComplexAsJson) => json_text::array(column.as_ref(), &self.zone),
                Some(Rewrite::IntervalAsText) => interval_text::array(column.as_ref()),
                Some(Rewrite::GeospatialAsWkb) => geospatial::array(column.as_ref()),
            };
            rewritten.map_err(|error| {
                let details = format!("the column `{}` cannot be converted: {}", field.name(), error.details);
                Error { details, ..error }
            })
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &rows)
            .map_err(|error| Error::internal("rewritten columns do not fit their schema").because(error))
    }
}

fn rewrite_of(field: &Field, config: &ResultConfig) -> Option<Rewrite> {
    let type_name = field.metadata().get("databricks.type_name").map(|name| name.to_ascii_uppercase());
    match field.data_type() {
        DataType::List(_) | DataType::Map(..) | DataType::Struct(_) if config.complex_types_as_json => {
            Some(Rewrite::ComplexAsJson)
        }
        nested if config.intervals_as_text && interval_text::data_type(nested).is_some() => {
            Some(Rewrite::IntervalAsText)
        }
        DataType::Utf8 if matches!(type_name.as_deref(), Some("GEOMETRY" | "GEOGRAPHY")) => {
            config.geospatial_as_wkb.then_some(Rewrite::GeospatialAsWkb)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
