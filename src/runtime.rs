//! The one runtime of the process.
//!
//! A waiting call has one asynchronous body. It always runs on this runtime, never on the caller's thread, so that the caller may
//! be a plain thread, an event loop or a coroutine dispatcher.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::TaskTracker;

use crate::error::{Code, Error, Result};
use crate::fork::PerProcess;

/// The runtime of this process, made when it is first needed. A forked child makes its own: it has none of its parent's threads.
#[derive(Default)]
struct Global {
    runtime: Option<Runtime>,
    /// What goes on after its caller has returned, and must end before the process does.
    background: TaskTracker,
    phase: Phase,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    #[default]
    Running,
    /// Calls are refused; background work is still taken.
    Ending,
    Stopped,
}

static GLOBAL: PerProcess<Global> = PerProcess::new();

/// How many threads the runtime has: as many as the machine's processors, within reason.
pub(crate) fn threads() -> usize {
    // The system reads files to tell; a small statement would notice.
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    match THREADS.load(Ordering::Relaxed) {
        0 => {
            let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
            THREADS.store(threads, Ordering::Relaxed);
            threads
        }
        threads => threads,
    }
}

impl Global {
    fn runtime(&mut self) -> Result<&Handle> {
        if self.phase == Phase::Stopped {
            return Err(shut_down());
        }
        if self.runtime.is_none() {
            let runtime = Builder::new_multi_thread()
                .worker_threads(threads())
                .thread_name("databricks-sql-kernel")
                .enable_all()
                .build()
                .map_err(|error| Error::internal("the kernel's threads could not be started").because(error))?;
            self.runtime = Some(runtime);
        }
        self.runtime.as_ref().map(Runtime::handle).ok_or_else(shut_down)
    }
}

/// The error of a call that comes, or is still waiting, when the kernel ends.
pub(crate) fn shut_down() -> Error {
    Error::new(Code::InvalidState, "the kernel was shut down")
}

/// The runtime, for what a caller asks. Errors: `InvalidState` once the end has begun.
pub(crate) fn for_calls() -> Result<Handle> {
    let mut global = GLOBAL.lock();
    match global.phase {
        Phase::Running => global.runtime().cloned(),
        Phase::Ending | Phase::Stopped => Err(shut_down()),
    }
}

/// Runs `work` after its caller has returned; the end of the process waits for it.
pub(crate) fn in_background(work: impl Future<Output = ()> + Send + 'static) {
    let mut global = GLOBAL.lock();
    let background = global.background.clone();
    match global.runtime() {
        Ok(runtime) => drop(background.spawn_on(work, runtime)),
        Err(error) => {
            drop(global);
            tracing::debug!(%error, "background work was not started");
        }
    }
}

/// Drops `value` on a thread of the kernel's, where there is one. The end of the process does not wait for it.
pub(crate) fn drop_in_background<T: Send + 'static>(value: T) {
    let runtime = GLOBAL.try_lock().and_then(|global| Some(global.runtime.as_ref()?.handle().clone()));
    match runtime {
        Some(runtime) => drop(runtime.spawn(async move { drop(value) })),
        None => drop(value),
    }
}

/// Background work of this process; none when there is no runtime, and so no work.
pub(crate) fn background() -> Option<TaskTracker> {
    let global = GLOBAL.lock();
    global.runtime.as_ref().map(|_| global.background.clone())
}

/// Refuses calls from now on. False when that was so already.
pub(crate) fn begin_end() -> bool {
    let mut global = GLOBAL.lock();
    let begins = global.phase == Phase::Running;
    if begins {
        global.phase = Phase::Ending;
    }
    begins
}

/// Takes the runtime away: nothing is started any more.
pub(crate) fn stop() -> Option<Runtime> {
    let mut global = GLOBAL.lock();
    global.phase = Phase::Stopped;
    global.runtime.take()
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
        for_calls().unwrap();
        // Other tests use the runtime too: while one of them is at it, a value is dropped here.
        assert!((0..1000).any(|_| {
            drop_in_background(Told(sender.clone()));
            dropped.recv().unwrap() != current().id()
        }));
    }
}
