//! What is asked.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Parameters;
use crate::error::{Error, Result};
use crate::transport::RequestKind;

/// The longest SQL text that the server takes.
const MAX_SQL_BYTES: usize = 16 * 1024 * 1024;

/// A statement before it is sent.
#[derive(Clone)]
pub(crate) struct StatementSpec {
    pub(crate) sql: String,
    pub(crate) parameters: Parameters,
    pub(crate) query_tags: HashMap<String, Option<String>>,
    /// The most rows to answer; the result is then marked as truncated.
    pub(crate) row_limit: Option<i64>,
    /// After this time the statement is cancelled on the server and the call fails with `Timeout`.
    pub(crate) timeout: Option<Duration>,
    /// Whether it may be sent twice.
    pub(crate) kind: RequestKind,
    /// Headers for its own request.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}

impl Default for StatementSpec {
    fn default() -> Self {
        Self::of_user(String::new())
    }
}

impl StatementSpec {
    /// A statement of the caller's: never sent twice.
    pub(crate) fn of_user(sql: String) -> Self {
        Self { kind: RequestKind::Execute, ..Self::of_metadata(sql, Vec::new()) }
    }

    /// A statement of the kernel's that changes nothing.
    pub(crate) fn of_metadata(sql: String, headers: Vec<(&'static str, &'static str)>) -> Self {
        Self {
            sql,
            parameters: Parameters::default(),
            query_tags: HashMap::new(),
            row_limit: None,
            timeout: None,
            kind: RequestKind::MetadataExecute,
            headers,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.sql.trim().is_empty() {
            return Err(Error::invalid_argument("the statement has no SQL text"));
        }
        if self.sql.len() > MAX_SQL_BYTES {
            return Err(Error::invalid_argument(format!(
                "the SQL text has {} bytes; the server takes {MAX_SQL_BYTES} at most",
                self.sql.len()
            )));
        }
        Ok(())
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }
}
