//! What is asked.

use std::collections::HashMap;
use std::time::Duration;

/// A statement before it is sent.
#[derive(Clone, Default)]
pub(crate) struct StatementSpec {
    pub(crate) sql: String,
    /// The most rows to answer; the result is then marked as truncated.
    pub(crate) row_limit: Option<i64>,
    pub(crate) query_tags: HashMap<String, Option<String>>,
    /// After this time the statement is cancelled on the server and the call fails with `Timeout`.
    pub(crate) timeout: Option<Duration>,
    /// Headers for this statement's own requests.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}
