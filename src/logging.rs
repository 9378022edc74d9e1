//! The kernel's log, delivered to a sink in the caller's language.
//!
//! Only the kernel's own events are delivered, never those of its libraries, whose lines may carry URLs. A thread of the kernel's calls the
//! sink, so that neither a slow sink nor an interpreter's lock holds up a query.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::callback::CallbackError;
use crate::error::{Error, KernelError};
use crate::fork::PerProcess;
use crate::transport::redact::redact;

/// Lines that wait for the sink at most; beyond it they are dropped, never the query held up.
const QUEUE_LINES: usize = 4096;
const OWN_TARGET: &str = env!("CARGO_CRATE_NAME");

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something is odd, and the kernel went on.
    Warn,
    /// What an operator wants to know.
    Info,
    /// One line a request: method, path, status, time.
    Debug,
    /// Everything.
    Trace,
}

/// One line of the log. It never carries a token or a presigned URL, nor SQL text above `Trace`.
#[derive(Debug, Clone, uniffi::Record)]
pub struct LogRecord {
    /// How much it matters.
    pub level: LogLevel,
    /// The part of the kernel that wrote it, such as `transport.retry`; empty for the kernel as a whole.
    pub target: String,
    /// The line, with its fields as `name=value`.
    pub message: String,
}

/// Receives the kernel's log, implemented in the caller's language.
#[uniffi::export(rust, foreign)]
pub trait LogSink: Send + Sync {
    /// Takes one line. Called on one thread of the kernel's, in order. An error is ignored.
    fn log(&self, record: LogRecord) -> Result<(), CallbackError>;
}

/// The least important level that is delivered; 0 when there is no sink.
static MAX_LEVEL: AtomicU8 = AtomicU8::new(0);
static INSTALLED: AtomicBool = AtomicBool::new(false);
/// A forked child has none of its parent's threads, and so no sink until it sets its own.
static DELIVERY: PerProcess<Option<Delivery>> = PerProcess::new();

enum Queued {
    Line(LogRecord),
    /// Told when every line before it was delivered.
    Mark(SyncSender<()>),
}

/// A sink at work: the queue to it, and the thread that calls it.
struct Delivery {
    queue: SyncSender<Queued>,
    thread: JoinHandle<()>,
}

/// Delivers the kernel's log to `sink`, up to `max_level`, in place of an earlier sink. Returns after the earlier sink's last line.
/// Errors: `Internal` when no thread can be started.
#[uniffi::export]
pub fn set_log_sink(sink: Arc<dyn LogSink>, max_level: LogLevel) -> Result<(), KernelError> {
    // Nobody waits for another thread that does it: that thread may not be there after a fork.
    if !INSTALLED.swap(true, Ordering::AcqRel) {
        // Another subscriber in this library is a test's; it then sees the events instead.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Forward));
    }
    clear_log_sink();
    let (queue, queued) = sync_channel(QUEUE_LINES);
    let thread = std::thread::Builder::new()
        .name("databricks-sql-kernel-log".to_owned())
        .spawn(move || deliver(&queued, sink.as_ref()))
        .map_err(|error| Error::internal("the log's thread could not be started").because(error))?;
    *DELIVERY.lock() = Some(Delivery { queue, thread });
    MAX_LEVEL.store(max_level as u8 + 1, Ordering::Release);
    tracing::callsite::rebuild_interest_cache();
    Ok(())
}

/// Delivers up to `max_level` from now on, none for nothing, to the sink that there is; does nothing without one.
#[uniffi::export]
pub fn set_log_level(max_level: Option<LogLevel>) {
    if DELIVERY.lock().is_some() {
        MAX_LEVEL.store(max_level.map_or(0, |level| level as u8 + 1), Ordering::Release);
        tracing::callsite::rebuild_interest_cache();
    }
}

/// Waits until the lines that were written before the call are delivered, for at most `limit`. Returns at once without a sink, and on its thread.
#[uniffi::export]
pub fn flush_log_sink(limit: Duration) {
    let (told, delivered) = sync_channel(1);
    match DELIVERY.lock().as_ref() {
        Some(delivery) if delivery.is_elsewhere() && delivery.queue.try_send(Queued::Mark(told)).is_ok() => {}
        _ => return,
    }
    let _ = delivered.recv_timeout(limit);
}

