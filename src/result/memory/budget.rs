//! How many bytes one result may hold in the kernel.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use super::mapping::Mapping;

/// Mappings that are kept at most beyond those that chunks under way will want. They count against the limit, and go when it is reached.
const SPARE: usize = 2;

/// Bytes in flight, bytes that wait to be read, and memory kept for the next chunk, against a limit.
pub(in crate::result) struct Budget {
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
    unread_bytes: u64,
    /// The chunks that wait for memory to be decoded into.
    waiting: BTreeSet<i64>,
    /// Bytes of chunks that were asked for and have no room yet.
    ahead: u64,
    /// The chunks whose bytes are reserved and that have no memory to be decoded into yet.
    wanting: usize,
    spare: Vec<Mapping>,
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

    /// Whether the reader waits for this chunk: nothing that came before it is left to read.
    fn is_awaited(&self, index: i64) -> bool {
        self.head == index && self.unread == 0
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
pub(in crate::result) struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
    /// The bytes that it waits for, where it was made ahead of them.
    ahead: u64,
    /// Whether it has no memory to be decoded into yet.
    wanting: bool,
    delivered: bool,
}

impl Budget {
    pub(in crate::result) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, state: Mutex::default(), freed: Notify::new(), turn: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes were delivered and not yet read.
    pub(in crate::result) fn unread_bytes(&self) -> u64 {
        self.state().unread_bytes
    }

    pub(in crate::result) fn limit(&self) -> u64 {
        self.limit
    }

    /// Takes `bytes`, for a chunk that `wants` memory out of them; `None` when they do not fit. Anything fits while nothing is held, so that a chunk larger than the budget can pass.
    pub(in crate::result) fn reserve(self: &Arc<Self>, bytes: u64, wants: bool) -> Option<Reservation> {
        let mut state = self.state();
        let already = state.wanting;
        state.wanting += usize::from(wants);
        let is_turn = state.waiting.is_empty() && state.ahead == 0;
        if !(is_turn && state.fits(bytes, self.limit)) && (state.used > 0 || state.ahead > 0) {
            state.wanting = already;
            return None;
        }
        state.used += bytes;
        Some(Reservation { budget: Arc::clone(self), bytes, ahead: 0, wanting: wants, delivered: false })
    }

    /// Leave to ask for a chunk of `bytes` that there is no room for yet: while the reader waits there will be, by the time that the chunk
    /// begins to arrive. Nothing of it may be held before [`Reservation::admit`].
    pub(in crate::result) fn reserve_ahead(self: &Arc<Self>, bytes: u64) -> Option<Reservation> {
        let mut state = self.state();
        let ahead = state.ahead.saturating_add(bytes);
        if state.unread > 0 || ahead > self.limit / 2 {
            return None;
        }
        state.ahead = ahead;
        Some(Reservation { budget: Arc::clone(self), bytes: 0, ahead: bytes, wanting: false, delivered: false })
    }

    /// Waits until bytes were given back since the last wait.
    pub(in crate::result) async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Waits until `is_so`, looking whenever a chunk's turn may have come.
    async fn until(&self, mut is_so: impl FnMut() -> bool) {
        loop {
            let changed = self.turn.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change is missed.
            changed.as_mut().enable();
            if is_so() {
                return;
            }
            changed.await;
        }
    }

    /// Says which chunk is delivered next. It does not wait for memory once all before it was read: nothing else would free some.
    pub(in crate::result) fn set_head(&self, index: i64) {
        self.state().head = index;
        self.turn.notify_waiters();
    }

    /// Keeps the memory of a chunk that was read for a later one.
    pub(in crate::result) fn keep(&self, mapping: Mapping) {
        let mut state = self.state();
        let held = state.used.saturating_add(state.idle_bytes()).saturating_add(mapping.len() as u64);
        let idle = state.spare.len().saturating_sub(state.wanted());
        if state.spare.len() < state.wanted() || idle < SPARE && held <= self.limit {
            state.spare.push(mapping);
        }
    }
}

impl Reservation {
    /// The claim to memory to be decoded into, for when that is needed.
    pub(in crate::result) fn claim(&mut self) -> Claim {
        Claim { budget: Arc::clone(&self.budget), wanting: std::mem::take(&mut self.wanting) }
    }

