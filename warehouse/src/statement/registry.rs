//! The statements that the server remembers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Phase, StatementEntry};

/// All statements by id.
pub(crate) struct Statements {
    all: Mutex<HashMap<String, Arc<StatementEntry>>>,
    /// How long an ended statement keeps its result; it is closed then.
    result_ttl: Duration,
    /// How long a closed one still answers CLOSED; it is forgotten then.
    closed_ttl: Duration,
}

impl Statements {
    pub(crate) fn new(result_ttl: Duration, closed_ttl: Duration) -> Self {
        Self { all: Mutex::default(), result_ttl, closed_ttl }
    }

    /// Remembers a statement, and frees or forgets those that are too old.
    pub(crate) fn add(&self, entry: &Arc<StatementEntry>) {
        let mut all = self.all();
        all.retain(|_, kept| self.keeps(kept));
        all.insert(entry.id.clone(), Arc::clone(entry));
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<StatementEntry>> {
        let mut all = self.all();
        if !self.keeps(all.get(id)?) {
            all.remove(id);
        }
        all.get(id).cloned()
    }

    /// Closes a statement that is too old; answers whether it is still remembered.
    fn keeps(&self, entry: &StatementEntry) -> bool {
        match entry.phase() {
            Phase::Pending | Phase::Running => true,
            Phase::Closed => entry.since().elapsed() < self.closed_ttl,
            Phase::Succeeded(_) | Phase::Failed(_) | Phase::Canceled(_) => {
                if entry.since().elapsed() >= self.result_ttl {
                    entry.close();
                }
                true
            }
        }
    }

    /// Stops the queries of a session that ends; their results so far stay.
    pub(crate) fn cancel_session(&self, session_id: &str) {
        for kept in self.all().values().filter(|kept| kept.session_id.as_deref() == Some(session_id)) {
            kept.cancel();
        }
    }

    pub(crate) fn cancel_all(&self) {
        self.all().values().for_each(|kept| kept.cancel());
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<StatementEntry>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::statement::Disposition;

    const LONG: Duration = Duration::from_secs(3600);

    #[rstest]
    #[case(Phase::Running, Duration::ZERO, Duration::ZERO, Some("RUNNING"))]
    #[case(Phase::Canceled(None), LONG, LONG, Some("CANCELED"))]
    #[case(Phase::Canceled(None), Duration::ZERO, LONG, Some("CLOSED"))]
    #[case(Phase::Closed, LONG, LONG, Some("CLOSED"))]
    #[case(Phase::Closed, LONG, Duration::ZERO, None)]
    fn statement_is_closed_and_then_forgotten(
        #[case] phase: Phase,
        #[case] result_ttl: Duration,
        #[case] closed_ttl: Duration,
        #[case] expected: Option<&str>,
    ) {
        let statements = Statements::new(result_ttl, closed_ttl);
        let entry = StatementEntry::new(None, Disposition::Inline);
        statements.add(&entry);
        assert!(entry.advance(phase));
        assert_eq!(statements.get(&entry.id).map(|entry| entry.phase().name()), expected);
    }
}
