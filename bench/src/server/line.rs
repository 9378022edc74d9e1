//! The line that a body comes over: how long until its first byte, and how fast then.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// How long the slices are that a slow line is cut into.
const SLICE: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) latency: Duration,
    /// Bytes per second; 0 is as fast as it goes.
    pub(crate) rate: u64,
}

impl Line {
    pub(crate) fn wait_for_the_first_byte(self) {
        if !self.latency.is_zero() {
            thread::sleep(self.latency);
        }
    }

    /// Calls `send` with the lengths of the slices of `length` bytes, no sooner than the rate allows: the last byte leaves when its time has come.
    pub(crate) fn send(self, length: u64, mut send: impl FnMut(u64) -> io::Result<()>) -> io::Result<()> {
        if self.rate == 0 {
            return send(length);
        }
        let start = Instant::now();
        let slice = (self.rate as f64 * SLICE.as_secs_f64()).ceil() as u64;
        let mut sent = 0;
        while sent < length {
            let next = slice.min(length - sent);
            let due = start + Duration::from_secs_f64((sent + next) as f64 / self.rate as f64);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            send(next)?;
            sent += next;
        }
        Ok(())
    }
}
