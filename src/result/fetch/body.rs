//! The body of a chunk in order: from one connection, or from several that each bring a part.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use super::part::{Broken, Origin, Part};
use super::server::Backend;
use crate::error::Error;

/// What waits for its turn is copied into blocks of exactly this size: a connection's own buffers are larger than what came in them.
const GATHERED: usize = 64 << 10;

/// How much of a body that comes in order counts beside what is decoded of it: buffers of its connection, here and in the system.
pub(in crate::result) const HELD_IN_ORDER: u64 = 4 << 20;

/// What the parts of a body share with those of others.
#[derive(Clone, Copy)]
pub(in crate::result) struct Sharing {
    /// Of the parts that are fetched before their turn, no more than so many bytes are held.
    pub(in crate::result) ahead: u64,
    /// How many bodies there are on the line.
    pub(in crate::result) bodies: u64,
}

/// A body that is being fetched. Dropping it ends its connections.
pub(super) enum Body<B: Backend> {
    Whole(Whole<B>),
    Parts(Parts<B>),
}

/// A body from one connection, until a reply tells that it is worth more.
pub(super) struct Whole<B: Backend> {
    part: Box<Part<B>>,
    origin: Arc<Origin<B>>,
    expected: u64,
    /// What is shared if it is split.
    sharing: Option<Sharing>,
    position: u64,
}

impl<B: Backend> Body<B> {
    /// A body of about `expected` bytes. It is split only when it may be and is worth it.
    pub(super) async fn new(origin: Arc<Origin<B>>, expected: u64, sharing: Option<Sharing>) -> Self {
        if let Some(shared) = sharing
            && let Some(parts) = Parts::new(&origin, expected, shared, 0).await
        {
            return Self::Parts(parts);
        }
        let part = Box::new(Part::whole(Arc::clone(&origin)));
        Self::Whole(Whole { part, origin, expected, sharing, position: 0 })
    }

    /// The length of the whole, once a reply has told it.
    pub(in crate::result) fn total(&self) -> Option<u64> {
        match self {
            Self::Whole(whole) => whole.origin.total(),
            Self::Parts(parts) => parts.origin.total(),
        }
    }

    /// How much of it may be held beside what is decoded of it: parts that came before their turn, or a connection's buffer.
    pub(in crate::result) fn held(&self) -> u64 {
        match self {
            Self::Whole(whole) => whole.origin.total().map_or(HELD_IN_ORDER, |total| total.min(HELD_IN_ORDER)),
            Self::Parts(parts) => parts.origin.total().unwrap_or(parts.expected).min(parts.ahead),
        }
    }

    /// Nothing is read for a while: others may download in its place.
    pub(in crate::result) fn pause(&mut self) {
        if let Self::Whole(whole) = self {
            whole.part.pause();
        }
    }

    /// Waits until the rest of it is here, where all that is missing may be under way at once.
    pub(in crate::result) async fn gathered(&mut self) {
        let Self::Parts(parts) = self else { return };
        parts.launch();
        if parts.origin.total().is_some_and(|total| parts.launched >= total) {
            for running in &mut parts.running {
                running.ended().await;
            }
        }
    }

    /// The next bytes in order; `None` after the last.
    pub(in crate::result) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        match self {
            Self::Whole(whole) => {
                let bytes = whole.part.next().await?;
                whole.position += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
                // With its first bytes it is known how long it is.
                if let Some((sharing, total)) = whole.sharing.take().zip(whole.origin.total())
                    && total > whole.expected.saturating_add(whole.expected / 4)
                    && let Some(parts) = Parts::new(&whole.origin, total, sharing, whole.position).await
                {
                    *self = Self::Parts(parts);
                }
                Ok(bytes)
            }
            Self::Parts(parts) => parts.next().await,
        }
    }
}

pub(in crate::result) struct Parts<B: Backend> {
    origin: Arc<Origin<B>>,
    /// How long the body is taken to be, until a reply tells.
    expected: u64,
    length: u64,
    ahead: u64,
    /// In order; the first is being read.
    running: VecDeque<Running>,
    /// Up to where parts were begun.
    launched: u64,
    position: u64,
    _probe: Option<super::line::Probe>,
}

