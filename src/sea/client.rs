//! One method per endpoint.

use crate::error::{Error, Result};
use crate::sea::wire::{CreateSession, ExecuteStatement, ResultData, SessionCreated, StatementResponse};
use crate::session::SessionConfig;
use crate::transport::Store;

/// The protocol's endpoints on one server, for one warehouse.
pub(crate) struct SeaClient {
    store: Store,
}

impl SeaClient {
    /// Checks the configuration; no request is sent.
    pub(crate) fn new(_config: &SessionConfig) -> Result<Self> {
        Ok(Self { store: Store {} })
    }

    /// The warehouse's id, out of the path.
    pub(crate) fn warehouse_id(&self) -> &str {
        ""
    }

    /// `POST /api/2.0/sql/sessions`
    pub(crate) async fn create_session(&self, _body: &CreateSession) -> Result<SessionCreated> {
        Err(Error::internal("not built"))
    }

    /// `DELETE /api/2.0/sql/sessions/{id}`; a session that is gone is no error.
    pub(crate) async fn delete_session(&self, _id: &str) -> Result<()> {
        Err(Error::internal("not built"))
    }

    /// `POST /api/2.0/sql/statements`; sent again only when it certainly did not run.
    pub(crate) async fn execute(&self, _body: &ExecuteStatement) -> Result<StatementResponse> {
        Err(Error::internal("not built"))
    }

    /// `GET /api/2.0/sql/statements/{id}`
    pub(crate) async fn statement(&self, _id: &str) -> Result<StatementResponse> {
        Err(Error::internal("not built"))
    }

    /// `GET /api/2.0/sql/statements/{id}/result/chunks/{index}`
    pub(crate) async fn chunk(&self, _id: &str, _index: i64) -> Result<ResultData> {
        Err(Error::internal("not built"))
    }

    /// `POST /api/2.0/sql/statements/{id}/cancel`: a request; the statement may still succeed.
    pub(crate) async fn cancel(&self, _id: &str) -> Result<()> {
        Err(Error::internal("not built"))
    }

    /// `DELETE /api/2.0/sql/statements/{id}`; a statement that is gone is no error.
    pub(crate) async fn close_statement(&self, _id: &str) -> Result<()> {
        Err(Error::internal("not built"))
    }

    /// The store that the results' links point to.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}
