//! The zone of TIMESTAMP columns that no chunk of a result tells.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use arrow_array::Array;
use arrow_array::cast::AsArray;

use super::{Cancellation, StatementSpec, execute};
use crate::error::{Error, Result};
use crate::result::{SessionZone, decode};
use crate::session::SessionCore;

/// The zone that a session had when a result was opened.
pub(super) struct ZoneOfSession {
    session: Arc<SessionCore>,
    changes: u64,
}

impl ZoneOfSession {
    pub(super) fn now(session: &Arc<SessionCore>) -> Arc<Self> {
        Arc::new(Self { session: Arc::clone(session), changes: session.zone.changes() })
    }
}

impl SessionZone for ZoneOfSession {
    fn seen(&self, zone: &str) {
        self.session.zone.learn(zone, self.changes);
    }

    fn zone(self: Arc<Self>) -> Pin<Box<dyn Future<Output = Result<String>> + Send>> {
        Box::pin(async move {
            let known = &self.session.zone;
            let _one_question = known.asking.lock().await;
            if let Some(zone) = known.known() {
                return Ok(zone);
            }
            let zone = ask(Arc::clone(&self.session)).await?;
            known.learn(&zone, self.changes);
            Ok(zone)
        })
    }
}

/// Asks the server. The answer is text: an answer that has a zone itself is none, and raises no further question.
async fn ask(session: Arc<SessionCore>) -> Result<String> {
    let spec = StatementSpec::of_metadata("SELECT current_timezone()".to_owned(), Vec::new());
    let mut reader = execute(session, spec, Cancellation::new()).await?.reader;
    let no_answer = || Error::internal("the server was asked for the session's time zone and did not name it");
    if reader.known_schema().is_none() {
        return Err(no_answer());
    }
    while let Some(chunk) = reader.next_chunk().await? {
        for batch in decode(&chunk)? {
            let names = batch.columns().first().and_then(|column| column.as_string_opt::<i32>());
            if let Some(names) = names.filter(|names| !names.is_empty() && names.is_valid(0)) {
                return Ok(names.value(0).to_owned());
            }
        }
    }
    Err(no_answer())
}

#[cfg(test)]
pub(super) mod tests;
