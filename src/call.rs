//! The ways to wait for a call.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Thread, current, park, park_timeout};
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinHandle};

use crate::error::{Error, KernelError, Result};
use crate::fork::{Local, Origin, lock};
use crate::runtime::{for_calls, shut_down};
use crate::shutdown::callbacks_have_ended;

/// One kind of waiting call of one object: a single body, waited for in three ways.
///
/// What [`Call::within`] could not finish stays here and is what the next wait goes on with, so that an interrupted wait
/// neither loses an answer nor asks twice.
pub(crate) struct Call<T> {
    origin: Origin,
    keeps_dropped: bool,
    unfinished: Local<Mutex<Vec<Running<T>>>>,
}

struct Running<T> {
    task: JoinHandle<Result<T>>,
    /// What the task ended with, once somebody has seen it.
    outcome: Option<std::result::Result<Result<T>, JoinError>>,
}

impl<T> Running<T> {
    /// Waits until there is an outcome.
    async fn settle(&mut self) {
        if self.outcome.is_none() {
            self.outcome = Some((&mut self.task).await);
        }
    }

    fn answer(mut self) -> Result<T> {
        match self.outcome.take() {
            Some(outcome) => outcome.map_err(died)?,
            None => Err(Error::internal("a call was taken before it was answered")),
        }
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<T: Send + 'static> Call<T> {
    /// A call that ends when its awaited future is dropped.
    pub(crate) fn new() -> Self {
        Self { origin: Origin::here(), keeps_dropped: false, unfinished: Local::new(Mutex::default()) }
    }

    /// A call whose answer must not be lost: what a dropped future was waiting for is what the next wait gets.
    pub(crate) fn lossless() -> Self {
        Self { keeps_dropped: true, ..Self::new() }
    }

    /// Waits until the answer is there.
    pub(crate) fn blocking<F>(&self, body: impl FnOnce() -> F) -> Result<T, KernelError>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut running = self.resume_or_start(body)?;
        wait(pin!(running.settle()), None);
        Ok(running.answer()?)
    }

    /// Waits at most `limit`; `None` is "not yet", and the call goes on.
    pub(crate) fn within<F>(&self, limit: Duration, body: impl FnOnce() -> F) -> Result<Option<T>, KernelError>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut running = self.resume_or_start(body)?;
        wait(pin!(running.settle()), Some(limit));
        if running.outcome.is_some() {
            return Ok(Some(running.answer()?));
        }
        lock(&self.unfinished).push(running);
        Ok(None)
    }

    /// Waits without holding a thread.
    pub(crate) async fn future<F>(&self, body: impl FnOnce() -> F) -> Result<T, KernelError>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        match self.settled(body).await?.running.take() {
            Some(running) => Ok(running.answer()?),
            None => Err(Error::internal("a call was waited for twice").into()),
        }
    }

    /// Waits without holding a thread until [`Call::within`] has the answer. Whoever awaits across the FFI may be cancelled when the answer is
    /// there and not yet fetched: an answer that was returned would be lost then.
    pub(crate) async fn ready<F>(&self, body: impl FnOnce() -> F) -> Result<(), KernelError>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        if let Some(running) = self.settled(body).await?.running.take() {
            lock(&self.unfinished).push(running);
        }
        Ok(())
    }

    async fn settled<F>(&self, body: impl FnOnce() -> F) -> Result<Waiting<'_, T>>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut waiting = Waiting { call: self, running: Some(self.resume_or_start(body)?) };
        if let Some(running) = waiting.running.as_mut() {
            woken_by_callback(pin!(running.settle())).await;
        }
        Ok(waiting)
    }

    /// Ends what a wait left unfinished.
    pub(crate) fn abandon(&self) {
        if self.origin.is_here() {
            lock(&self.unfinished).clear();
        }
    }

    fn resume_or_start<F>(&self, body: impl FnOnce() -> F) -> Result<Running<T>>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.origin.check()?;
        if let Some(unfinished) = lock(&self.unfinished).pop() {
            return Ok(unfinished);
        }
        Ok(Running { task: for_calls()?.spawn(body()), outcome: None })
    }
}

/// A future that is being awaited. Dropped before its answer, it ends the call or leaves it for the next wait.
struct Waiting<'a, T: Send + 'static> {
    call: &'a Call<T>,
    running: Option<Running<T>>,
}

impl<T: Send + 'static> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        if let Some(running) = self.running.take().filter(|_| self.call.keeps_dropped) {
            lock(&self.call.unfinished).push(running);
        }
    }
}

/// Why a task has no answer. Nobody waits for a task that its own call has ended, so one that was ended met the end of the kernel.
fn died(error: JoinError) -> Error {
    match error.is_cancelled() {
        true => shut_down(),
        false => Error::internal("the call ended without an answer: the kernel broke").because(error),
    }
}

/// Wakes whoever awaits in the caller's language, while it can be called.
struct Foreign(Waker);

impl Wake for Foreign {
    fn wake(self: Arc<Self>) {
        // A thread of the kernel's that called a language which has ended might never come back.
        if !callbacks_have_ended() {
            self.0.wake_by_ref();
        }
    }
}

/// Awaits `future` for a caller that is woken by a callback.
async fn woken_by_callback<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    poll_fn(|context| {
        let waker = Waker::from(Arc::new(Foreign(context.waker().clone())));
        future.as_mut().poll(&mut Context::from_waker(&waker))
    })
    .await
}

/// Wakes a thread that is parked.
struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on the caller's thread, at most `limit`, for what runs on the runtime; none means not yet. It needs neither the runtime nor its
/// clock, so it also ends well when the runtime ends meanwhile.
pub(crate) fn wait<F: Future>(mut future: Pin<&mut F>, limit: Option<Duration>) -> Option<F::Output> {
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    let waker = Waker::from(Arc::new(Parked(current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            return Some(answer);
        }
        match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
            None => park(),
            Some(Duration::ZERO) => return None,
            Some(left) => park_timeout(left),
        }
    }
}
