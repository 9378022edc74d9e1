//! Cancelling one run, from any thread, before, while and after it runs.

use std::sync::Arc;

use tokio::sync::watch;

use super::StatementHandle;
use crate::error::Result;
use crate::fork::{Guarded, Local};
use crate::runtime::in_background;

/// The wish to cancel one run. It is kept until there is a statement to cancel.
pub(crate) struct Cancellation {
    wished: Local<watch::Sender<bool>>,
    statement: Guarded<Option<Arc<StatementHandle>>>,
}

impl Cancellation {
    /// The cancellation of a run that has no statement yet.
    pub(crate) fn new() -> Arc<Self> {
        Self::with(None)
    }

    /// The cancellation of a statement that the server knows.
    pub(crate) fn of(handle: &Arc<StatementHandle>) -> Arc<Self> {
        Self::with(Some(Arc::clone(handle)))
    }

    fn with(statement: Option<Arc<StatementHandle>>) -> Arc<Self> {
        let wished = Local::new(watch::Sender::new(false));
        Arc::new(Self { wished, statement: Guarded::new(statement) })
    }

    /// The server's id of the statement; absent before the server has answered.
    pub(crate) fn statement_id(&self) -> Option<String> {
        self.statement.look()?.as_ref().map(|handle| handle.id.clone())
    }

    /// Cancels and waits for the server's acknowledgement, if there is a statement by now.
    pub(crate) async fn cancel(self: Arc<Self>) -> Result<()> {
        match self.wish() {
            Some(handle) => handle.cancel().await,
            None => Ok(()),
        }
    }

    /// Cancels without waiting: now if there is a statement, else as soon as there is.
    pub(crate) fn request(&self) {
        if let Some(handle) = self.wish() {
            cancel_in_background(handle);
        }
    }

    /// The server has answered: this is the statement. A wish that was kept goes out.
    pub(super) fn found(&self, handle: &Arc<StatementHandle>) {
        let Ok(mut statement) = self.statement.lock() else { return };
        *statement = Some(Arc::clone(handle));
        if self.is_wished() {
            cancel_in_background(Arc::clone(handle));
        }
    }

    pub(super) fn is_wished(&self) -> bool {
        *self.wished.borrow()
    }

    /// Waits until somebody wishes to cancel.
    pub(super) async fn wished(&self) {
        // The sender lives as long as `self`, so the wait ends with the wish alone.
        let _ = self.wished.subscribe().wait_for(|wished| *wished).await;
    }

    /// Notes the wish; answers the statement if there is one by now. The lock orders it against `found`: one of the two sends the cancel.
    fn wish(&self) -> Option<Arc<StatementHandle>> {
        // After a fork the statement is the parent's.
        let statement = self.statement.lock().ok()?;
        self.wished.send_replace(true);
        statement.clone()
    }
}

fn cancel_in_background(handle: Arc<StatementHandle>) {
    in_background(async move {
        if let Err(error) = handle.cancel().await {
            tracing::debug!(%error, "the statement was not cancelled");
        }
    });
}
