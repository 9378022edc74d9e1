//! The one runtime of the process, and the three ways to wait for what runs on it.
//!
//! A waiting call has one asynchronous body. It always runs on this runtime, never on the caller's thread, so that the caller may
//! be a plain thread, an event loop or a coroutine dispatcher.

use std::future::Future;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinError, JoinHandle};
use tokio_util::task::TaskTracker;

use crate::error::{Code, Error, KernelError, Result};

/// The runtime of this process. A forked child has none of its parent's threads, so it makes its own.
struct Global {
    process_id: u32,
    runtime: Option<Runtime>,
    /// What goes on after its caller has returned: closes, and cancels that wait for a statement's id.
    background: TaskTracker,
    stopped: bool,
}

/// How many threads the runtime has: as many as the machine's processors, within reason.
pub(crate) fn threads() -> usize {
    // The system reads files to tell; a small statement would notice.
    static THREADS: LazyLock<usize> =
        LazyLock::new(|| std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8));
    *THREADS
}

static GLOBAL: Mutex<Option<Global>> = Mutex::new(None);

/// The content of `mutex`, also after a thread has panicked with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `use_it` with this process's runtime, making it if there is none.
fn with_runtime<T>(use_it: impl FnOnce(&Handle, &TaskTracker) -> T) -> Result<T> {
    let mut slot = lock(&GLOBAL);
    let process_id = std::process::id();
    if slot.as_ref().is_none_or(|global| global.process_id != process_id) {
        // A parent's runtime can neither be used nor joined here: its threads do not exist.
        std::mem::forget(slot.take());
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads())
            .thread_name("databricks-sql-kernel")
            .enable_all()
            .build()
            .map_err(|error| Error::internal("the kernel's threads could not be started").because(error))?;
        *slot = Some(Global { process_id, runtime: Some(runtime), background: TaskTracker::new(), stopped: false });
    }
    match slot.as_ref() {
        Some(Global { runtime: Some(runtime), background, stopped: false, .. }) => {
            Ok(use_it(runtime.handle(), background))
        }
        _ => Err(Error::new(Code::InvalidState, "the kernel was shut down")),
    }
}

/// Runs `work` after its caller has returned; a shutdown waits for it.
pub(crate) fn in_background(work: impl Future<Output = ()> + Send + 'static) {
    let started = with_runtime(|runtime, background| background.spawn_on(work, runtime));
    if let Err(error) = started {
        tracing::debug!(%error, "background work was not started");
    }
}

/// Drops `value` on a thread of the kernel's, where there is one. A shutdown does not wait for it.
pub(crate) fn drop_in_background<T: Send + 'static>(value: T) {
    let here = std::process::id();
    let running =
        |global: &Global| Some(global.runtime.as_ref().filter(|_| global.process_id == here)?.handle().clone());
    // Never waited for: a child that was forked while another thread held it would wait for ever.
    match GLOBAL.try_lock().ok().and_then(|global| running(global.as_ref()?)) {
        Some(runtime) => drop(runtime.spawn(async move { drop(value) })),
        None => drop(value),
    }
}

/// Stops the kernel's threads: background work gets up to `timeout` to end, everything else is dropped. Later calls fail with
/// `InvalidState`. For the end of a program; an interpreter must call it before it finalises.
#[uniffi::export]
pub fn shutdown_kernel(timeout: Duration) {
    let Some((runtime, background)) =
        lock(&GLOBAL).as_mut().filter(|global| global.process_id == std::process::id()).and_then(|global| {
            global.stopped = true;
            Some((global.runtime.take()?, global.background.clone()))
        })
    else {
        return;
    };
    background.close();
    let _ = runtime.block_on(async { tokio::time::timeout(timeout, background.wait()).await });
    runtime.shutdown_timeout(Duration::from_millis(100));
}

