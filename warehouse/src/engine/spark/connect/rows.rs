//! A result's rows, batch by batch as the server sends them.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use futures::{StreamExt, stream};
use tonic::Streaming;

use super::protocol::{ArrowBatch, DataType, ExecutePlanResponse, ResponseKind};
use super::{RemoteSession, Running, as_text, types};
use crate::engine::{Answer, SqlError};

/// Reads up to the schema; the rows follow when they are asked for.
pub(super) async fn answer(running: Running, answers: Streaming<ExecutePlanResponse>) -> Result<Answer, SqlError> {
    let mut reading = Reading { session: Arc::clone(&running.session), running: Some(running), answers };
    let mut schema: Option<DataType> = None;
    let mut first = None;
    while schema.is_none() && first.is_none() {
        let Some(answer) = reading.next().await? else { break };
        schema = answer.schema;
        first = batch_of(answer.kind)?;
    }
    let columns = types::columns(schema.as_ref())?;
    let rest = stream::unfold(Some(reading), |reading| async {
        let mut reading = reading?;
        match reading.next_batch().await {
            Ok(Some(batch)) => Some((Ok(batch), Some(reading))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    let shown = columns.clone();
    let batches = stream::iter(first.map(Ok)).chain(rest).map(move |batch| as_text::batch(batch?, &shown));
    Ok(Answer { columns, batches: batches.boxed() })
}

struct Reading {
    session: Arc<RemoteSession>,
    running: Option<Running>,
    answers: Streaming<ExecutePlanResponse>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<ExecutePlanResponse>, SqlError> {
        let next = self.session.next(&mut self.answers).await;
        if !matches!(next, Ok(Some(_)))
            && let Some(running) = self.running.take()
        {
            running.disarm();
        }
        next
    }

    async fn next_batch(&mut self) -> Result<Option<RecordBatch>, SqlError> {
        while let Some(answer) = self.next().await? {
            if let Some(batch) = batch_of(answer.kind)? {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }
}

/// The batch over the bytes that came; its values are not touched. `None` when there are no rows.
fn batch_of(kind: Option<ResponseKind>) -> Result<Option<RecordBatch>, SqlError> {
    let Some(ResponseKind::ArrowBatch(ArrowBatch { row_count, data, num_chunks_in_batch })) = kind else {
        return Ok(None);
    };
    if num_chunks_in_batch.is_some_and(|chunks| chunks > 1) {
        return Err(unreadable("a batch came in several parts"));
    }
    let (mut bytes, mut decoder) = (Buffer::from(data), StreamDecoder::new());
    let mut found = None;
    while let Some(batch) = decoder.decode(&mut bytes).map_err(|error| unreadable(&error.to_string()))? {
        if found.replace(batch).is_some() {
            return Err(unreadable("an answer has several batches"));
        }
    }
    let rows = found.as_ref().map_or(0, RecordBatch::num_rows);
    if i64::try_from(rows) != Ok(row_count) {
        return Err(unreadable(&format!("{row_count} rows were announced and {rows} came")));
    }
    Ok(found.filter(|batch| batch.num_rows() > 0))
}

pub(super) fn unreadable(why: &str) -> SqlError {
    SqlError::new("INTERNAL_ERROR", "XX000", format!("The rows of the Spark Connect server cannot be read: {why}."))
}
