//! The SQL way: a statement answers one row, which says what to transfer and where.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use serde_json::{Map, Value};

use super::Remote;
use crate::error::{Error, Result};
use crate::result::{ResultReader, decode};
use crate::sea::client::SeaClient;
use crate::sea::files::{FileLink, headers_of};

/// What a statement about a file wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum VolumeOperationKind {
    /// `PUT 'LOCAL' INTO '/Volumes/…'`: upload a local file or a stream.
    Put,
    /// `GET '/Volumes/…' TO 'LOCAL'`: download into a local file or a stream.
    Get,
    /// `REMOVE '/Volumes/…'`: remove the file.
    Remove,
}

/// What a statement wants transferred.
pub(crate) struct FileOperation {
    pub(crate) kind: VolumeOperationKind,
    /// The local path as the SQL has it; absent where the server names none.
    pub(crate) local_path: Option<String>,
    pub(crate) remote: Remote,
}

impl FileOperation {
    /// Takes the row out of the result, whose link nobody else needs to see.
    pub(crate) async fn read(client: &Arc<SeaClient>, reader: &mut ResultReader) -> Result<Self> {
        let mut batches = Vec::new();
        while let Some(chunk) = reader.next_chunk().await? {
            batches.extend(decode(&chunk)?.into_iter().filter(|batch| batch.num_rows() > 0));
        }
        match batches.as_slice() {
            [row] if row.num_rows() == 1 => Self::of_row(client, row),
            _ => Err(Error::internal("the server's answer about a file of a volume does not have one row")),
        }
    }

    fn of_row(client: &Arc<SeaClient>, row: &RecordBatch) -> Result<Self> {
        let column = |name: &str| {
            let schema = row.schema();
            let at = schema.fields().iter().position(|field| field.name().eq_ignore_ascii_case(name));
            at.map(|at| Arc::clone(row.column(at)))
        };
        let unusable = |what: &str| Error::internal(format!("the server's answer about a file of a volume {what}"));
        let text_of = |name: &str| column(name).as_ref().and_then(text);
        let kind = match text_of("operation").unwrap_or_default().to_ascii_uppercase().as_str() {
            "PUT" => VolumeOperationKind::Put,
            "GET" => VolumeOperationKind::Get,
            "REMOVE" => VolumeOperationKind::Remove,
            _ => return Err(unusable("names none of PUT, GET and REMOVE")),
        };
        let url = text_of("presignedUrl").ok_or_else(|| unusable("has no link"))?;
        let headers = column("headers").map_or(Some(Value::Null), |column| json(&column));
        let headers =
            headers.as_ref().and_then(headers_of).ok_or_else(|| unusable("has headers of an unknown form"))?;
        let remote = Remote::at_link(Arc::clone(client), FileLink { url, headers });
        Ok(Self { kind, local_path: text_of("localFile").filter(|path| !path.is_empty()), remote })
    }
}

/// The text of a column's one value; none for NULL and for other types.
fn text(column: &ArrayRef) -> Option<String> {
    match column.data_type() {
        _ if column.is_null(0) => None,
        DataType::Utf8 => Some(column.as_string::<i32>().value(0).to_owned()),
        DataType::LargeUtf8 => Some(column.as_string::<i64>().value(0).to_owned()),
        _ => None,
    }
}

/// A column's one value, text or a map of text, as JSON; none for other types.
fn json(column: &ArrayRef) -> Option<Value> {
    match column.data_type() {
        _ if column.is_null(0) => Some(Value::Null),
        DataType::Null => Some(Value::Null),
        DataType::Map(..) => {
            let entries = column.as_map().value(0);
            let (names, values) = (entries.column(0), entries.column(1));
            let pair = |at| Some((text(&names.slice(at, 1))?, Value::String(text(&values.slice(at, 1))?)));
            (0..entries.len()).map(pair).collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        _ => text(column).map(Value::String),
    }
}
