//! The zone of a result's TIMESTAMP columns.

use std::sync::Arc;

use arrow_array::Array;
use arrow_array::cast::AsArray;

use super::{Cancellation, StatementSpec, read_all};
use crate::error::{Error, Result};
use crate::sea::wire::StatementResponse;
use crate::session::SessionCore;

/// The session's zone; the server is asked when a statement has changed it and this result shows it.
pub(super) async fn of_result(session: &Arc<SessionCore>, response: &StatementResponse) -> Result<String> {
    if let Some(zone) = session.zone.known() {
        return Ok(zone);
    }
    let columns = response.manifest.iter().flat_map(|manifest| &manifest.schema.columns);
    if !columns.into_iter().any(|column| column.type_text.to_ascii_uppercase().contains("TIMESTAMP")) {
        return Ok(String::new());
    }
    let spec = StatementSpec::of_metadata("SELECT current_timezone()".to_owned(), Vec::new());
    // Boxed, because asking is itself an execution; its own result has no TIMESTAMP column.
    let batches = Box::pin(read_all(Arc::clone(session), spec, Cancellation::new())).await?;
    let names = batches
        .iter()
        .filter_map(|batch| batch.columns().first()?.as_string_opt::<i32>())
        .find(|names| !names.is_empty());
    let zone = names
        .map(|names| names.value(0).to_owned())
        .ok_or_else(|| Error::internal("the server did not name the session's time zone"))?;
    session.zone.learn(zone.clone());
    Ok(zone)
}
