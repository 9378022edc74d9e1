//! Running a statement on the engine.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;

use super::{Phase, StatementEntry};
use crate::engine::{EngineSession, SqlError, Statement};
use crate::faults::ResultFault;
use crate::links::Links;
use crate::result::{Format, Limits, Stored, collect};
use crate::server::Workers;
use crate::volumes::{self, LinkFaults, Volumes};

/// What a run needs beside the statement's entry.
pub(crate) struct Run {
    pub(crate) session: Arc<dyn EngineSession>,
    pub(crate) statement: Statement,
    pub(crate) format: Format,
    pub(crate) compressed: bool,
    pub(crate) limits: Limits,
    pub(crate) faults: Vec<ResultFault>,
    pub(crate) volumes: Arc<Volumes>,
    pub(crate) links: Arc<Links>,
}

/// Starts the statement. Aborting its task stops the engine's work.
pub(crate) fn start(workers: &Workers, entry: &Arc<StatementEntry>, run: Run) {
    let running = Arc::clone(entry);
    let task = workers.spawn(async move {
        running.advance(Phase::Running);
        let phase = AssertUnwindSafe(within_timeout(run)).catch_unwind().await.unwrap_or_else(|_| {
            Phase::Failed(SqlError::new("INTERNAL_ERROR", "XX000", "The engine broke off while it ran this statement."))
        });
        running.advance(phase);
    });
    match task {
        Some(task) => *entry.task() = Some(task.abort_handle()),
        None => drop(entry.advance(Phase::Canceled(None))),
    }
    if entry.phase().is_terminal() {
        entry.abort();
    }
}

/// The end of a statement. One that runs longer than its session allows is cancelled by the server.
async fn within_timeout(run: Run) -> Phase {
    let limit = run.session.statement_timeout();
    let work = to_end(run);
    let outcome = match limit {
        None => work.await,
        Some(limit) => match tokio::time::timeout(limit, work).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let text = format!("The statement ran longer than STATEMENT_TIMEOUT, {} seconds.", limit.as_secs());
                return Phase::Canceled(Some(SqlError::new("QUERY_EXECUTION_TIMEOUT_EXCEEDED", "57KD0", text)));
            }
        },
    };
    match outcome {
        Ok(stored) => Phase::Succeeded(Arc::new(stored)),
        Err(error) => Phase::Failed(error),
    }
}

async fn to_end(mut run: Run) -> Result<Stored, SqlError> {
    for fault in &run.faults {
        if let ResultFault::Slow { milliseconds } = fault {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
        }
    }
    let Some(statement) = volumes::parse(&run.statement.sql)? else {
        let answer = run.session.execute(run.statement).await?;
        return collect(answer, run.format, run.compressed, run.limits, run.faults).await;
    };
    let faults = LinkFaults::take(&mut run.faults);
    let outcome = volumes::run(statement, &run.volumes, &run.links, run.session.as_ref(), faults).await?;
    let stored = collect(outcome.answer, run.format, run.compressed, run.limits, run.faults).await?;
    Ok(Stored { is_volume_operation: outcome.is_volume_operation, ..stored })
}
