//! Schedules the chunks of a result: links ahead of downloads, downloads in parallel, delivery in order, all within one budget.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, JoinSet};

use super::ChunkData;
use super::fetch::body::HELD_IN_ORDER;
use super::fetch::chunk::{Downloader, compressed_size};
use super::fetch::line::Line;
use super::fetch::server::Backend;
use super::links::{Head, Piece, Source};
use super::memory::budget::{Budget, Reservation};
use crate::error::{Error, Result};
use crate::fork::Origin;

/// How much a result may do and hold at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes in flight and waiting to be read.
    pub(super) memory_budget: u64,
    /// Downloads at once at most, and links asked for ahead.
    pub(super) downloads: usize,
    /// The shortest and the longest part that a body is split into.
    pub(super) part_length: (u64, u64),
}

/// The share of the budget that waits to be read before nothing further is begun, near the store.
const UNREAD_SHARE: u64 = 3;

/// What the reader gets, in order. A chunk counts against the budget until its reservation is dropped.
pub(super) enum Delivery {
    Chunk(ChunkData, Reservation),
    /// Every chunk was delivered.
    End,
    Failed(Error),
}

/// The running downloads of one result. Dropping it stops them.
pub(super) struct Pipeline {
    deliveries: UnboundedReceiver<Delivery>,
    task: AbortHandle,
    origin: Origin,
}

impl Pipeline {
    /// Starts the downloads. Must be called on the kernel's runtime.
    pub(super) fn start<B: Backend>(downloader: Downloader<B>, finish: Finish<B>, downloads: usize) -> Self {
        let (sender, deliveries) = unbounded_channel();
        let scheduler = Scheduler::new(downloader, finish, downloads, sender);
        Self { deliveries, task: tokio::spawn(scheduler.run()).abort_handle(), origin: Origin::here() }
    }

    /// The next delivery; cancel-safe.
    pub(super) async fn next(&mut self) -> Delivery {
        let closed = || Delivery::Failed(Error::internal("the downloads of the result ended early"));
        self.deliveries.recv().await.unwrap_or_else(closed)
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        // A parent's task does not run in a forked child.
        if self.origin.is_here() {
            self.task.abort();
        }
    }
}

/// Tells the server that the result will not be asked for again, when it is dropped.
pub(super) struct Finish<B: Backend>(pub(super) Arc<B>);

impl<B: Backend> Drop for Finish<B> {
    fn drop(&mut self) {
        self.0.finished();
    }
}

/// What the scheduler waits for.
enum Event {
    /// A chunk call ended; its replies are in the links.
    Asked(i64, Result<()>),
    Fetched(i64, Result<ChunkData>, Reservation),
}

struct Scheduler<B: Backend> {
    downloader: Arc<Downloader<B>>,
    finish: Option<Finish<B>>,
    budget: Arc<Budget>,
    line: Arc<Line>,
    downloads: usize,
    sender: UnboundedSender<Delivery>,
    tasks: JoinSet<Event>,
    downloading: usize,
    asking: bool,
    /// The chunks that were begun and not delivered, in order.
    order: VecDeque<i64>,
    fetched: BTreeMap<i64, Result<(ChunkData, Reservation)>>,
    /// Why there are no further chunks: `Ok` behind the last one.
    ended: Option<Result<()>>,
}

impl<B: Backend> Scheduler<B> {
    fn new(downloader: Downloader<B>, finish: Finish<B>, downloads: usize, sender: UnboundedSender<Delivery>) -> Self {
        Self {
            budget: Arc::clone(&downloader.budget),
            line: Arc::clone(&downloader.line),
            downloader: Arc::new(downloader),
            finish: Some(finish),
            downloads,
            sender,
            tasks: JoinSet::new(),
            downloading: 0,
            asking: false,
            order: VecDeque::new(),
            fetched: BTreeMap::new(),
            ended: None,
        }
    }

    async fn run(mut self) {
        loop {
            self.begin();
            if !self.deliver() {
                return;
            }
            tokio::select! {
                Some(event) = self.tasks.join_next() => match event {
                    Ok(event) => self.take(event),
                    Err(error) => {
                        let broken = Error::internal("a download of the result broke").because(error);
                        // The reader may have gone.
                        let _ = self.sender.send(Delivery::Failed(broken));
                        return;
                    }
                },
                () = self.budget.freed() => {}
                () = self.line.changed() => {}
            }
        }
    }

    /// Begins as many downloads as the limits allow, and the next chunk call.
    fn begin(&mut self) {
        while self.ended.is_none() && !self.is_ahead() && self.begin_download() {}
        if self.ended.is_none() && !self.asking {
            self.begin_call();
        }
    }

    /// Whether enough is under way. Near the store enough may also wait to be read: more is there as soon as it is wanted.
    fn is_ahead(&self) -> bool {
        let is_unread = || self.budget.unread_bytes() > self.budget.limit() / UNREAD_SHARE;
        self.downloading >= self.line.bodies() || self.line.is_near() && is_unread()
    }

