//! Cancelling one execution, from any thread, before, while and after it runs.

use std::sync::Arc;

use super::StatementHandle;
use crate::error::{Error, Result};

/// The wish to cancel one execution. It is kept until there is a statement to cancel.
pub(crate) struct Cancellation {}

impl Cancellation {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {})
    }

    /// The cancellation of a statement that the server knows.
    pub(crate) fn of(_handle: &Arc<StatementHandle>) -> Arc<Self> {
        Arc::new(Self {})
    }

    /// The server's id of the statement; absent before the server has answered.
    pub(crate) fn statement_id(&self) -> Option<String> {
        None
    }

    /// Cancels and waits for the server's acknowledgement, if there is a statement by now.
    pub(crate) async fn cancel(self: Arc<Self>) -> Result<()> {
        Err(Error::internal("not built"))
    }

    /// Cancels without waiting: now if there is a statement, else as soon as there is.
    pub(crate) fn request(self: &Arc<Self>) {}
}