    /// Reserves `bytes` in all, if that can be at once: `false` when [`Reservation::grow`] would wait.
    pub(in crate::result) fn try_grow(&mut self, index: i64, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let mut state = self.budget.state();
        let is_first = state.waiting.first().is_none_or(|first| index <= *first);
        if more > 0 && !(is_first && state.fits(more, self.budget.limit) || state.is_awaited(index)) {
            return false;
        }
        state.used += more;
        self.bytes += more;
        if self.ahead > 0 {
            state.ahead -= std::mem::take(&mut self.ahead);
            // Another one may be asked for.
            self.budget.freed.notify_one();
        }
        true
    }

    /// How many bytes are reserved.
    pub(in crate::result) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the reader waits for this chunk.
    pub(in crate::result) fn is_awaited(&self, index: i64) -> bool {
        self.budget.state().is_awaited(index)
    }

    /// Whether nothing of its chunk may be held yet.
    pub(in crate::result) fn is_ahead(&self) -> bool {
        self.ahead > 0
    }

    /// Waits until there is room for what was asked for ahead of it.
    pub(in crate::result) async fn admit(&mut self, index: i64) {
        if self.is_ahead() {
            self.grow(index, self.ahead).await;
        }
    }

    /// Waits until `bytes` are reserved in all, in the order of chunks. The one that the reader waits for gets them at once: the limit
    /// is passed by no more than that chunk.
    pub(in crate::result) async fn grow(&mut self, index: i64, bytes: u64) {
        let budget = Arc::clone(&self.budget);
        let _waiting = Waiting::begin(&budget, index);
        budget.until(|| self.try_grow(index, bytes)).await;
    }

    /// Waits until the reader waits for this chunk.
    pub(in crate::result) async fn awaited(&self, index: i64) {
        self.budget.until(|| self.is_awaited(index)).await;
    }

    /// It is the reader's from here on, who has not yet taken it.
    pub(in crate::result) fn deliver(&mut self) {
        self.delivered = true;
        let mut state = self.budget.state();
        state.unread += 1;
        state.unread_bytes += self.bytes;
    }

    /// The reader has taken it. Says whether its bytes may count for as long as it is in use: when two more like it fit beside it.
    pub(in crate::result) fn hand_over(&mut self) -> bool {
        let budget = Arc::clone(&self.budget);
        self.forget_unread(&mut budget.state());
        // The next chunk may have waited for just this.
        budget.turn.notify_waiters();
        budget.freed.notify_one();
        self.bytes <= budget.limit / 3
    }

    fn forget_unread(&mut self, state: &mut State) {
        if std::mem::take(&mut self.delivered) {
            state.unread -= 1;
            state.unread_bytes -= self.bytes;
        }
    }

    /// Changes what was reserved by estimate into what is held.
    pub(in crate::result) fn settle(&mut self, bytes: u64) {
        let bytes = bytes.min(u64::MAX / 2);
        let budget = Arc::clone(&self.budget);
        let mut state = budget.state();
        state.wanting -= usize::from(std::mem::take(&mut self.wanting));
        let was_ahead = self.ahead > 0;
        state.ahead -= std::mem::take(&mut self.ahead);
        state.used = state.used + bytes - self.bytes;
        drop(state);
        if bytes < self.bytes || was_ahead {
            self.budget.freed.notify_one();
            self.budget.turn.notify_waiters();
        }
        self.bytes = bytes;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let budget = Arc::clone(&self.budget);
        self.forget_unread(&mut budget.state());
        self.settle(0);
        self.budget.turn.notify_waiters();
    }
}

/// A chunk's claim to the memory of one that was read.
pub(in crate::result) struct Claim {
    budget: Arc<Budget>,
    /// Whether such memory is kept for it.
    wanting: bool,
}

impl Claim {
    /// Memory for `length` bytes and not much more; without it the chunk has its own from here on. Then the oldest goes, so that memory of
    /// a size that chunks had once does not take the place of what fits them.
    pub(in crate::result) fn spare(self, length: usize) -> Option<Mapping> {
        let mut state = self.budget.state();
        let fitting = state.spare.iter().position(|mapping| (length..=length + length / 4).contains(&mapping.len()));
        if fitting.is_none() && !state.spare.is_empty() {
            state.spare.remove(0);
        }
        fitting.map(|position| state.spare.remove(position))
    }

    /// Where a mapping goes when its chunk was read.
    pub(in crate::result) fn budget(&self) -> Weak<Budget> {
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
mod tests;
