//! The statements that the server remembers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Phase, StatementEntry};

/// How long a statement is remembered after it was made.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// How long a closed one still answers CLOSED.
const KEPT_CLOSED: Duration = Duration::from_secs(60);

/// All statements by id.
#[derive(Default)]
pub(crate) struct Statements(Mutex<HashMap<String, Remembered>>);

struct Remembered {
    entry: Arc<StatementEntry>,
    since: Instant,
}

impl Statements {
    /// Remembers a statement, and forgets those that are too old.
    pub(crate) fn add(&self, entry: &Arc<StatementEntry>) {
        let mut all = self.all();
        all.retain(|_, kept| {
            let limit = if matches!(kept.entry.phase(), Phase::Closed) { KEPT_CLOSED } else { KEPT };
            kept.since.elapsed() < limit || !kept.entry.phase().is_terminal()
        });
        all.insert(entry.id.clone(), Remembered { entry: Arc::clone(entry), since: Instant::now() });
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<StatementEntry>> {
        self.all().get(id).map(|kept| Arc::clone(&kept.entry))
    }

    /// Frees a statement's result. It answers CLOSED for a while.
    pub(crate) fn close(&self, id: &str) -> bool {
        let mut all = self.all();
        let Some(kept) = all.get_mut(id) else { return false };
        kept.since = Instant::now();
        kept.entry.close();
        true
    }

    /// Stops the queries of a session that ends; their results so far stay.
    pub(crate) fn cancel_session(&self, session_id: &str) {
        for kept in self.all().values().filter(|kept| kept.entry.session_id.as_deref() == Some(session_id)) {
            kept.entry.cancel();
        }
    }

    pub(crate) fn cancel_all(&self) {
        for kept in self.all().values() {
            kept.entry.cancel();
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
