//! How many bytes one result may hold in the kernel.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use super::mapping::Mapping;
use super::memory::Scratch;

/// Mappings that are kept at most beyond those that chunks under way will want. They count against the limit, and go when it is reached.
const SPARE: usize = 2;

/// Bytes in flight, bytes that wait to be read, and memory kept for the next chunk, against a limit.
pub(super) struct Budget {
    limit: u64,
    state: Mutex<State>,
    freed: Notify,
    /// Something changed for those who wait for their turn.
    turn: Notify,
}

#[derive(Default)]
struct State {
    used: u64,
    /// The chunk that is delivered next.
    head: i64,
    /// The chunks that were delivered and not yet read.
    unread: usize,
    /// The chunks that wait for memory to be decoded into.
    waiting: BTreeSet<i64>,
    /// The chunks whose bytes are reserved and that have no memory to be decoded into yet.
    wanting: usize,
    spare: Vec<Mapping>,
    /// What compressed blocks were gathered in.
    scratch: Vec<Scratch>,
}

impl State {
    /// Mappings that are as good as reserved: for chunks under way, or the one that the next chunk will have.
    fn wanted(&self) -> usize {
        self.wanting.max(1)
    }

    /// The bytes of the spare mappings beyond those.
    fn idle_bytes(&self) -> u64 {
        self.spare.iter().skip(self.wanted()).map(|mapping| mapping.len() as u64).sum()
    }

    /// Whether `bytes` more fit, once enough of the idle memory is let go.
    fn fits(&mut self, bytes: u64, limit: u64) -> bool {
        if self.used.saturating_add(bytes) > limit {
            return false;
        }
        while self.idle_bytes() > 0 && self.used.saturating_add(bytes).saturating_add(self.idle_bytes()) > limit {
            self.spare.pop();
        }
        true
    }
}

/// A part of the budget, given back when it is dropped.
pub(super) struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
    /// Whether it has no memory to be decoded into yet.
    wanting: bool,
    delivered: bool,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, state: Mutex::default(), freed: Notify::new(), turn: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// Takes `bytes`, for a chunk that `wants` memory out of them; `None` when they do not fit. Anything fits while nothing is held, so that a chunk larger than the budget can pass.
    pub(super) fn reserve(self: &Arc<Self>, bytes: u64, wants: bool) -> Option<Reservation> {
        let mut state = self.state();
        let already = state.wanting;
        state.wanting += usize::from(wants);
        if !state.fits(bytes, self.limit) && state.used > 0 {
            state.wanting = already;
            return None;
        }
        state.used += bytes;
        Some(Reservation { budget: Arc::clone(self), bytes, wanting: wants, delivered: false })
    }

    /// Waits until bytes were given back since the last wait.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Says which chunk is delivered next. It does not wait for memory once all before it was read: nothing else would free some.
    pub(super) fn set_head(&self, index: i64) {
        self.state().head = index;
        self.turn.notify_waiters();
    }

    /// Keeps the memory of a chunk that was read for a later one.
    pub(super) fn keep(&self, mapping: Mapping) {
        let mut state = self.state();
        let held = state.used.saturating_add(state.idle_bytes()).saturating_add(mapping.len() as u64);
        let idle = state.spare.len().saturating_sub(state.wanted());
        if state.spare.len() < state.wanted() || idle < SPARE && held <= self.limit {
            state.spare.push(mapping);
        }
    }

    /// An empty buffer, with room if a chunk before has left one.
    pub(super) fn scratch(&self) -> Scratch {
        self.state().scratch.pop().unwrap_or_default()
    }

    /// Keeps such a buffer for a later chunk.
    pub(super) fn keep_scratch(&self, mut buffer: Scratch) {
        let mut state = self.state();
        if state.scratch.len() < SPARE {
            buffer.clear();
            state.scratch.push(buffer);
        }
    }
}

impl Reservation {
    /// The claim to memory to be decoded into, for when that is needed.
    pub(super) fn claim(&mut self) -> Claim {
        Claim { budget: Arc::clone(&self.budget), wanting: std::mem::take(&mut self.wanting) }
    }

    /// Reserves `bytes` in all, if that can be at once: `false` when [`Reservation::grow`] would wait.
    pub(super) fn try_grow(&mut self, index: i64, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let mut state = self.budget.state();
        let is_first = state.waiting.first().is_none_or(|first| index <= *first);
        let is_awaited = state.head == index && state.unread == 0;
        if more > 0 && !(is_first && state.fits(more, self.budget.limit) || is_awaited) {
            return false;
        }
        state.used += more;
        self.bytes += more;
        true
    }

    /// Waits until `bytes` are reserved in all, in the order of chunks. The one that the reader waits for gets them at once: the limit
    /// is passed by no more than that chunk.
    pub(super) async fn grow(&mut self, index: i64, bytes: u64) {
        let budget = Arc::clone(&self.budget);
        let _waiting = Waiting::begin(&budget, index);
        loop {
            let changed = budget.turn.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change is missed.
            changed.as_mut().enable();
            if self.try_grow(index, bytes) {
                return;
            }
            changed.await;
        }
    }

    /// It is the reader's from here on, who has not yet taken it.
    pub(super) fn deliver(&mut self) {
        self.delivered = true;
        self.budget.state().unread += 1;
    }

