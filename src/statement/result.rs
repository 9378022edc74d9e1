//! The result of a submitted statement.

use std::sync::Arc;

use super::StatementHandle;
use crate::error::{Error, Result};
use crate::result::ResultReader;
use crate::session::SessionCore;

/// Polls until the statement has ended, and opens its result. Can be called again, for a result of its own each time.
pub(crate) async fn await_result(_session: Arc<SessionCore>, _handle: Arc<StatementHandle>) -> Result<ResultReader> {
    Err(Error::internal("not built"))
}

/// Opens the result without polling; `InvalidState` when the statement has not ended.
pub(crate) async fn fetch_result(_session: Arc<SessionCore>, _handle: Arc<StatementHandle>) -> Result<ResultReader> {
    Err(Error::internal("not built"))
}
