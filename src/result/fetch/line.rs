//! The line to the store: how many downloads at once fill it, and in which parts.
//!
//! Measured while a result is read: the shortest wait for a first byte, the rate of a connection, and whether more connections brought more.
//! Until a result has measured anything, what the one before it measured is taken to hold.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::fork::lock;
use crate::runtime::threads;
use crate::transport::LineRecord;

/// Downloads at once before anything is known.
const FIRST_WINDOW: usize = 4;
/// From this wait for a first byte on, a line is long: connections wait more than they work, and many are needed.
const LONG_WAIT: Duration = Duration::from_millis(5);
/// A connection that brings so many bytes a second is not what limits: decoding them takes about as long.
const FULL_RATE: f64 = 400e6;
/// A transfer of fewer bytes is over before its rate can be told, and so many transfers tell it.
const TELLING: (u64, u32) = (256 << 10, 8);
/// More connections must have brought so much more to be followed by yet more.
const GROWTH: f64 = 1.15;
/// A part takes about as long to arrive as its first byte takes, and at least this long.
const SHORTEST_TRANSFER: Duration = Duration::from_millis(20);
/// What a connection is taken to bring, in bytes a second, before one was measured.
const ASSUMED_RATE: f64 = 50e6;
/// The wait that a first byte is taken to need.
const ASSUMED_WAIT: Duration = Duration::from_millis(40);

/// What the parts of one result share.
pub(in crate::result) struct Line {
    permits: Arc<Semaphore>,
    /// Leave to ask for a body that there is no room for yet.
    ahead: Arc<Semaphore>,
    most: usize,
    part_limits: (u64, u64),
    state: Mutex<State>,
    /// For the results that follow.
    record: Arc<Mutex<LineRecord>>,
    changed: Notify,
    /// Held by the one body that finds out whether the store sends parts.
    probing: Arc<tokio::sync::Mutex<()>>,
    known: Notify,
}

/// Leave to find out whether the store sends parts.
pub(in crate::result) type Probe = OwnedMutexGuard<()>;

struct State {
    window: usize,
    /// Whether a reply has come for this result.
    is_measured: bool,
    /// Whether the store sends parts, once a reply has shown it.
    takes_ranges: Option<bool>,
    first_byte: Option<Duration>,
    rate: Option<f64>,
    /// The rate of long transfers alone, and how many there were.
    sustained: (Option<f64>, u32),
    epoch: Epoch,
}

/// As many parts as the window has, and what they brought.
struct Epoch {
    began: Option<Instant>,
    bytes: u64,
    parts: usize,
    /// Bytes a second of the epoch before the window last grew.
    throughput: f64,
}

