//! The end of the process: what the server holds for it is given back, as far as there is time.

use std::ffi::c_int;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::call::wait;
use crate::error::Result;
use crate::fork::{Local, Origin, PerProcess, lock};
use crate::runtime;

/// How long the end of a process waits at most. It fits the longest time that the server holds a statement's id back, and the cancel,
/// the close and the session's delete after it.
const EXIT_LIMIT: Duration = Duration::from_secs(8);
/// The share of it that is kept for the sessions, which are deleted after their statements have ended.
const SESSIONS_SHARE: u32 = 4;

/// Something that the server holds for this process.
pub(crate) trait Holding: Send + Sync + 'static {
    /// Tells the server, in the background, that it is not needed any more; does nothing the second time.
    fn give_back(&self);
}

/// When something is given back at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    Statement,
    /// After the statements.
    Session,
}

#[derive(Default)]
struct Held {
    end_has_begun: bool,
    statements: Vec<Weak<dyn Holding>>,
    sessions: Vec<Weak<dyn Holding>>,
}

impl Held {
    fn of(&mut self, rank: Rank) -> &mut Vec<Weak<dyn Holding>> {
        match rank {
            Rank::Statement => &mut self.statements,
            Rank::Session => &mut self.sessions,
        }
    }
}

static HELD: PerProcess<Held> = PerProcess::new();
/// Whether the caller's language has ended: its callbacks must not be called any more.
static CALLBACKS_ENDED: AtomicBool = AtomicBool::new(false);

/// Has `holding` given back at the end of the process, if it is still there then; at once when the end has begun.
pub(crate) fn hold<H: Holding>(rank: Rank, holding: &Arc<H>) {
    let mut held = HELD.lock();
    if held.end_has_begun {
        drop(held);
        return holding.give_back();
    }
    let holdings = held.of(rank);
    if holdings.len() == holdings.capacity() {
        holdings.retain(|holding| holding.strong_count() > 0);
    }
    let holding: Weak<H> = Arc::downgrade(holding);
    holdings.push(holding);
}

/// Whether a callback of the caller's can still be called.
pub(crate) fn callbacks_have_ended() -> bool {
    CALLBACKS_ENDED.load(Ordering::Acquire)
}

/// Ends the kernel: statements that run are cancelled, results are closed, sessions that were left open are deleted, and the server gets up to `timeout`
/// to hear of it; then the kernel's threads stop. Returns at once when nothing is open. Calls fail with `InvalidState` from the beginning on.
/// For the end of a program; an interpreter must call it before it finalises. The server holds a statement's id back for 5 s, so that a
/// `timeout` below 8 s may leave a statement running.
#[uniffi::export]
pub fn shutdown_kernel(timeout: Duration) {
    if !runtime::begin_end() {
        return;
    }
    let deadline = Instant::now() + timeout;
    HELD.lock().end_has_begun = true;
    if let Some(background) = runtime::background() {
        give_back_all(Rank::Statement);
        wait_for(&background, timeout - timeout / SESSIONS_SHARE);
        give_back_all(Rank::Session);
        wait_for(&background, deadline.saturating_duration_since(Instant::now()));
    }
    match runtime::stop() {
        // A thread that has called back into a virtual machine stands still where it would leave it: nobody may wait for its end.
        Some(runtime) if callbacks_have_ended() => runtime.shutdown_background(),
        Some(runtime) => runtime.shutdown_timeout(Duration::from_millis(100)),
        None => {}
    }
}

/// Waits until what was cancelled, closed or given up has reached the server, at most `timeout`; returns at once when nothing was. The kernel goes on: other
/// parts of the program may still be using it. When the process ends, whatever is left then is given back as by `shutdown_kernel`, without
/// callbacks. For the shutdown hook of a virtual machine, whose hooks run at the same time.
#[uniffi::export]
pub fn finish_background(timeout: Duration) {
    if let Some(background) = runtime::background() {
        wait_for(&background, timeout);
        background.reopen();
    }
    end_with_the_process();
}

fn give_back_all(rank: Rank) {
    let holdings = std::mem::take(HELD.lock().of(rank));
    holdings.iter().filter_map(Weak::upgrade).for_each(|holding| holding.give_back());
}

fn wait_for(background: &TaskTracker, limit: Duration) {
    // A tracker is waited for while it is closed; it takes on work all the same.
    background.close();
    wait(pin!(background.wait()), Some(limit));
}

/// Has the C library end the kernel as the process's last act, once.
fn end_with_the_process() {
    static REGISTERED: AtomicBool = AtomicBool::new(false);

    unsafe extern "C" {
        fn atexit(callback: extern "C" fn()) -> c_int;
    }

    extern "C" fn last_act() {
        CALLBACKS_ENDED.store(true, Ordering::Release);
        // Nothing may unwind into the C library.
        let _ = std::panic::catch_unwind(|| shutdown_kernel(EXIT_LIMIT));
    }

    if !REGISTERED.swap(true, Ordering::AcqRel) {
        // SAFETY: C99's `atexit`; the function lives as long as this library, and unwinds nowhere.
        let _ = unsafe { atexit(last_act) };
    }
}

/// A request that makes something on the server. It goes on when nobody waits for it any more, and from then on the end of the process
/// waits for it: what it makes must give itself back when it is dropped.
pub(crate) struct Begun<T> {
    answer: oneshot::Receiver<Result<T>>,
    under_way: Arc<UnderWay>,
}

struct UnderWay {
    origin: Origin,
    task: Local<Mutex<Option<JoinHandle<()>>>>,
    given_up: Box<dyn Fn() + Send + Sync>,
}

impl<T: Send + 'static> Begun<T> {
    /// Begins `request`; refused when the end has begun. `given_up` is called when the answer is not waited for any more. Must be called on the
    /// kernel's runtime.
    pub(crate) fn new(
        request: impl Future<Output = Result<T>> + Send + 'static,
        given_up: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self> {
        if HELD.lock().end_has_begun {
            return Err(runtime::shut_down());
        }
        let (sender, answer) = oneshot::channel();
        let task = tokio::spawn(async move { drop(sender.send(request.await)) });
        let task = Local::new(Mutex::new(Some(task)));
        let under_way = Arc::new(UnderWay { origin: Origin::here(), task, given_up: Box::new(given_up) });
        hold(Rank::Statement, &under_way);
        Ok(Self { answer, under_way })
    }

    /// Waits for the answer; cancel-safe.
    pub(crate) async fn answer(&mut self) -> Result<T> {
        let answer = (&mut self.answer).await.map_err(|error| runtime::shut_down().because(error))?;
        lock(&self.under_way.task).take();
        answer
    }
}

impl<T> Drop for Begun<T> {
    fn drop(&mut self) {
        self.under_way.give_back();
    }
}

impl Holding for UnderWay {
    fn give_back(&self) {
        if !self.origin.is_here() {
            return;
        }
        if let Some(task) = lock(&self.task).take() {
            (self.given_up)();
            runtime::in_background(async move { drop(task.await) });
        }
    }
}
