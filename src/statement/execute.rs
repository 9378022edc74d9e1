//! Execute and wait for the result.

use std::sync::Arc;

use super::start::{Mode, Started, cancelled, start};
use super::zone::ZoneOfSession;
use super::{Cancellation, StatementHandle, StatementSpec, modified_rows, outcome, poll};
use crate::error::{Code, Error, Result};
use crate::result::ResultReader;
use crate::sea::wire::StatementResponse;
use crate::session::SessionCore;
use crate::volume::FileOperation;

/// A statement that succeeded.
pub(crate) struct Executed {
    pub(crate) handle: Arc<StatementHandle>,
    /// The rows that a DML statement changed; absent for everything else.
    pub(crate) modified_row_count: Option<i64>,
    /// The file that the statement wants transferred: the server has done nothing yet.
    pub(crate) file_operation: Option<FileOperation>,
    pub(crate) reader: ResultReader,
}

/// Runs a statement to its end. Dropping the future cancels the statement on the server, also when the server has not yet answered.
pub(crate) async fn execute(
    session: Arc<SessionCore>,
    spec: StatementSpec,
    cancellation: Arc<Cancellation>,
) -> Result<Executed> {
    let started = match spec.timeout {
        None => start(&session, &spec, Mode::Wait, &cancellation).await?,
        Some(limit) => tokio::time::timeout(limit, start(&session, &spec, Mode::Wait, &cancellation)).await.map_err(
            |error| {
                Error::new(
                    Code::Timeout,
                    "the server did not answer within the statement's time limit; it will be cancelled",
                )
                .because(error)
            },
        )??,
    };
    let Started { handle, response } = started;
    let running = CancelOnDrop(Some(Arc::clone(&handle)));
    let response = poll::until_ended(&handle, Some(response), &cancellation).await?;
    running.ended();
    if let Err(error) = outcome::succeeded(&response, &handle) {
        handle.result_finished();
        return Err(if error.code == Code::Cancelled && cancellation.is_wished() {
            Error { source: Some(Box::new(error)), ..cancelled() }.of_query(&handle.id)
        } else {
            error
        });
    }
    session.zone.follow(&spec.sql, true);
    let names_a_file = response.manifest.as_ref().is_some_and(|manifest| manifest.is_volume_operation);
    let mut reader = open(&session, &handle, response)?;
    let file_operation = match names_a_file {
        true => {
            Some(FileOperation::read(&session.client, &mut reader).await.map_err(|error| error.of_query(&handle.id))?)
        }
        false => None,
    };
    let modified_row_count = modified_rows::count(&spec.sql, &mut reader).await?;
    Ok(Executed { handle, modified_row_count, file_operation, reader })
}

/// Opens the result of a statement that succeeded.
pub(super) fn open(
    session: &Arc<SessionCore>,
    handle: &Arc<StatementHandle>,
    response: StatementResponse,
) -> Result<ResultReader> {
    let zone = session.zone.set();
    let of_session = ZoneOfSession::now(session);
    ResultReader::new(Arc::clone(handle), response, &session.results, zone.as_deref(), of_session)
}

/// Gives a statement up when the wait for it is dropped or fails.
struct CancelOnDrop(Option<Arc<StatementHandle>>);

impl CancelOnDrop {
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            handle.abandon();
        }
    }
}

#[cfg(test)]
mod tests;
