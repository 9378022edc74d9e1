//! Running a statement on the engine.

use std::sync::Arc;

use super::{Phase, StatementEntry};
use crate::engine::{EngineSession, SqlError, Statement};
use crate::faults::ResultFault;
use crate::result::{Format, Limits, Stored, collect};

/// What a run needs beside the statement's entry.
pub(crate) struct Run {
    pub(crate) session: Arc<dyn EngineSession>,
    pub(crate) statement: Statement,
    pub(crate) format: Format,
    pub(crate) compressed: bool,
    pub(crate) limits: Limits,
    pub(crate) faults: Vec<ResultFault>,
}

/// Starts the statement. Aborting its task stops the engine's work.
pub(crate) fn start(entry: &Arc<StatementEntry>, run: Run) {
    let running = Arc::clone(entry);
    let task = tokio::spawn(async move {
        running.advance(Phase::Running);
        let outcome = match within_timeout(run).await {
            Ok(stored) => Phase::Succeeded(Arc::new(stored)),
            Err(error) => Phase::Failed(error),
        };
        running.advance(outcome);
    });
    *entry.task() = Some(task.abort_handle());
    if entry.phase().is_terminal() {
        entry.abort();
    }
}

async fn within_timeout(run: Run) -> Result<Stored, SqlError> {
    match run.session.statement_timeout() {
        None => to_end(run).await,
        Some(limit) => tokio::time::timeout(limit, to_end(run)).await.unwrap_or_else(|_| {
            let text = format!(
                "The query was cancelled because it ran longer than STATEMENT_TIMEOUT, {} seconds.",
                limit.as_secs()
            );
            Err(SqlError::new("QUERY_EXECUTION_TIMEOUT_EXCEEDED", "57KD0", text))
        }),
    }
}

async fn to_end(run: Run) -> Result<Stored, SqlError> {
    let answer = run.session.execute(run.statement).await?;
    collect(answer, run.format, run.compressed, run.limits, run.faults).await
}
