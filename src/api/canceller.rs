//! The exported canceller.

use std::sync::Arc;
use std::time::Duration;

use crate::call::Call;
use crate::error::KernelError;
use crate::statement::Cancellation;

/// Cancels one run of a statement: from any thread, before, while and after it runs, as often as you like.
/// Cancelling is a request: the statement may still succeed.
#[derive(uniffi::Object)]
pub struct Canceller {
    cancellation: Arc<Cancellation>,
    cancel: Call<()>,
}

#[uniffi::export]
impl Canceller {
    /// The server's id of the statement; absent before the server has answered.
    pub fn statement_id(&self) -> Option<String> {
        self.cancellation.statement_id()
    }

    /// Asks for the cancellation and returns at once. Without an id yet, the wish is kept and goes out as soon as there is one,
    /// which is 5 s after the statement was sent at the latest.
    pub fn request(&self) {
        self.cancellation.request();
    }

    /// Cancels and waits for the server's acknowledgement; without an id yet, does as `request`.
    /// Source: `POST /api/2.0/sql/statements/ID/cancel`.
    pub fn cancel(&self) -> Result<(), KernelError> {
        self.cancel.blocking(|| Arc::clone(&self.cancellation).cancel())
    }

    /// `cancel`, awaited.
    pub async fn cancel_async(&self) -> Result<(), KernelError> {
        self.cancel.future(|| Arc::clone(&self.cancellation).cancel()).await
    }

    /// `cancel`, waiting at most `limit`; false means not yet.
    pub fn cancel_within(&self, limit: Duration) -> Result<bool, KernelError> {
        Ok(self.cancel.within(limit, || Arc::clone(&self.cancellation).cancel())?.is_some())
    }
}

impl Canceller {
    pub(super) fn new(cancellation: Arc<Cancellation>) -> Arc<Self> {
        Arc::new(Self { cancellation, cancel: Call::new() })
    }
}
