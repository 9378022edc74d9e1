//! A session's life and state.

use std::sync::Arc;

use super::SessionConfig;
use crate::error::{Error, Result};
use crate::sea::client::SeaClient;

/// A session, and what its statements share.
pub(crate) struct SessionCore {
    pub(crate) client: Arc<SeaClient>,
    pub(crate) config: SessionConfig,
}

impl SessionCore {
    /// Checks the configuration; no request is sent.
    pub(crate) fn new(config: SessionConfig) -> Result<Arc<Self>> {
        Ok(Arc::new(Self { client: Arc::new(SeaClient::new(&config)?), config }))
    }

    /// Opens the session; does nothing when it is open. A dropped call closes the session that the server may still open.
    pub(crate) async fn open(self: Arc<Self>) -> Result<()> {
        Err(Error::internal("not built"))
    }

    /// The server's id of the session; absent before it is open.
    pub(crate) fn id(&self) -> Option<String> {
        None
    }

    /// Closes the session; does nothing when it is closed. Later calls on it fail with `InvalidStatementHandle`.
    pub(crate) async fn close(self: Arc<Self>) -> Result<()> {
        Err(Error::internal("not built"))
    }
}
