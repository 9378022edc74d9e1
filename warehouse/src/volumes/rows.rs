//! Answers of the statements about volumes.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::{MapBuilder, MapFieldNames, StringBuilder};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use futures::{StreamExt, stream};

use super::folder::Listed;
use crate::engine::{Answer, Column, SqlError};

/// What a client is to transfer, and where.
pub(super) struct Transfer<'a> {
    pub(super) operation: &'static str,
    pub(super) url: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) local: Option<&'a str>,
}

/// An answer that answers nothing.
pub(super) fn nothing() -> Answer {
    Answer { columns: Vec::new(), batches: stream::empty().boxed() }
}

pub(super) fn transfer(transfer: Transfer<'_>) -> Result<Answer, SqlError> {
    let names = MapFieldNames { entry: "entries".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
    let mut headers = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
    for (name, value) in &transfer.headers {
        headers.keys().append_value(name);
        headers.values().append_value(value);
    }
    headers.append(true).map_err(|error| broken(&error))?;
    let mut columns: Vec<(&str, &str, ArrayRef)> = vec![
        ("operation", "STRING", Arc::new(StringArray::from(vec![transfer.operation]))),
        ("presignedUrl", "STRING", Arc::new(StringArray::from(vec![transfer.url]))),
        ("headers", "MAP<STRING, STRING>", Arc::new(headers.finish())),
    ];
    if let Some(local) = transfer.local {
        columns.push(("localFile", "STRING", Arc::new(StringArray::from(vec![local]))));
    }
    answer(columns)
}

pub(super) fn listing(files: &[Listed]) -> Result<Answer, SqlError> {
    let text = |of: fn(&Listed) -> &str| Arc::new(StringArray::from_iter_values(files.iter().map(of))) as ArrayRef;
    let number = |of: fn(&Listed) -> i64| Arc::new(Int64Array::from_iter_values(files.iter().map(of))) as ArrayRef;
    answer(vec![
        ("path", "STRING", text(|file| &file.path)),
        ("name", "STRING", text(|file| &file.name)),
        ("size", "BIGINT", number(|file| i64::try_from(file.bytes).unwrap_or(i64::MAX))),
        ("modification_time", "BIGINT", number(|file| file.modified)),
    ])
}

pub(super) fn volumes(schema: &str, names: &[String]) -> Result<Answer, SqlError> {
    answer(vec![
        ("database", "STRING", Arc::new(StringArray::from(vec![schema; names.len()]))),
        ("volume_name", "STRING", Arc::new(StringArray::from_iter_values(names))),
    ])
}

fn answer(columns: Vec<(&str, &str, ArrayRef)>) -> Result<Answer, SqlError> {
    let described = columns.iter().map(|(name, sql_type, _)| Column {
        name: (*name).to_owned(),
        sql_type: (*sql_type).to_owned(),
        nullable: true,
    });
    let described = described.collect();
    let arrays = columns.into_iter().map(|(name, _, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(arrays).map_err(|error| broken(&error))?;
    Ok(Answer { columns: described, batches: stream::once(async move { Ok(batch) }).boxed() })
}

fn broken(error: &dyn std::fmt::Display) -> SqlError {
    SqlError::new("INTERNAL_ERROR", "XX000", format!("The answer could not be made: {error}"))
}
