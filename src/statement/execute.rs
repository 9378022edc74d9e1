//! Execute and wait for the result.

use std::sync::Arc;

use super::{Cancellation, StatementHandle, StatementSpec};
use crate::error::{Error, Result};
use crate::result::ResultReader;
use crate::session::SessionCore;

/// A statement that succeeded.
pub(crate) struct Executed {
    pub(crate) handle: Arc<StatementHandle>,
    /// The rows that a DML statement changed; absent for everything else.
    pub(crate) modified_row_count: Option<i64>,
    pub(crate) reader: ResultReader,
}

/// Runs a statement to its end. Dropping the future cancels the statement on the server, also when the server has not yet answered.
pub(crate) async fn execute(
    _session: Arc<SessionCore>,
    _spec: StatementSpec,
    _cancellation: Arc<Cancellation>,
) -> Result<Executed> {
    Err(Error::internal("not built"))
}
