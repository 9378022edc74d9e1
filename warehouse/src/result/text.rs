//! One chunk as text: a JSON array of rows, or CSV.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use super::cell::cell;
use crate::engine::Column;

/// `[["1", "a"], ["2", null]]`: every cell a string or null.
pub(super) fn json(columns: &[Column], batches: &[RecordBatch]) -> Result<Vec<u8>, ArrowError> {
    let rows = rows(columns, batches)?;
    serde_json::to_vec(&rows).map_err(|error| ArrowError::ExternalError(Box::new(error)))
}

/// RFC 4180, with the names as a first line of the first chunk; NULL is the text `null`.
pub(super) fn csv(columns: &[Column], batches: &[RecordBatch], first: bool) -> Result<Vec<u8>, ArrowError> {
    let mut lines = String::new();
    let mut push = |cells: &mut dyn Iterator<Item = &str>| {
        lines.push_str(&cells.map(quoted).collect::<Vec<_>>().join(","));
        lines.push_str("\r\n");
    };
    if first {
        push(&mut columns.iter().map(|column| column.name.as_str()));
    }
    for row in &rows(columns, batches)? {
        push(&mut row.iter().map(|cell| cell.as_deref().unwrap_or("null")));
    }
    Ok(lines.into_bytes())
}

fn rows(columns: &[Column], batches: &[RecordBatch]) -> Result<Vec<Vec<Option<String>>>, ArrowError> {
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = columns.iter().zip(batch.columns()).map(|(column, array)| cell(array, row, &column.sql_type));
            rows.push(cells.collect::<Result<_, _>>()?);
        }
    }
    Ok(rows)
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}
