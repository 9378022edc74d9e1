//! Whether a request is on its way.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// Shared by a request that may be sent several times and by whoever waits for it: since when the server has had it, while there is no reply.
pub(crate) struct Flight(watch::Sender<Option<Instant>>);

/// One attempt on its way; it has ended when this is dropped.
pub(super) struct Aloft<'a>(&'a Flight);

impl Flight {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(None)))
    }

    pub(super) fn begin(&self) -> Aloft<'_> {
        self.0.send_replace(Some(Instant::now()));
        Aloft(self)
    }

    /// Runs `request`, whose flight this is; none when it is given up, which is between two attempts alone: what is on its way is waited for.
    pub(crate) async fn unless<T>(
        &self,
        given_up: impl Future<Output = ()>,
        request: impl Future<Output = T>,
    ) -> Option<T> {
        let given_up = async {
            given_up.await;
            // The sender lives as long as `self`.
            let _ = self.0.subscribe().wait_for(Option::is_none).await;
        };
        tokio::select! {
            biased;
            answer = request => Some(answer),
            () = given_up => None,
        }
    }

    /// Waits until an attempt has been on its way for so long.
    pub(crate) async fn has_lasted(&self, limit: Duration) {
        let mut state = self.0.subscribe();
        loop {
            let since = state.wait_for(Option::is_some).await.ok().and_then(|since| *since);
            let Some(end) = since.and_then(|since| since.checked_add(limit)) else {
                return std::future::pending().await;
            };
            if timeout_at(end, state.wait_for(|now| *now != since)).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Aloft<'_> {
    fn drop(&mut self) {
        self.0.0.send_replace(None);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_attempt_counts_for_itself() {
        let flight = Flight::new();
        let attempts = async {
            for seconds in [3, 3, 7] {
                let _aloft = flight.begin();
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
        };
        let began = Instant::now();
        tokio::select! {
            () = attempts => panic!("the third attempt lasts too long"),
            () = flight.has_lasted(Duration::from_secs(5)) => {}
        }
        assert_eq!(began.elapsed(), Duration::from_secs(11));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_on_its_way_is_waited_for_and_nothing_is_sent_after_it() {
        let flight = Flight::new();
        let attempts = Cell::new(0);
        let request = async {
            loop {
                let aloft = flight.begin();
                attempts.set(attempts.get() + 1);
                tokio::time::sleep(Duration::from_secs(3)).await;
                drop(aloft);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let began = Instant::now();
        let answer: Option<()> = flight.unless(tokio::time::sleep(Duration::from_secs(5)), request).await;
        assert_eq!((answer, attempts.get(), began.elapsed()), (None, 2, Duration::from_secs(7)));
    }
}
