//! The exported session.

use std::sync::Arc;
use std::time::Duration;

use super::{AsyncStatement, Metadata, Statement, Volume};
use crate::call::Call;
use crate::error::KernelError;
use crate::session::{SessionConfig, SessionCore};

/// A session on a warehouse. Any number of threads may use it at once.
#[derive(uniffi::Object)]
pub struct Session {
    core: Arc<SessionCore>,
    open: Call<()>,
    end: Call<()>,
}

#[uniffi::export]
impl Session {
    /// Checks the configuration; nothing is sent until the session is opened. Errors: `InvalidArgument` names the setting that is not usable.
    #[uniffi::constructor]
    pub fn new(config: SessionConfig) -> Result<Arc<Self>, KernelError> {
        Ok(Arc::new(Self { core: SessionCore::new(config)?, open: Call::new(), end: Call::new() }))
    }

    /// Opens the session on the server; does nothing when it is open. It may have to wait minutes for a warehouse that starts.
    /// Errors: `Unauthenticated`, `PermissionDenied`, `NotFound` (no such warehouse), `InvalidArgument` (an unknown session parameter), `NetworkError`, `Timeout`.
    /// Source: `POST /api/2.0/sql/sessions`.
    pub fn open(&self) -> Result<(), KernelError> {
        self.open.blocking(|| Arc::clone(&self.core).open())
    }

    /// `open`, awaited.
    pub async fn open_async(&self) -> Result<(), KernelError> {
        self.open.future(|| Arc::clone(&self.core).open()).await
    }

    /// `open`, waiting at most `limit`; false means not yet.
    pub fn open_within(&self, limit: Duration) -> Result<bool, KernelError> {
        Ok(self.open.within(limit, || Arc::clone(&self.core).open())?.is_some())
    }

    /// The server's id of the session; absent before it is open.
    pub fn session_id(&self) -> Option<String> {
        self.core.id()
    }

    /// A new statement of this session.
    pub fn statement(&self) -> Arc<Statement> {
        Statement::new(Arc::clone(&self.core))
    }

    /// What the warehouse holds.
    pub fn metadata(&self) -> Arc<Metadata> {
        Metadata::new(Arc::clone(&self.core))
    }

    /// The files of volumes. They need no open session.
    pub fn volume(&self) -> Arc<Volume> {
        Volume::new(Arc::clone(&self.core.client))
    }

    /// A statement that was submitted before, here or in another process, by its id. Nothing is sent: `status` tells whether the server knows it.
    pub fn attach(&self, statement_id: String) -> Arc<AsyncStatement> {
        AsyncStatement::attach(Arc::clone(&self.core), statement_id)
    }

    /// Closes the session on the server; does nothing when it is closed. Later calls on it and its statements fail with `InvalidStatementHandle`.
    /// Source: `DELETE /api/2.0/sql/sessions/ID`.
    pub fn end(&self) -> Result<(), KernelError> {
        self.end.blocking(|| Arc::clone(&self.core).close())
    }

    /// `end`, awaited.
    pub async fn end_async(&self) -> Result<(), KernelError> {
        self.end.future(|| Arc::clone(&self.core).close()).await
    }

    /// `end`, waiting at most `limit`; false means not yet.
    pub fn end_within(&self, limit: Duration) -> Result<bool, KernelError> {
        Ok(self.end.within(limit, || Arc::clone(&self.core).close())?.is_some())
    }

    /// Gives up what `open_within` left unfinished: a session that the server still opens is closed again. What `end_within` left unfinished goes on.
    pub fn interrupt(&self) {
        self.open.abandon();
    }
}
