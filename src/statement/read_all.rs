//! A statement of the kernel's own, run and read to its end.

use std::sync::Arc;

use arrow_array::RecordBatch;

use super::{Cancellation, StatementSpec, execute};
use crate::error::Result;
use crate::result::decode;
use crate::session::SessionCore;

/// The whole result, decoded. For answers that the kernel reads itself, which are small.
pub(crate) async fn read_all(
    session: Arc<SessionCore>,
    spec: StatementSpec,
    cancellation: Arc<Cancellation>,
) -> Result<Vec<RecordBatch>> {
    let mut executed = execute(session, spec, cancellation).await?;
    let mut batches = Vec::new();
    while let Some(chunk) = executed.reader.next_chunk().await? {
        batches.extend(decode(&chunk)?);
    }
    Ok(batches)
}
