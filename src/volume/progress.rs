//! How far a transfer is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// What is not known.
const UNKNOWN: i64 = -1;

/// How far a transfer is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TransferProgress {
    /// How many bytes have been transferred. An upload that has to begin anew starts again from 0.
    pub transferred_bytes: i64,
    /// How many bytes there are; absent while that is not known.
    pub total_bytes: Option<i64>,
}

/// The counters of one transfer, written by it and read by whoever asks.
pub(crate) struct Progress {
    pub(super) transferred: Arc<AtomicU64>,
    total: AtomicI64,
}

impl Progress {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { transferred: Arc::default(), total: AtomicI64::new(UNKNOWN) })
    }

    pub(super) fn set_total(&self, bytes: u64) {
        self.total.store(i64::try_from(bytes).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    pub(super) fn set_transferred(&self, bytes: u64) {
        self.transferred.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn report(&self) -> TransferProgress {
        let total = self.total.load(Ordering::Relaxed);
        TransferProgress {
            transferred_bytes: i64::try_from(self.transferred.load(Ordering::Relaxed)).unwrap_or(i64::MAX),
            total_bytes: (total != UNKNOWN).then_some(total),
        }
    }
}