    /// Begins the next download in order; `false` when it must wait.
    fn begin_download(&mut self) -> bool {
        let mut links = self.downloader.links();
        let reservation = match links.head(SystemTime::now()) {
            Head::Ready(piece) => self.reserve(piece, links.left_from(piece.index).unwrap_or(u64::MAX)),
            Head::Missing => None,
            Head::End => {
                drop(links);
                self.end(Ok(()));
                return false;
            }
        };
        let Some((mut reservation, piece)) = reservation.and_then(|it| Some((it, links.take_head()?))) else {
            return false;
        };
        drop(links);
        self.order.push_back(piece.index);
        self.set_head();
        self.downloading += 1;
        let downloader = Arc::clone(&self.downloader);
        self.tasks.spawn(async move {
            let index = piece.index;
            let outcome = downloader.fetch(piece, &mut reservation).await;
            Event::Fetched(index, outcome, reservation)
        });
        true
    }

    fn begin_call(&mut self) {
        let links = self.downloader.links();
        let Some(index) = links.wanted(SystemTime::now(), self.downloads) else { return };
        let refusal = links.refusal();
        drop(links);
        if let Some(refusal) = refusal {
            return self.end(Err(refusal));
        }
        self.asking = true;
        let downloader = Arc::clone(&self.downloader);
        self.tasks.spawn(async move { Event::Asked(index, downloader.ask(index).await) });
    }

    fn set_head(&self) {
        if let Some(head) = self.order.front() {
            self.budget.set_head(*head);
        }
    }

    /// Where a first byte takes long, a chunk may be asked for before there is room for it. Where there is not room for as many as there are
    /// connections, or chunks that are `left`, that comes first: then each holds room only from its first byte on.
    fn reserve(&self, piece: &Piece, left: u64) -> Option<Reservation> {
        let cost = self.cost(piece);
        let reserved = || self.budget.reserve(cost, self.line.is_near() || !self.line.is_known());
        if !self.line.is_long() || !matches!(piece.source, Source::Link(_)) {
            return reserved();
        }
        let at_once = left.min(self.line.window() as u64);
        if cost.saturating_mul(at_once) > self.budget.limit() {
            return self.budget.reserve_ahead(cost).or_else(reserved);
        }
        reserved().or_else(|| self.budget.reserve_ahead(cost))
    }

    /// What a chunk is begun with: all that it will hold, where it is decoded as it comes. On a line that brings less than can be
    /// decoded it is what is downloaded of it: many chunks must be under way to fill the line, and they are decoded as memory becomes free.
    fn cost(&self, piece: &Piece) -> u64 {
        let layout = &self.downloader.layout;
        let decoded = layout.budgeted(layout.sizes.decoded(piece.index, None));
        let compressed = match &piece.source {
            Source::Link(link) => {
                let compressed = layout.sizes.body(compressed_size(link)).unwrap_or(decoded).min(decoded);
                match self.line.is_near() {
                    true => compressed.min(HELD_IN_ORDER),
                    false if self.line.is_known() => return compressed,
                    false => compressed,
                }
            }
            // The text, and the bytes that it stands for.
            Source::Attachment(base64) => base64.len() as u64 * 2,
            Source::Rows(rows) => rows.iter().flatten().flatten().map(|cell| cell.len() as u64 + 24).sum(),
        };
        decoded.saturating_add(compressed)
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Asked(index, outcome) => {
                self.asking = false;
                if let Err(error) = outcome {
                    tracing::debug!(chunk = index, %error, "chunk call failed");
                    self.end(Err(error));
                }
            }
            Event::Fetched(index, Ok(chunk), mut reservation) => {
                self.downloading -= 1;
                let held = chunk.stream.capacity() as u64;
                // Near the store a rest that is given back would only begin one more chunk, with memory of its own.
                reservation.settle(if self.line.is_near() { held.max(reservation.bytes()) } else { held });
                self.fetched.insert(index, Ok((chunk, reservation)));
            }
            Event::Fetched(index, Err(error), _) => {
                self.downloading -= 1;
                self.fetched.insert(index, Err(error));
                // What comes behind it will not be read.
                self.end(Ok(()));
            }
        }
    }

    fn end(&mut self, outcome: Result<()>) {
        self.ended.get_or_insert(outcome);
    }

    /// Delivers what is complete, in order; `false` when nothing is left to do.
    fn deliver(&mut self) -> bool {
        if self.ended.is_some() && self.downloading == 0 && !self.asking {
            // All was fetched: the server need not keep it while it waits to be read.
            self.finish = None;
        }
        while let Some(outcome) = self.order.front().and_then(|index| self.fetched.remove(index)) {
            self.order.pop_front();
            self.set_head();
            let follows = |chunk: &ChunkData| self.downloader.links().offsets.arrived(chunk.row_count);
            let (delivery, is_last) = match outcome.and_then(|it| follows(&it.0).map(|()| it)) {
                Ok((chunk, mut reservation)) => {
                    reservation.deliver();
                    (Delivery::Chunk(chunk, reservation), false)
                }
                Err(error) => (Delivery::Failed(error), true),
            };
            if self.sender.send(delivery).is_err() || is_last {
                return false;
            }
        }
        if !self.order.is_empty() {
            return true;
        }
        match self.ended.take() {
            None => true,
            Some(outcome) => {
                let end = outcome.map_or_else(Delivery::Failed, |()| Delivery::End);
                // The reader may have gone.
                let _ = self.sender.send(end);
                false
            }
        }
    }
}
