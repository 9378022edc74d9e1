//! One chunk as Arrow IPC messages.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int8Array, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};

use super::Stored;
use crate::engine::Column;
use crate::faults::ResultFault;

/// The most rows of one record batch.
const BATCH_ROWS: usize = 4096;

/// The messages of one stream: schema, batches, end marker. Fields have no metadata, as on the service.
pub(super) fn messages(stored: &Stored, batches: &[RecordBatch]) -> Result<Vec<Vec<u8>>, ArrowError> {
    let first =
        batches.first().ok_or_else(|| ArrowError::InvalidArgumentError("a chunk without batches".to_owned()))?;
    let schema = Arc::new(Schema::new(fields(stored, first)));
    let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
    let mut messages = vec![std::mem::take(writer.get_mut())];
    let mut missing = surplus_rows(stored);
    let surplus: Vec<RecordBatch> = std::iter::from_fn(|| {
        let rows = missing.min(first.num_rows());
        missing -= rows;
        (rows > 0).then(|| first.slice(0, rows))
    })
    .collect();
    for batch in batches.iter().chain(&surplus) {
        for start in (0..batch.num_rows()).step_by(BATCH_ROWS) {
            let part = batch.slice(start, BATCH_ROWS.min(batch.num_rows() - start));
            let columns =
                if stored.has(&ResultFault::ForeignSchema) { vec![foreign(&part)] } else { part.columns().to_vec() };
            writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns)?)?;
            messages.push(std::mem::take(writer.get_mut()));
        }
    }
    writer.finish()?;
    messages.push(std::mem::take(writer.get_mut()));
    Ok(messages)
}

fn surplus_rows(stored: &Stored) -> usize {
    stored.faults.iter().map(|fault| if let ResultFault::SurplusRows { rows } = fault { *rows } else { 0 }).sum()
}

fn fields(stored: &Stored, batch: &RecordBatch) -> Vec<Field> {
    if stored.has(&ResultFault::ForeignSchema) {
        return vec![Field::new("foreign", DataType::Int8, true)];
    }
    let renamed = stored.has(&ResultFault::RenamedColumns);
    let named = |(index, (column, array)): (usize, (&Column, &ArrayRef))| {
        let name = if renamed { format!("cached_{index}") } else { column.name.clone() };
        Field::new(name, array.data_type().clone(), column.nullable)
    };
    stored.columns.iter().zip(batch.columns()).enumerate().map(named).collect()
}

fn foreign(batch: &RecordBatch) -> ArrayRef {
    Arc::new(Int8Array::from(vec![0; batch.num_rows()]))
}