    /// Changes what was reserved by estimate into what is held.
    pub(super) fn settle(&mut self, bytes: u64) {
        let bytes = bytes.min(u64::MAX / 2);
        let budget = Arc::clone(&self.budget);
        let mut state = budget.state();
        state.wanting -= usize::from(std::mem::take(&mut self.wanting));
        state.used = state.used + bytes - self.bytes;
        drop(state);
        if bytes < self.bytes {
            self.budget.freed.notify_one();
            self.budget.turn.notify_waiters();
        }
        self.bytes = bytes;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.delivered {
            self.budget.state().unread -= 1;
        }
        self.settle(0);
        self.budget.turn.notify_waiters();
    }
}

/// A chunk's claim to the memory of one that was read.
pub(super) struct Claim {
    budget: Arc<Budget>,
    /// Whether such memory is kept for it.
    wanting: bool,
}

impl Claim {
    /// Memory for `length` bytes and not much more; without it the chunk has its own from here on.
    pub(super) fn spare(self, length: usize) -> Option<Mapping> {
        let mut state = self.budget.state();
        let fitting = state.spare.iter().position(|mapping| (length..=length + length / 4).contains(&mapping.len()));
        fitting.map(|position| state.spare.swap_remove(position))
    }

    /// Where a mapping goes when its chunk was read.
    pub(super) fn budget(&self) -> Weak<Budget> {
        Arc::downgrade(&self.budget)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.budget.state().wanting -= usize::from(self.wanting);
    }
}

/// A chunk in the queue for memory, until its wait ends in whatever way.
struct Waiting<'a> {
    budget: &'a Budget,
    index: i64,
}

impl<'a> Waiting<'a> {
    fn begin(budget: &'a Budget, index: i64) -> Self {
        budget.state().waiting.insert(index);
        Self { budget, index }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.budget.state().waiting.remove(&self.index);
        self.budget.turn.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserve_stops_at_the_limit_and_goes_on_when_bytes_are_given_back() {
        let budget = Budget::new(100);
        let first = budget.reserve(60, true).unwrap();
        assert!(budget.reserve(41, true).is_none());
        let mut second = budget.reserve(40, true).unwrap();
        drop(first);
        assert!(budget.reserve(61, true).is_none());
        second.settle(10);
        assert!(budget.reserve(90, true).is_some());
    }

    #[test]
    fn reserve_of_more_than_the_limit_succeeds_only_alone() {
        let budget = Budget::new(100);
        let small = budget.reserve(1, true).unwrap();
        assert!(budget.reserve(1000, true).is_none());
        drop(small);
        let large = budget.reserve(1000, true).unwrap();
        assert!(budget.reserve(0, true).is_none());
        drop(large);
        assert!(budget.reserve(100, true).is_some());
    }

    #[tokio::test]
    async fn grow_is_granted_in_order_and_at_once_to_the_chunk_that_the_reader_waits_for() {
        let budget = Budget::new(100);
        let mut chunks: Vec<_> = (0..4).map(|_| budget.reserve(25, true).unwrap()).collect();
        budget.set_head(0);
        assert!(!chunks[1].try_grow(1, 40), "nothing is free");
        assert!(chunks[0].try_grow(0, 40), "the reader waits for it");
        chunks[0].deliver();
        budget.set_head(1);
        assert!(!chunks[1].try_grow(1, 40), "the reader has the one before to read");
        let (first, mut third, mut second) = (chunks.remove(0), chunks.remove(1), chunks.remove(0));
        let third = tokio::spawn(async move {
            third.grow(2, 40).await;
            third
        });
        let second = tokio::spawn(async move {
            second.grow(1, 40).await;
            second
        });
        tokio::task::yield_now().await;
        drop(first);
        // 75 were held, 15 more fit once.
        let second = second.await.unwrap();
        tokio::task::yield_now().await;
        assert!(!third.is_finished());
        drop(second);
        third.await.unwrap();
    }

    #[test]
    fn memory_that_was_read_is_kept_for_chunks_under_way_and_more_only_within_the_limit() {
        let budget = Budget::new(100);
        let mapping = |length| Mapping::new(length).unwrap();
        let mut first = budget.reserve(50, true).unwrap();
        let mut second = budget.reserve(50, true).unwrap();
        budget.keep(mapping(60));
        budget.keep(mapping(50));
        budget.keep(mapping(40));
        assert!(second.claim().spare(61).is_none(), "too small");
        assert!(second.claim().spare(30).is_none(), "the third did not fit, the others are much too large");
        assert_eq!(first.claim().spare(55).unwrap().len(), 60);
        assert_eq!(first.claim().spare(50).unwrap().len(), 50);
        drop(first);
        budget.keep(mapping(20));
        budget.keep(mapping(30));
        let mut more = budget.reserve(40, true).unwrap();
        assert!(more.claim().spare(30).is_none(), "it made room");
        assert_eq!(more.claim().spare(20).unwrap().len(), 20);
    }

    #[tokio::test]
    async fn freed_returns_when_a_reservation_was_dropped_before_or_after() {
        let budget = Budget::new(1);
        drop(budget.reserve(1, true));
        budget.freed().await;
        let held = budget.reserve(1, true);
        let waiting = tokio::spawn({
            let budget = Arc::clone(&budget);
            async move { budget.freed().await }
        });
        drop(held);
        waiting.await.unwrap();
    }
}
