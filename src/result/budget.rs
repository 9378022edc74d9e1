//! How many bytes one result may hold in the kernel.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// Bytes in flight and bytes that wait to be read, against a limit.
pub(super) struct Budget {
    limit: u64,
    used: AtomicU64,
    freed: Notify,
}

/// A part of the budget, given back when it is dropped.
pub(super) struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicU64::new(0), freed: Notify::new() })
    }

    /// Takes `bytes`; `None` when they do not fit. Anything fits while nothing is held, so that a chunk larger than the budget can pass.
    pub(super) fn reserve(self: &Arc<Self>, bytes: u64) -> Option<Reservation> {
        let fits = |used: u64| {
            let needed = used.saturating_add(bytes);
            (used == 0 || needed <= self.limit).then_some(needed)
        };
        self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).ok()?;
        Some(Reservation { budget: Arc::clone(self), bytes })
    }

    /// Waits until bytes were given back since the last wait.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }
}

impl Reservation {
    /// Changes what was reserved by estimate into what is held.
    pub(super) fn settle(&mut self, bytes: u64) {
        let bytes = bytes.min(u64::MAX / 2);
        if bytes > self.bytes {
            self.budget.used.fetch_add(bytes - self.bytes, Ordering::AcqRel);
        } else {
            self.budget.used.fetch_sub(self.bytes - bytes, Ordering::AcqRel);
            self.budget.freed.notify_one();
        }
        self.bytes = bytes;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.settle(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserve_stops_at_the_limit_and_goes_on_when_bytes_are_given_back() {
        let budget = Budget::new(100);
        let first = budget.reserve(60).unwrap();
        assert!(budget.reserve(41).is_none());
        let mut second = budget.reserve(40).unwrap();
        drop(first);
        assert!(budget.reserve(61).is_none());
        second.settle(10);
        assert!(budget.reserve(90).is_some());
    }

    #[test]
    fn reserve_of_more_than_the_limit_succeeds_only_alone() {
        let budget = Budget::new(100);
        let small = budget.reserve(1).unwrap();
        assert!(budget.reserve(1000).is_none());
        drop(small);
        let large = budget.reserve(1000).unwrap();
        assert!(budget.reserve(0).is_none());
        drop(large);
        assert!(budget.reserve(100).is_some());
    }

    #[tokio::test]
    async fn freed_returns_when_a_reservation_was_dropped_before_or_after() {
        let budget = Budget::new(1);
        drop(budget.reserve(1));
        budget.freed().await;
        let held = budget.reserve(1);
        let waiting = tokio::spawn({
            let budget = Arc::clone(&budget);
            async move { budget.freed().await }
        });
        drop(held);
        waiting.await.unwrap();
    }
}
