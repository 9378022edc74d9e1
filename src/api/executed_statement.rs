//! The exported statement that succeeded.

use std::sync::Arc;
use std::time::Duration;

use super::{ResultStream, VolumeOperation};
use crate::call::Call;
use crate::error::KernelError;
use crate::statement::{Executed, StatementHandle};

/// A statement that succeeded, with its result.
#[derive(uniffi::Object)]
pub struct ExecutedStatement {
    handle: Arc<StatementHandle>,
    modified_row_count: Option<i64>,
    volume_operation: Option<Arc<VolumeOperation>>,
    result: Arc<ResultStream>,
    cancel: Call<()>,
}

#[uniffi::export]
impl ExecutedStatement {
    /// The server's id of the statement.
    pub fn statement_id(&self) -> String {
        self.handle.id.clone()
    }

    /// How many rows a DML statement changed; absent for every other statement.
    pub fn modified_row_count(&self) -> Option<i64> {
        self.modified_row_count
    }

    /// The file that the statement (`PUT`, `GET`, `REMOVE`) wants transferred; absent for every other statement. The server has done nothing yet:
    /// whoever ran the statement carries it out. Its result has no rows.
    pub fn volume_operation(&self) -> Option<Arc<VolumeOperation>> {
        self.volume_operation.clone()
    }

    /// The result: the same object each time.
    pub fn result(&self) -> Arc<ResultStream> {
        Arc::clone(&self.result)
    }

    /// Asks the server to cancel the statement.
    pub fn cancel(&self) -> Result<(), KernelError> {
        self.cancel.blocking(|| Arc::clone(&self.handle).cancel())
    }

    /// `cancel`, awaited.
    pub async fn cancel_async(&self) -> Result<(), KernelError> {
        self.cancel.future(|| Arc::clone(&self.handle).cancel()).await
    }

    /// `cancel`, waiting at most `limit`; false means not yet.
    pub fn cancel_within(&self, limit: Duration) -> Result<bool, KernelError> {
        Ok(self.cancel.within(limit, || Arc::clone(&self.handle).cancel())?.is_some())
    }

    /// Ends the result and the statement on the server; does nothing when it has ended. The server is told in the background.
    pub fn end(&self) {
        self.result.end();
    }
}

impl ExecutedStatement {
    pub(super) fn new(executed: Executed) -> Arc<Self> {
        Arc::new(Self {
            result: ResultStream::new(executed.reader),
            modified_row_count: executed.modified_row_count,
            volume_operation: executed.file_operation.map(VolumeOperation::new),
            handle: executed.handle,
            cancel: Call::new(),
        })
    }
}
