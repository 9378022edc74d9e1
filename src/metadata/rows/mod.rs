//! From what the server answers to the JDBC shapes, one file a question.

use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, PrimitiveArray, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};

use super::MetadataQuery;
use super::answer::{Answer, Row};
use super::pattern::Pattern;
use crate::error::{Error, Result};

mod catalogs;
mod columns;
mod data_type;
mod foreign_keys;
mod functions;
mod primary_keys;
mod procedures;
mod schemas;
mod table_types;
mod tables;
mod type_info;

pub(super) use catalogs::catalog_names;

/// The names that servers give to the column of a row's catalog and of its schema.
const CATALOG: [&str; 2] = ["catalogName", "catalog"];
const SCHEMA: [&str; 3] = ["namespace", "databaseName", "database"];

/// The answer in the question's shape.
pub(super) fn shape(query: &MetadataQuery, answer: &Answer) -> Result<RecordBatch> {
    match query {
        MetadataQuery::Catalogs => catalogs::shape(answer),
        MetadataQuery::Schemas { schema_pattern, .. } => schemas::shape(answer, &Filter::of(schema_pattern)?),
        MetadataQuery::Tables { schema_pattern, table_pattern, table_types, .. } => {
            let (schemas, tables) = (Filter::of(schema_pattern)?, Filter::of(table_pattern)?);
            tables::shape(answer, &schemas, &tables, table_types.as_deref())
        }
        MetadataQuery::Columns { schema_pattern, table_pattern, column_pattern, .. } => columns::shape(
            answer,
            &Filter::of(schema_pattern)?,
            &Filter::of(table_pattern)?,
            &Filter::of(column_pattern)?,
        ),
        MetadataQuery::TableTypes => table_types::shape(),
        MetadataQuery::TypeInfo => type_info::shape(),
        MetadataQuery::PrimaryKeys { .. } => primary_keys::shape(answer),
        MetadataQuery::ForeignKeys { parent_catalog, parent_schema, parent_table, .. } => {
            foreign_keys::shape(answer, [parent_catalog, parent_schema, parent_table].map(Option::as_deref))
        }
        MetadataQuery::Functions { schema_pattern, function_pattern, .. } => {
            functions::shape(answer, &Filter::of(schema_pattern)?, &Filter::of(function_pattern)?)
        }
        MetadataQuery::Procedures { .. } => procedures::shape(answer),
    }
}

/// A pattern matched again: the server's own may have matched more.
struct Filter(Option<Pattern>);

impl Filter {
    fn of(pattern: &Option<String>) -> Result<Self> {
        let pattern = pattern.as_deref().map(|text| Pattern::parse("pattern", text)).transpose()?;
        Ok(Self(pattern.filter(|pattern| !pattern.is_everything())))
    }

    fn keeps(&self, name: Option<impl AsRef<str>>) -> bool {
        self.0.as_ref().is_none_or(|pattern| name.is_some_and(|name| pattern.matches(name.as_ref())))
    }
}

type ShapeColumn = (Field, ArrayRef);

fn batch(columns: impl IntoIterator<Item = ShapeColumn>) -> Result<RecordBatch> {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| Error::internal("a metadata result has no shape").because(error))
}

/// A column of text that is always there.
fn name<T: AsRef<str>>(name: &str, rows: &[Row], value: impl Fn(Row) -> T) -> ShapeColumn {
    let array: StringArray = rows.iter().map(|row| Some(value(*row))).collect();
    (Field::new(name, arrow_schema::DataType::Utf8, false), Arc::new(array))
}

/// A column of text that may be missing.
fn text<T: AsRef<str>>(name: &str, rows: &[Row], value: impl Fn(Row) -> Option<T>) -> ShapeColumn {
    let array: StringArray = rows.iter().map(|row| value(*row)).collect();
    (Field::new(name, arrow_schema::DataType::Utf8, true), Arc::new(array))
}

/// A column of numbers that may be missing.
fn number<T: ArrowPrimitiveType>(name: &str, rows: &[Row], value: impl Fn(Row) -> Option<T::Native>) -> ShapeColumn {
    let array: PrimitiveArray<T> = rows.iter().map(|row| value(*row)).collect();
    (Field::new(name, T::DATA_TYPE, true), Arc::new(array))
}

/// A column of JDBC that has no meaning here.
fn unused<T: ArrowPrimitiveType>(name: &str, rows: &[Row]) -> ShapeColumn {
    number::<T>(name, rows, |_| None)
}

fn unused_text(name: &str, rows: &[Row]) -> ShapeColumn {
    text(name, rows, |_| None::<&str>)
}
