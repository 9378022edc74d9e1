//! How far a result has been read, told to the caller's own code.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::callback::CallbackError;
use crate::fork::Guarded;

/// The listener is called no more often than this.
const INTERVAL: Duration = Duration::from_millis(100);

/// How far a result has been read. A total is absent when the server did not announce it.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct Progress {
    /// Bytes of the Arrow streams that were handed over.
    pub bytes: i64,
    /// Their rows.
    pub rows: i64,
    /// How many there were.
    pub chunks: i64,
    /// How many bytes the server announced. What is handed over has other names and metadata, so that it differs a little.
    pub total_bytes: Option<i64>,
    /// How many rows the server announced.
    pub total_rows: Option<i64>,
    /// How many chunks the server announced.
    pub total_chunks: Option<i64>,
}

/// Told how far a result has been read, implemented in the caller's language.
#[uniffi::export(rust, foreign)]
pub trait ProgressListener: Send + Sync {
    /// Called on a thread that may wait, one call at a time and at most ten times a second; the last call has the last state. Reading
    /// goes on meanwhile. An error is ignored.
    fn progressed(&self, progress: Progress) -> Result<(), CallbackError>;
}

/// The listener of one result, if there is one.
pub(crate) struct ProgressReports(Guarded<Reports>);

enum Reports {
    None,
    /// Nothing was read since it was given.
    Given(Arc<dyn ProgressListener>),
    Running(watch::Sender<Progress>),
}

impl Default for ProgressReports {
    fn default() -> Self {
        Self(Guarded::new(Reports::None))
    }
}

impl ProgressReports {
    /// Replaces the listener; the one before it still gets the last state that was meant for it. Does nothing in a
    /// forked child.
    pub(crate) fn set_listener(&self, listener: Option<Arc<dyn ProgressListener>>) {
        if let Ok(mut reports) = self.0.lock() {
            *reports = listener.map_or(Reports::None, Reports::Given);
        }
    }

    /// Tells the listener, now or when it is due. Must be called on the kernel's runtime.
    pub(super) fn tell(&self, progress: &Progress) {
        let Ok(mut reports) = self.0.lock() else { return };
        if let Reports::Given(listener) = &*reports {
            let (sender, states) = watch::channel(Progress::default());
            tokio::spawn(report(Arc::clone(listener), states));
            *reports = Reports::Running(sender);
        }
        if let Reports::Running(sender) = &*reports {
            sender.send_replace(progress.clone());
        }
    }
}

/// Calls the listener until no more can change and it knows the last state.
async fn report(listener: Arc<dyn ProgressListener>, mut states: watch::Receiver<Progress>) {
    while states.changed().await.is_ok() {
        let progress = states.borrow_and_update().clone();
        let listener = Arc::clone(&listener);
        // Where the caller's code may wait without holding anything up.
        let called = tokio::task::spawn_blocking(move || listener.progressed(progress)).await;
        if let Ok(Err(error)) = called {
            tracing::debug!(%error, "the progress listener failed");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio::time::Instant;

    use super::*;

    struct Kept(mpsc::UnboundedSender<(Instant, i64)>);

    impl ProgressListener for Kept {
        fn progressed(&self, progress: Progress) -> Result<(), CallbackError> {
            let _ = self.0.send((Instant::now(), progress.chunks));
            Err(CallbackError::Failed { details: "ignored".to_owned() })
        }
    }

    #[tokio::test]
    async fn listener_gets_the_last_state_and_no_more_than_ten_calls_a_second() {
        let (sender, mut kept) = mpsc::unbounded_channel();
        let reports = ProgressReports::default();
        reports.tell(&Progress { chunks: 1, ..Progress::default() });
        reports.set_listener(Some(Arc::new(Kept(sender))));
        for chunks in 2..=1000 {
            reports.tell(&Progress { chunks, ..Progress::default() });
            tokio::task::yield_now().await;
        }
        drop(reports);
        let mut calls = Vec::new();
        while let Some(call) = kept.recv().await {
            calls.push(call);
        }
        assert_eq!(calls.last().unwrap().1, 1000);
        assert!(calls.windows(2).all(|pair| pair[1].0 - pair[0].0 >= INTERVAL), "{calls:?}");
    }
}
