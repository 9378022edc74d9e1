//! The one runtime of the process, and the three ways to wait for what runs on it.
//!
//! A waiting call has one asynchronous body. It always runs on this runtime, never on the caller's thread, so that the caller may
//! be a plain thread, an event loop or a coroutine dispatcher.

use std::future::Future;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::AbortHandle;
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

static GLOBAL: Mutex<Option<Global>> = Mutex::new(None);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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
            .worker_threads(std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8))
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

/// The process that made an object. Its connections are useless after a fork, and its server state is the parent's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin(u32);

impl Origin {
    pub(crate) fn here() -> Self {
        Self(std::process::id())
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
    unfinished: Mutex<Vec<Running<T>>>,
}

struct Running<T> {
    answer: Receiver<Result<T>>,
    _ends_with_the_wait: AbortOnDrop,
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T: Send + 'static> Call<T> {
    pub(crate) fn new() -> Self {
        Self { origin: Origin::here(), unfinished: Mutex::new(Vec::new()) }
    }

    /// Waits until the answer is there.
    pub(crate) fn blocking<F>(&self, body: impl FnOnce() -> F) -> Result<T, KernelError>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let running = self.resume_or_start(body)?;
        let answer = running.answer.recv().unwrap_or_else(|_| Err(died()));
        Ok(answer?)
    }

    /// Waits at most `limit`; `None` is "not yet", and the call goes on.
    pub(crate) fn within<F>(&self, limit: Duration, body: impl FnOnce() -> F) -> Result<Option<T>, KernelError>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let running = self.resume_or_start(body)?;
        match running.answer.recv_timeout(limit) {
            Ok(answer) => Ok(Some(answer?)),
            Err(RecvTimeoutError::Disconnected) => Err(died().into()),
            Err(RecvTimeoutError::Timeout) => {
                lock(&self.unfinished).push(running);
                Ok(None)
            }
        }
    }

    /// Waits without holding a thread. Dropping the future ends the call.
    pub(crate) async fn future<F>(&self, body: impl FnOnce() -> F) -> Result<T, KernelError>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.origin.check()?;
        let body = body();
        let task = with_runtime(|runtime, _| runtime.spawn(body))?;
        let _ends_with_the_wait = AbortOnDrop(task.abort_handle());
        Ok(task.await.map_err(|error| died().because(error))??)
    }

    fn resume_or_start<F>(&self, body: impl FnOnce() -> F) -> Result<Running<T>>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.origin.check()?;
        if let Some(running) = lock(&self.unfinished).pop() {
            return Ok(running);
        }
        let (sender, answer) = sync_channel(1);
        let body = body();
        let task = with_runtime(|runtime, _| runtime.spawn(async move { sender.send(body.await) }))?;
        Ok(Running { answer, _ends_with_the_wait: AbortOnDrop(task.abort_handle()) })
    }
}

fn died() -> Error {
    Error::internal("the call ended without an answer: the kernel was shut down, or broke")
}
