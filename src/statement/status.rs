//! One look at a statement's state.

use std::sync::Arc;

use super::{StatementHandle, outcome};
use crate::error::{Error, Result};

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum StatementState {
    /// Accepted, not yet running.
    Pending,
    /// Running.
    Running,
    /// Done; its result can be fetched.
    Succeeded,
    /// Failed; the status says why.
    Failed,
    /// Cancelled, by a client or by a time limit.
    Cancelled,
    /// Closed; its result is gone.
    Closed,
}

impl StatementState {
    /// Whether the state is final.
    pub(crate) fn is_terminal(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }
}

/// Asks the server once. The second value says why a `Failed` statement failed.
pub(crate) async fn status(handle: Arc<StatementHandle>) -> Result<(StatementState, Option<Error>)> {
    handle.check_open()?;
    let response = handle.client.statement(&handle.id).await.map_err(|error| error.of_query(&handle.id))?;
    let state = outcome::state(&response)?;
    if state.is_terminal() {
        handle.has_ended();
    }
    Ok((state, (state == StatementState::Failed).then(|| outcome::failure(&response))))
}
