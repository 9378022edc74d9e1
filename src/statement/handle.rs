//! A statement on the server, known by its id.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::error::{Code, Error, Result};
use crate::runtime::in_background;
use crate::sea::client::SeaClient;
use crate::shutdown::Holding;

/// A statement that the server knows. Shared by the object that ran it and the results that read it.
pub(crate) struct StatementHandle {
    pub(crate) client: Arc<SeaClient>,
    pub(crate) id: String,
    /// When a wait for the result gives up and cancels the statement.
    pub(crate) deadline: Option<Instant>,
    /// Whether the statement has served once its result was read: true for what was executed, false for what was submitted,
    /// whose result can be fetched again.
    ends_with_result: bool,
    /// The server has said that it does not run any more.
    ended: AtomicBool,
    closed: AtomicBool,
}

impl StatementHandle {
    /// The handle of a statement that ends with its result.
    pub(crate) fn executed(client: Arc<SeaClient>, id: String, deadline: Option<Instant>) -> Arc<Self> {
        Arc::new(Self { ends_with_result: true, ..Self::new(client, id, deadline) })
    }

    /// The handle of a statement that goes on by itself.
    pub(crate) fn submitted(client: Arc<SeaClient>, id: String, deadline: Option<Instant>) -> Arc<Self> {
        Arc::new(Self::new(client, id, deadline))
    }

    fn new(client: Arc<SeaClient>, id: String, deadline: Option<Instant>) -> Self {
        let (ended, closed) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { client, id, deadline, ends_with_result: false, ended, closed }
    }

    /// The server has answered with a final state.
    pub(super) fn has_ended(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// Whether it may still run, as far as is known.
    pub(crate) fn may_run(&self) -> bool {
        !self.ended.load(Ordering::Acquire) && !self.closed.load(Ordering::Acquire)
    }

    /// Tells the server, in the background and once, that the result was read or given up; does nothing when the statement outlives it.
    pub(crate) fn result_finished(&self) {
        if self.ends_with_result {
            self.close_in_background(false);
        }
    }

    /// Gives the statement up: cancels it if it may still run, and closes it, in the background.
    pub(crate) fn abandon(&self) {
        self.close_in_background(self.may_run());
    }

    /// The server has closed the statement by itself.
    pub(crate) fn closed_by_server(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Asks the server to cancel; the statement may still succeed. One that is closed or unknown has nothing to cancel.
    pub(crate) async fn cancel(self: Arc<Self>) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            return Ok(());
        }
        self.client.cancel(&self.id).await.map_err(|error| error.of_query(&self.id))
    }

    /// Closes the statement on the server; does nothing when it is closed. Later calls on it fail with `InvalidStatementHandle`.
    pub(crate) async fn close(self: Arc<Self>) -> Result<()> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.client.close_statement(&self.id).await.map_err(|error| error.of_query(&self.id))
    }

    /// Refuses a statement that was closed here.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::new(Code::InvalidStatementHandle, "the statement was closed").of_query(&self.id));
        }
        Ok(())
    }

    fn close_in_background(&self, cancel_first: bool) {
        // After a fork the statement is the parent's: it may still be read there.
        if !self.client.origin.is_here() || self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        let (client, id) = (Arc::clone(&self.client), self.id.clone());
        in_background(async move {
            if cancel_first && let Err(error) = client.cancel(&id).await {
                tracing::debug!(%error, statement_id = id, "an abandoned statement was not cancelled");
            }
            if let Err(error) = client.close_statement(&id).await {
                tracing::debug!(%error, statement_id = id, "the statement was not closed");
            }
        });
    }
}

impl Holding for StatementHandle {
    fn give_back(&self) {
        self.abandon();
    }
}
