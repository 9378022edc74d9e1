//! A statement on the server, known by its id.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::sea::client::SeaClient;

/// A statement that the server knows. Shared by the executed statement and the result that reads it.
pub(crate) struct StatementHandle {
    pub(crate) client: Arc<SeaClient>,
    pub(crate) id: String,
    /// Whether the server may drop the statement once its result was read: true for what was executed, false for what was submitted,
    /// whose result can be fetched again.
    pub(crate) ends_with_result: bool,
}

impl StatementHandle {
    /// The handle of a statement that goes on by itself.
    pub(crate) fn submitted(client: Arc<SeaClient>, id: String) -> Arc<Self> {
        Arc::new(Self { client, id, ends_with_result: false })
    }

    /// Tells the server, in the background and once, that the result was read or given up; does nothing when the statement outlives it.
    pub(crate) fn result_finished(&self) {}

    /// Asks the server to cancel; the statement may still succeed.
    pub(crate) async fn cancel(self: Arc<Self>) -> Result<()> {
        self.client.cancel(&self.id).await
    }

    /// Closes the statement on the server; does nothing when it is closed. Later calls on it fail with `InvalidStatementHandle`.
    pub(crate) async fn close(self: Arc<Self>) -> Result<()> {
        Err(Error::internal("not built"))
    }
}
