//! The result of a submitted statement.

use std::sync::Arc;

use super::execute::open;
use super::{Cancellation, StatementHandle, outcome, poll};
use crate::error::Result;
use crate::result::ResultReader;
use crate::session::SessionCore;

/// Polls until the statement has ended, and opens its result. Can be called again, for a result of its own each time.
pub(crate) async fn await_result(
    session: Arc<SessionCore>,
    handle: Arc<StatementHandle>,
    cancellation: Arc<Cancellation>,
) -> Result<ResultReader> {
    handle.check_open()?;
    let response = poll::until_ended(&handle, None, &cancellation).await?;
    outcome::succeeded(&response, &handle)?;
    open(&session, &handle, response)
}

/// Opens the result without polling; `InvalidState` when the statement has not ended.
pub(crate) async fn fetch_result(session: Arc<SessionCore>, handle: Arc<StatementHandle>) -> Result<ResultReader> {
    handle.check_open()?;
    let response = handle.client.statement(&handle.id).await.map_err(|error| error.of_query(&handle.id))?;
    outcome::succeeded(&response, &handle)?;
    open(&session, &handle, response)
}