/// Waits until background work has ended: closes, and cancels that wait for a statement's id; at most `timeout`. The kernel goes on. For the
/// end of a program whose other parts may still be closing sessions.
#[uniffi::export]
pub fn finish_background(timeout: Duration) {
    let here = std::process::id();
    let Some((runtime, background)) = lock(&GLOBAL)
        .as_ref()
        .filter(|global| global.process_id == here)
        .and_then(|global| Some((global.runtime.as_ref()?.handle().clone(), global.background.clone())))
    else {
        return;
    };
    // A tracker is waited for while it is closed; it takes on work all the same.
    background.close();
    let _ = runtime.block_on(async { tokio::time::timeout(timeout, background.wait()).await });
    background.reopen();
}

/// The process that made an object. Its connections are useless after a fork, and its server state is the parent's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin(u32);

impl Origin {
    pub(crate) fn here() -> Self {
        Self(std::process::id())
    }

    /// Some other process.
    #[cfg(test)]
    pub(crate) fn elsewhere() -> Self {
        Self(0)
    }

    pub(crate) fn is_here(self) -> bool {
        self.0 == std::process::id()
    }

    pub(crate) fn check(self) -> Result<()> {
        if self.is_here() {
            Ok(())
        } else {
            Err(Error::new(
                Code::InvalidState,
                "the session was opened before this process was forked: open one of its own here",
            ))
        }
    }
}

/// One kind of waiting call of one object: a single body, waited for in three ways.
///
/// What [`Call::within`] could not finish stays here and is what the next wait goes on with, so that an interrupted wait
/// neither loses an answer nor asks twice.
pub(crate) struct Call<T> {
    origin: Origin,
    keeps_dropped: bool,
    unfinished: Mutex<Vec<Running<T>>>,
}

struct Running<T> {
    task: JoinHandle<Result<T>>,
    /// What the task ended with, once somebody has seen it.
    outcome: Option<std::result::Result<Result<T>, JoinError>>,
    origin: Origin,
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
        // A parent's task does not run in a forked child.
        if self.origin.is_here() {
            self.task.abort();
        }
    }
}

impl<T: Send + 'static> Call<T> {
    /// A call that ends when its awaited future is dropped.
    pub(crate) fn new() -> Self {
        Self { origin: Origin::here(), keeps_dropped: false, unfinished: Mutex::new(Vec::new()) }
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
        let (mut running, runtime) = self.resume_or_start(body)?;
        runtime.block_on(running.settle());
        Ok(running.answer()?)
    }

    /// Waits at most `limit`; `None` is "not yet", and the call goes on.
    pub(crate) fn within<F>(&self, limit: Duration, body: impl FnOnce() -> F) -> Result<Option<T>, KernelError>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (mut running, runtime) = self.resume_or_start(body)?;
        let _ = runtime.block_on(async { tokio::time::timeout(limit, running.settle()).await });
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
        let (running, _) = self.resume_or_start(body)?;
        let mut waiting = Waiting { call: self, running: Some(running) };
        if let Some(running) = waiting.running.as_mut() {
            running.settle().await;
        }
        Ok(waiting)
    }

    /// Ends what a wait left unfinished.
    pub(crate) fn abandon(&self) {
        lock(&self.unfinished).clear();
    }

    fn resume_or_start<F>(&self, body: impl FnOnce() -> F) -> Result<(Running<T>, Handle)>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.origin.check()?;
        let unfinished = lock(&self.unfinished).pop();
        let runtime = with_runtime(|runtime, _| runtime.clone())?;
        let start = || Running { task: runtime.spawn(body()), outcome: None, origin: Origin::here() };
        Ok((unfinished.unwrap_or_else(start), runtime))
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

fn died(error: JoinError) -> Error {
    Error::internal("the call ended without an answer: the kernel was shut down, or broke").because(error)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::thread::{ThreadId, current};

    use super::*;

    /// Tells on which thread it is dropped.
    struct Told(Sender<ThreadId>);

    impl Drop for Told {
        fn drop(&mut self) {
            self.0.send(current().id()).unwrap();
        }
    }

    #[test]
    fn drop_in_background_drops_on_another_thread() {
        let (sender, dropped) = channel();
        with_runtime(|_, _| ()).unwrap();
        // Other tests use the runtime too: while one of them is at it, a value is dropped here.
        assert!((0..1000).any(|_| {
            drop_in_background(Told(sender.clone()));
            dropped.recv().unwrap() != current().id()
        }));
    }
}
