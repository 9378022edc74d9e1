//! Sending again: how often, after which wait, and for how long altogether.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use super::attempts::Attempts;
use super::config::RetryConfig;
use super::request_kind::RequestKind;
use crate::error::{Code, Error, Result};

/// A host that refuses connections, or has no address, is rarely a host that starts: it gets this long.
const UNREACHABLE_LIMIT: Duration = Duration::from_secs(10);

/// Up to a wait divided by this is added at random, so that clients which failed together do not return together.
const JITTER_SHARE: u32 = 4;

/// Why an attempt failed, as far as sending again is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// No connection was made, so nothing was sent. `unreachable`: refused, or the name has no address.
    NotConnected { unreachable: bool },
    /// The request may have arrived; no whole reply came back.
    ReplyLost,
    /// The server answered with an error. `retry_after` is its header of that name.
    Status { status: u16, retry_after: Option<Duration> },
    /// Another attempt would fail the same way.
    Final,
}

/// A failed attempt.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    pub(crate) error: Error,
}

impl Failure {
    pub(crate) fn new(cause: Cause, error: Error) -> Self {
        Self { cause, error }
    }

    pub(crate) fn reply_lost(error: Error) -> Self {
        Self::new(Cause::ReplyLost, error)
    }
}

impl From<Error> for Failure {
    /// An error of the kernel's own side: nothing that waiting could mend.
    fn from(error: Error) -> Self {
        Self::new(Cause::Final, error)
    }
}

/// What passes the time; replaced in tests.
pub(crate) trait Clock {
    fn now(&self) -> Instant;
    fn sleep(&self, wait: Duration) -> impl Future<Output = ()> + Send;
    /// A number from 0 to 1, drawn anew each time.
    fn random(&self) -> f64;
}

pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, wait: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(wait)
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }
}

/// The limits of sending again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    min_wait: Duration,
    max_wait: Duration,
    pub(super) max_attempts: u32,
    pub(super) overall_timeout: Duration,
}

#[cfg(test)]
impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            min_wait: Duration::from_secs(1),
            max_wait: Duration::from_secs(60),
            max_attempts: 6,
            overall_timeout: Duration::from_secs(900),
        }
    }
}

impl RetryPolicy {
    /// Checks the settings and fills in the defaults.
    pub(crate) fn new(config: Option<&RetryConfig>) -> Result<Self> {
        let config = config.cloned().unwrap_or_default();
        let max_wait = config.max_wait.unwrap_or(Duration::from_secs(60));
        let policy = Self {
            min_wait: config.min_wait.unwrap_or(Duration::from_secs(1).min(max_wait)),
            max_wait,
            max_attempts: u32::try_from(config.max_attempts.unwrap_or(6)).unwrap_or(0),
            overall_timeout: config.overall_timeout.unwrap_or(Duration::from_secs(900)),
        };
        if policy.min_wait > policy.max_wait {
            return Err(Error::invalid_argument("the retry setting min_wait is longer than max_wait"));
        }
        if policy.max_attempts == 0 {
            return Err(Error::invalid_argument("the retry setting max_attempts must be at least 1"));
        }
        if policy.overall_timeout.is_zero() {
            return Err(Error::invalid_argument("the retry setting overall_timeout must be longer than 0"));
        }
        Ok(policy)
    }

    /// Runs `attempt` until it succeeds, may not be repeated, or a limit is reached. Its argument counts from 1.
    /// The last failure's error is the answer; how many attempts there were, and for how long, joins its causes.
    pub(crate) async fn run<T, F>(
        &self,
        clock: &impl Clock,
        kind: RequestKind,
        attempt: impl FnMut(u32) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        Attempts::new(self).run(clock, kind, attempt).await
    }

    /// How long to wait after the attempt number `count`; `None` gives up.
    pub(super) fn next_wait(
        &self,
        kind: RequestKind,
        cause: &Cause,
        count: u32,
        elapsed: Duration,
        random: f64,
    ) -> Option<Duration> {
        if count >= self.max_attempts || !kind.may_repeat_after(cause) {
            return None;
        }
        let wait = match *cause {
            Cause::Status { retry_after: Some(asked), .. } => asked.clamp(self.min_wait, self.max_wait),
            _ => {
                let doubled = self.min_wait.saturating_mul(2_u32.saturating_pow(count - 1)).min(self.max_wait);
                doubled + (doubled / JITTER_SHARE).min(self.max_wait - doubled).mul_f64(random)
            }
        };
        let limit = match cause {
            Cause::NotConnected { unreachable: true } => self.overall_timeout.min(UNREACHABLE_LIMIT),
            _ => self.overall_timeout,
        };
        (elapsed.saturating_add(wait) < limit).then_some(wait)
    }

    pub(super) fn out_of_time(&self, kind: RequestKind) -> Error {
        let details = format!(
            "the request was not answered within {:?}, all attempts together{}",
            self.overall_timeout,
            kind.may_have_happened()
        );
        Error { retryable: kind.is_idempotent(), ..Error::new(Code::Timeout, details) }
    }
}

/// How much was tried before giving up.
#[derive(Debug, thiserror::Error)]
#[error("gave up after {count} attempts in {:.1} s", elapsed.as_secs_f64())]
struct History {
    count: u32,
    elapsed: Duration,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

pub(super) fn with_history(mut error: Error, count: u32, elapsed: Duration) -> Error {
    let is_told = error.source.as_ref().is_some_and(|source| source.is::<History>());
    if count > 1 && !is_told {
        error.source = Some(Box::new(History { count, elapsed, source: error.source.take() }));
    }
    error
}

#[cfg(test)]
mod tests;