/// Stops delivering the log; does nothing without a sink. Returns after the sink's last line.
#[uniffi::export]
pub fn clear_log_sink() {
    MAX_LEVEL.store(0, Ordering::Release);
    tracing::callsite::rebuild_interest_cache();
    let Some(delivery) = DELIVERY.lock().take() else { return };
    let can_be_awaited = delivery.is_elsewhere();
    drop(delivery.queue);
    if can_be_awaited {
        let _ = delivery.thread.join();
    }
}

impl Delivery {
    /// A sink that calls the kernel can't wait for itself.
    fn is_elsewhere(&self) -> bool {
        self.thread.thread().id() != std::thread::current().id()
    }
}

fn deliver(queue: &Receiver<Queued>, sink: &dyn LogSink) {
    for queued in queue {
        match queued {
            Queued::Line(record) => drop(sink.log(record)),
            Queued::Mark(told) => drop(told.try_send(())),
        }
    }
}

/// The layer that turns events into lines.
struct Forward;

impl<S: Subscriber> Layer<S> for Forward {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.is_event()
            && is_own(metadata.target())
            && (level_of(*metadata.level()) as u8) < MAX_LEVEL.load(Ordering::Acquire)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        let target = event.metadata().target();
        let record = LogRecord {
            level: level_of(*event.metadata().level()),
            target: target.strip_prefix(OWN_TARGET).unwrap_or(target).trim_start_matches("::").replace("::", "."),
            message: redact(&(line.message + &line.fields)),
        };
        if let Some(delivery) = DELIVERY.lock().as_ref() {
            // A full queue drops the line: a query never waits for its log.
            let _ = delivery.queue.try_send(Queued::Line(record));
        }
    }
}

fn is_own(target: &str) -> bool {
    target.strip_prefix(OWN_TARGET).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn level_of(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        _ => LogLevel::Trace,
    }
}

/// A line in the making: the message, and the other fields behind it.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    struct Kept(Mutex<Vec<LogRecord>>);

    impl LogSink for Kept {
        fn log(&self, record: LogRecord) -> Result<(), CallbackError> {
            self.0.lock().unwrap().push(record);
            Ok(())
        }
    }

    fn own_lines(sink: &Kept) -> Vec<String> {
        let kept = sink.0.lock().unwrap();
        kept.iter().filter(|record| record.target == "logging.tests").map(|record| record.message.clone()).collect()
    }

    /// One after the other, for there is one sink a process.
    static ONE: Mutex<()> = Mutex::new(());

    #[test]
    fn level_changes_under_the_sink_and_a_flush_waits_for_its_lines() {
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let sink = Arc::new(Kept(Mutex::default()));
        set_log_sink(Arc::clone(&sink) as Arc<dyn LogSink>, LogLevel::Warn).unwrap();
        tracing::debug!("too fine");
        set_log_level(Some(LogLevel::Debug));
        tracing::debug!("now wanted");
        flush_log_sink(Duration::from_secs(60));
        assert_eq!(own_lines(&sink), ["now wanted"]);
        set_log_level(None);
        tracing::error!("not wanted");
        set_log_level(Some(LogLevel::Error));
        tracing::error!("wanted again");
        clear_log_sink();
        set_log_level(Some(LogLevel::Trace));
        flush_log_sink(Duration::from_secs(60));
        tracing::error!("after the end");
        assert_eq!(own_lines(&sink), ["now wanted", "wanted again"]);
    }

    #[test]
    fn sink_gets_the_kernels_lines_up_to_its_level_and_none_after_it_is_cleared() {
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let sink = Arc::new(Kept(Mutex::default()));
        set_log_sink(Arc::clone(&sink) as Arc<dyn LogSink>, LogLevel::Info).unwrap();
        tracing::info!(attempt = 2, "sent again");
        tracing::debug!("too fine");
        tracing::error!(target: "hyper::client", "of a library");
        clear_log_sink();
        tracing::error!("after the end");
        let kept = sink.0.lock().unwrap();
        let own: Vec<_> = kept.iter().filter(|record| record.target == "logging.tests").collect();
        assert_eq!(own.len(), 1, "{kept:?}");
        assert_eq!((own[0].level, own[0].message.as_str()), (LogLevel::Info, "sent again attempt=2"));
        assert!(kept.iter().all(|record| !record.message.contains("library")));
    }
}