struct Running {
    start: u64,
    pieces: UnboundedReceiver<Result<Bytes, Broken>>,
    /// Gone when it was seen to have ended.
    task: Option<JoinHandle<()>>,
}

impl Running {
    async fn ended(&mut self) {
        if let Some(task) = &mut self.task {
            // However it ended, its pieces tell.
            let _ = task.await;
            self.task = None;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl<B: Backend> Parts<B> {
    /// What follows `position` of a body of about `expected` bytes, in parts; `None` where that is not worth it.
    async fn new(origin: &Arc<Origin<B>>, expected: u64, sharing: Sharing, position: u64) -> Option<Self> {
        let Sharing { ahead, bodies } = sharing;
        let rest = expected.saturating_sub(position);
        if !origin.line.is_worth_splitting(rest, bodies) {
            return None;
        }
        let probe = origin.line.probe().await;
        let length = origin.line.part_length(rest, bodies)?;
        let origin = Arc::clone(origin);
        let running = VecDeque::new();
        Some(Self { origin, expected, length, ahead, running, launched: position, position, _probe: probe })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            if self.is_complete() {
                self.running.clear();
                return Ok(None);
            }
            self.launch();
            let first = self.running.front_mut().ok_or_else(incomplete)?;
            match first.pieces.recv().await {
                Some(Ok(bytes)) => {
                    self.position += bytes.len() as u64;
                    return Ok(Some(bytes));
                }
                Some(Err(error)) => return Err(error),
                None => drop(self.running.pop_front()),
            }
            if self.running.front().is_some_and(|next| next.start != self.position) && !self.is_complete() {
                return Err(incomplete());
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.origin.total().is_some_and(|total| self.position >= total)
    }

    /// Begins as many parts as may be under way. What is expected beyond the end is cut by the store, and what lies behind it is begun once a
    /// reply has told the length.
    fn launch(&mut self) {
        let total = self.origin.total();
        let expected = total.unwrap_or(self.expected);
        while self.running.back().is_some_and(|last| total.is_some_and(|total| last.start >= total)) {
            self.running.pop_back();
        }
        while self.launched < expected
            && self.running.len() < self.origin.line.window()
            && (self.running.is_empty() || self.launched + self.length <= self.position.saturating_add(self.ahead))
        {
            let is_last = self.launched + self.length + self.length / 2 >= expected;
            let end = if is_last { expected } else { self.launched + self.length };
            self.begin(self.launched, Some(end));
            self.launched = end;
        }
    }

    fn begin(&mut self, start: u64, end: Option<u64>) {
        let mut part = Part::ranged(Arc::clone(&self.origin), start, end);
        let (sender, pieces) = unbounded_channel();
        let task = tokio::spawn(async move {
            let mut gathered = BytesMut::new();
            loop {
                match part.next().await {
                    Ok(Some(mut bytes)) => {
                        while !bytes.is_empty() {
                            if gathered.capacity() == 0 {
                                gathered = BytesMut::with_capacity(GATHERED);
                            }
                            let room = GATHERED - gathered.len();
                            gathered.extend_from_slice(&bytes.split_to(room.min(bytes.len())));
                            let is_full = gathered.len() == GATHERED;
                            if is_full && sender.send(Ok(std::mem::take(&mut gathered).freeze())).is_err() {
                                return;
                            }
                        }
                    }
                    end => {
                        // What is sent here may come too late: nobody reads it then.
                        if !gathered.is_empty() {
                            let _ = sender.send(Ok(gathered.freeze()));
                        }
                        if let Err(broken) = end {
                            let _ = sender.send(Err(broken));
                        }
                        return;
                    }
                }
            }
        });
        self.running.push_back(Running { start, pieces, task: Some(task) });
    }
}

/// A part's task ended without its last byte: the runtime is going, or it broke.
fn incomplete() -> Broken {
    Broken::Interrupted(Error::internal("a part of a chunk ended early"))
}

#[cfg(test)]
mod tests;
