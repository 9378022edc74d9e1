//! The attempts at one piece of work: counted together, in whichever layer one fails.

use std::future::Future;
use std::time::Duration;

use super::request_kind::RequestKind;
use super::retry::{Clock, Failure, RetryPolicy, with_history};
use crate::error::Result;

/// The attempts at one piece of work. All requests that it takes count together, and so does the time of those that brought nothing.
#[derive(Debug, Clone)]
pub(crate) struct Attempts {
    policy: RetryPolicy,
    failed: u32,
    /// How long what failed took, and the waits after it.
    spent: Duration,
    /// How long bytes were waited for that came.
    transfer: Duration,
}

impl Attempts {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        Self { policy: policy.clone(), failed: 0, spent: Duration::ZERO, transfer: Duration::ZERO }
    }

    /// The number of the attempt under way, from 1.
    pub(crate) fn number(&self) -> u32 {
        self.failed.saturating_add(1)
    }

    /// Whether no attempt may follow the one under way.
    pub(crate) fn is_last(&self) -> bool {
        self.number() >= self.policy.max_attempts
    }

    /// As [`RetryPolicy::run`], with the attempts that are left.
    pub(crate) async fn run<T, F>(
        &mut self,
        clock: &impl Clock,
        kind: RequestKind,
        mut attempt: impl FnMut(u32) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        loop {
            match self.limit(clock, kind, attempt(self.number())).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => self.again(clock, kind, failure).await?,
            }
        }
    }

    /// Waits for the network within the time that is left.
    pub(crate) async fn limit<T>(
        &mut self,
        clock: &impl Clock,
        kind: RequestKind,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        match self.patiently(clock, kind, None, work).await {
            Some(outcome) => outcome,
            None => Err(Failure::from(self.policy.out_of_time(kind))),
        }
    }

    /// As `limit`, but for no longer than `patience`; `None` when that was over.
    pub(crate) async fn patiently<T>(
        &mut self,
        clock: &impl Clock,
        kind: RequestKind,
        patience: Option<Duration>,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Option<Result<T, Failure>> {
        let began = clock.now();
        // A file takes as long as it takes: its upload is watched for stalls instead.
        let left = match kind {
            RequestKind::Upload => Duration::MAX,
            _ => self.policy.overall_timeout.saturating_sub(self.spent),
        };
        let is_patient = patience.is_none_or(|patience| left <= patience);
        let outcome = tokio::time::timeout(patience.map_or(left, |patience| left.min(patience)), work).await;
        let elapsed = clock.now() - began;
        if matches!(outcome, Ok(Ok(_))) {
            self.transfer = self.transfer.saturating_add(elapsed);
        } else {
            self.spent = self.spent.saturating_add(elapsed);
        }
        match outcome {
            Ok(outcome) => Some(outcome),
            Err(_) if is_patient => Some(Err(Failure::from(self.policy.out_of_time(kind)))),
            Err(_) => None,
        }
    }

    /// The attempt under way has failed: waits until the next one is due. Errors: the failure's own when none may follow.
    pub(crate) async fn again(&mut self, clock: &impl Clock, kind: RequestKind, failure: Failure) -> Result<()> {
        let Some(wait) = self.policy.next_wait(kind, &failure.cause, self.number(), self.spent, clock.random()) else {
            return Err(with_history(failure.error, self.number(), self.spent));
        };
        tracing::debug!(?kind, attempt = self.number(), cause = ?failure.cause, ?wait, "request will be sent again");
        // Counted first: who drops the wait has used the attempt all the same.
        self.failed = self.number();
        self.spent = self.spent.saturating_add(wait);
        clock.sleep(wait).await;
        Ok(())
    }

    /// The attempt under way was given up for another one, which need not wait.
    pub(crate) fn give_up(&mut self) {
        self.failed = self.number();
    }

    /// What has come is of no use: its time counts as that of a failure.
    pub(crate) fn discard(&mut self) {
        self.spent = self.spent.saturating_add(std::mem::take(&mut self.transfer));
    }

    /// What has come was worth it: the attempts count anew.
    pub(crate) fn renew(&mut self) {
        (self.failed, self.spent) = (0, Duration::ZERO);
    }

    /// Takes over what another part of the same work has used, where that is more.
    pub(crate) fn join(&mut self, other: &Self) {
        self.failed = self.failed.max(other.failed);
        self.spent = self.spent.max(other.spent);
        self.transfer = self.transfer.max(other.transfer);
    }
}