impl Line {
    /// A line with at most `most` downloads at once. Bodies are split into parts of at least and at most `part_limits` bytes.
    pub(in crate::result) fn new(most: usize, part_limits: (u64, u64), record: Arc<Mutex<LineRecord>>) -> Self {
        let last = *lock(&record);
        let is_long = last.first_byte.is_some_and(|wait| wait >= LONG_WAIT);
        let window = if is_long { most } else { FIRST_WINDOW.min(most) };
        let state = State {
            window,
            is_measured: false,
            // A store that did not send parts may be another one now.
            takes_ranges: last.takes_ranges.filter(|takes_ranges| *takes_ranges),
            first_byte: last.first_byte,
            rate: last.rate,
            sustained: (None, 0),
            epoch: Epoch { began: None, bytes: 0, parts: 0, throughput: 0.0 },
        };
        Self {
            record,
            permits: Arc::new(Semaphore::new(window)),
            ahead: Arc::new(Semaphore::new(most / 2)),
            most,
            part_limits,
            state: Mutex::new(state),
            changed: Notify::new(),
            probing: Arc::default(),
            known: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// How many connections may bring something now.
    pub(in crate::result) fn window(&self) -> usize {
        self.state().window
    }

    /// How many bodies may be under way now. Before the line is known it is no more than can be decoded: near the store each further one costs memory.
    pub(in crate::result) fn bodies(&self) -> usize {
        if self.is_known() { self.window() } else { self.window().min(threads()) }
    }

    /// Whether anything is known of it.
    pub(in crate::result) fn is_known(&self) -> bool {
        self.state().first_byte.is_some()
    }

    /// Whether the store is known to be so near that this machine limits what is under way, and not the line.
    pub(in crate::result) fn is_near(&self) -> bool {
        let state = self.state();
        let (rate, transfers) = state.sustained;
        let is_full = transfers < TELLING.1 || rate.is_none_or(|rate| rate >= FULL_RATE);
        state.first_byte.is_some_and(|wait| wait < LONG_WAIT) && is_full
    }

    /// Whether each connection is known to wait long for its first byte.
    pub(in crate::result) fn is_long(&self) -> bool {
        self.state().first_byte.is_some_and(|wait| wait >= LONG_WAIT)
    }

    /// Waits until something of the above has changed since the last wait.
    pub(in crate::result) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits for leave to download, in the order of asking.
    pub(in crate::result) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Waits for leave to ask for a body that there is no room for yet. Such bodies have half of the connections at most: the others
    /// make the room.
    pub(in crate::result) async fn permit_ahead(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.ahead).acquire_owned().await.ok()
    }

    /// How long the parts are that a body of `length` bytes is split into, where `bodies` share the line; none when it is fetched in one
    /// piece. Connections that would have nothing to do make them shorter.
    pub(in crate::result) fn part_length(&self, length: u64, bodies: u64) -> Option<u64> {
        let state = self.state();
        let (least, most) = self.part_limits;
        let transfer = state.first_byte.unwrap_or(ASSUMED_WAIT).max(SHORTEST_TRANSFER);
        let part = (state.rate.unwrap_or(ASSUMED_RATE) * transfer.as_secs_f64()) as u64;
        let shared = length.saturating_mul(bodies) / state.window as u64;
        (state.takes_ranges != Some(false)).then(|| part.min(shared).clamp(least, most))
    }

    /// Whether a body of `length` bytes would have more than one part. Near the store one connection brings all that can be decoded.
    pub(in crate::result) fn is_worth_splitting(&self, length: u64, bodies: u64) -> bool {
        !self.is_near() && self.part_length(length, bodies).is_some_and(|part| length > part + part / 2)
    }

    /// Waits until it is known whether the store sends parts. With an answer it is the caller who finds out, and the others wait until
    /// a reply has shown it or the answer is dropped.
    pub(in crate::result) async fn probe(&self) -> Option<Probe> {
        loop {
            if self.state().takes_ranges.is_some() {
                return None;
            }
            let known = self.known.notified();
            tokio::pin!(known);
            known.as_mut().enable();
            if self.state().takes_ranges.is_some() {
                return None;
            }
            tokio::select! {
                biased;
                probe = Arc::clone(&self.probing).lock_owned() => return Some(probe),
                () = known => {}
            }
        }
    }

    /// A reply began after `wait`, and showed whether the store sends parts.
    pub(in crate::result) fn answered(&self, wait: Duration, takes_ranges: bool) {
        let mut state = self.state();
        if state.takes_ranges.is_none() || !takes_ranges {
            state.takes_ranges = Some(takes_ranges);
            self.known.notify_waiters();
        }
        state.epoch.began.get_or_insert_with(Instant::now);
        let is_first = !std::mem::replace(&mut state.is_measured, true);
        let least = state.first_byte.filter(|_| !is_first);
        state.first_byte = Some(least.map_or(wait, |least| least.min(wait)));
        self.note(&state);
        if is_first {
            let window = if wait >= LONG_WAIT { self.most } else { state.window };
            self.widen(&mut state, window);
        }
    }

    /// A part of `bytes` has arrived, so long after its first byte.
    pub(in crate::result) fn arrived(&self, bytes: u64, transfer: Duration) {
        let mut state = self.state();
        let rate = bytes as f64 / transfer.as_secs_f64().max(1e-6);
        let averaged = |mean: Option<f64>| Some(mean.map_or(rate, |mean| mean * 0.8 + rate * 0.2));
        state.rate = averaged(state.rate);
        self.note(&state);
        if bytes >= TELLING.0 {
            state.sustained = (averaged(state.sustained.0), state.sustained.1.saturating_add(1));
        }
        state.epoch.bytes += bytes;
        state.epoch.parts += 1;
        if state.epoch.parts < state.window {
            return;
        }
        let now = Instant::now();
        let seconds = state.epoch.began.map_or(0.0, |began| (now - began).as_secs_f64());
        let throughput = state.epoch.bytes as f64 / seconds.max(1e-6);
        let grows = throughput > state.epoch.throughput * GROWTH;
        state.epoch = Epoch { began: Some(now), bytes: 0, parts: 0, throughput: state.epoch.throughput };
        if grows {
            state.epoch.throughput = throughput;
            let window = (state.window * 2).min(self.most);
            self.widen(&mut state, window);
        }
    }

    fn note(&self, state: &State) {
        let State { first_byte, rate, takes_ranges, .. } = *state;
        *lock(&self.record) = LineRecord { first_byte, rate, takes_ranges };
    }

    fn widen(&self, state: &mut State, window: usize) {
        self.permits.add_permits(window - state.window);
        state.window = window;
        self.changed.notify_one();
    }

    /// How long to wait for the next bytes before the connection is given up for another; none after it was given up too often.
    pub(in crate::result) fn patience(&self, given_up: u32) -> Option<Duration> {
        let first_byte = self.state().first_byte.unwrap_or_default();
        (given_up < GIVE_UPS).then(|| {
            first_byte.saturating_mul(20).max(SHORTEST_PATIENCE).saturating_mul(2_u32.saturating_pow(given_up))
        })
    }

    /// Whether a connection that brought `bytes` in the time since its first byte is far behind the others.
    pub(in crate::result) fn is_straggling(&self, bytes: u64, transfer: Duration, given_up: u32) -> bool {
        let Some(rate) = self.state().rate else { return false };
        let late = given_up < GIVE_UPS && transfer >= SHORTEST_PATIENCE;
        late && (bytes as f64) < rate * transfer.as_secs_f64() / STRAGGLING
    }
}

/// How often a slow connection is given up for one part: then it is the line that is slow.
const GIVE_UPS: u32 = 3;
const SHORTEST_PATIENCE: Duration = Duration::from_secs(1);
/// So many times slower than the mean is straggling.
const STRAGGLING: f64 = 8.0;

#[cfg(test)]
mod tests;
