//! Statements: their states, and the tasks that run them.

mod registry;
mod run;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::engine::SqlError;
use crate::result::Stored;

pub(crate) use registry::Statements;
pub(crate) use run::{Run, start};

/// Where a statement stands.
#[derive(Clone)]
pub(crate) enum Phase {
    Pending,
    Running,
    Succeeded(Arc<Stored>),
    Failed(SqlError),
    /// By the client, or, for the reason given, by the server.
    Canceled(Option<SqlError>),
    Closed,
}

impl Phase {
    pub(crate) fn is_terminal(&self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// The state's name on the wire.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Succeeded(_) => "SUCCEEDED",
            Self::Failed(_) => "FAILED",
            Self::Canceled(_) => "CANCELED",
            Self::Closed => "CLOSED",
        }
    }
}

/// How a result is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    Inline,
    ExternalLinks,
    Hybrid,
}

/// A statement that a client has sent.
pub(crate) struct StatementEntry {
    pub(crate) id: String,
    pub(crate) session_id: Option<String>,
    pub(crate) disposition: Disposition,
    /// The phase, and since when.
    phase: watch::Sender<(Phase, Instant)>,
    task: Mutex<Option<AbortHandle>>,
}

impl StatementEntry {
    pub(crate) fn new(session_id: Option<String>, disposition: Disposition) -> Arc<Self> {
        let (id, phase) = (uuid::Uuid::now_v7().to_string(), watch::Sender::new((Phase::Pending, Instant::now())));
        Arc::new(Self { id, session_id, disposition, phase, task: Mutex::default() })
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.borrow().0.clone()
    }

    /// Since when it has been in its phase.
    fn since(&self) -> Instant {
        self.phase.borrow().1
    }

    /// Waits until the statement has ended.
    pub(crate) async fn ended(&self) {
        // The sender lives as long as `self`.
        let _ = self.phase.subscribe().wait_for(|(phase, _)| phase.is_terminal()).await;
    }

    /// Stops the query, if it still runs.
    pub(crate) fn cancel(&self) {
        if self.advance(Phase::Canceled(None)) {
            self.abort();
        }
    }

    /// Frees the result, and stops the query if it still runs.
    pub(crate) fn close(&self) {
        self.phase.send_if_modified(|(phase, since)| {
            let moves = !matches!(phase, Phase::Closed);
            if moves {
                (*phase, *since) = (Phase::Closed, Instant::now());
            }
            moves
        });
        self.abort();
    }

    /// Moves on, unless the statement has ended; answers whether it moved.
    fn advance(&self, next: Phase) -> bool {
        tracing::debug!(statement_id = self.id, phase = next.name(), "statement");
        self.phase.send_if_modified(|(phase, since)| {
            let moves = !phase.is_terminal();
            if moves {
                (*phase, *since) = (next, Instant::now());
            }
            moves
        })
    }

    fn abort(&self) {
        if let Some(task) = self.task().take() {
            task.abort();
        }
    }

    fn task(&self) -> MutexGuard<'_, Option<AbortHandle>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
