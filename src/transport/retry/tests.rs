use std::cell::{Cell, RefCell};
use std::future::{pending, ready};

use rstest::rstest;

use super::*;

const S: Duration = Duration::from_secs(1);

/// Time that passes only in waits.
struct FakeClock {
    now: Cell<Instant>,
    waits: RefCell<Vec<Duration>>,
    random: f64,
}

impl FakeClock {
    fn new(random: f64) -> Self {
        Self { now: Cell::new(Instant::now()), waits: RefCell::default(), random }
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Instant {
        self.now.get()
    }

    fn sleep(&self, wait: Duration) -> impl Future<Output = ()> + Send {
        self.now.set(self.now.get() + wait);
        self.waits.borrow_mut().push(wait);
        ready(())
    }

    fn random(&self) -> f64 {
        self.random
    }
}

fn policy(config: RetryConfig) -> RetryPolicy {
    RetryPolicy::new(Some(&config)).unwrap()
}

fn defaults() -> RetryPolicy {
    RetryPolicy::new(None).unwrap()
}

fn status(status: u16, retry_after: Option<u64>) -> Cause {
    Cause::Status { status, retry_after: retry_after.map(Duration::from_secs) }
}

fn failure(cause: Cause) -> Failure {
    Failure::new(cause, Error { http_status: Some(503), ..Error::new(Code::Unavailable, "the server's words") })
}

/// The waits, and the error, of a request whose every attempt fails by `cause`.
async fn fail(policy: &RetryPolicy, clock: &FakeClock, kind: RequestKind, cause: Cause) -> (Vec<Duration>, Error) {
    let error = policy.run(clock, kind, |_| ready(Err::<(), _>(failure(cause)))).await.unwrap_err();
    (clock.waits.take(), error)
}

#[tokio::test]
async fn waits_double_up_to_the_longest_for_six_attempts() {
    let (waits, error) = fail(&defaults(), &FakeClock::new(0.0), RequestKind::Poll, status(500, None)).await;
    assert_eq!(waits, [S, 2 * S, 4 * S, 8 * S, 16 * S]);
    assert_eq!(error.details, "the server's words");
    assert_eq!((error.code, error.http_status), (Code::Unavailable, Some(503)));
    assert_eq!(error.source.unwrap().to_string(), "gave up after 6 attempts in 31.0 s");
}

#[tokio::test]
async fn jitter_lengthens_a_wait_by_a_quarter_at_most_and_never_beyond_the_longest() {
    let policy = policy(RetryConfig { max_wait: Some(10 * S), ..RetryConfig::default() });
    let (waits, _) = fail(&policy, &FakeClock::new(1.0), RequestKind::Poll, status(500, None)).await;
    let millis: Vec<_> = waits.iter().map(Duration::as_millis).collect();
    assert_eq!(millis, [1250, 2500, 5000, 10_000, 10_000]);
}

#[rstest]
#[case::seconds(7, 7)]
#[case::at_once_is_the_shortest_wait(0, 1)]
#[case::a_day_is_the_longest_wait(86_400, 60)]
#[tokio::test]
async fn retry_after_is_obeyed_within_the_waits(#[case] asked: u64, #[case] waited: u64) {
    let policy = policy(RetryConfig { max_attempts: Some(2), ..RetryConfig::default() });
    for kind in [RequestKind::Execute, RequestKind::Poll] {
        let (waits, _) = fail(&policy, &FakeClock::new(1.0), kind, status(503, Some(asked))).await;
        assert_eq!(waits, [Duration::from_secs(waited)]);
    }
}

#[tokio::test]
async fn a_wait_that_does_not_fit_into_the_overall_limit_gives_up_at_once() {
    let policy = policy(RetryConfig { overall_timeout: Some(5 * S), ..RetryConfig::default() });
    let (waits, error) = fail(&policy, &FakeClock::new(0.0), RequestKind::Poll, status(429, Some(3))).await;
    assert_eq!(waits, [3 * S]);
    assert_eq!(error.details, "the server's words");
}

#[tokio::test]
async fn an_unreachable_host_gets_ten_seconds() {
    let refused = Cause::NotConnected { unreachable: true };
    let (waits, _) = fail(&defaults(), &FakeClock::new(0.0), RequestKind::Execute, refused).await;
    assert_eq!(waits, [S, 2 * S, 4 * S]);
    let unconnected = Cause::NotConnected { unreachable: false };
    let (waits, _) = fail(&defaults(), &FakeClock::new(0.0), RequestKind::Execute, unconnected).await;
    assert_eq!(waits, [S, 2 * S, 4 * S, 8 * S, 16 * S]);
}

#[rstest]
#[case::lost_reply(Cause::ReplyLost)]
#[case::server_error(status(500, None))]
#[case::unavailable_for_an_unknown_time(status(503, None))]
#[case::gateway_timeout(status(504, Some(1)))]
#[tokio::test]
async fn a_statement_that_may_have_run_is_sent_once(#[case] cause: Cause) {
    let clock = FakeClock::new(0.0);
    let attempts = Cell::new(0);
    let outcome: Result<()> = defaults()
        .run(&clock, RequestKind::Execute, |_| {
            attempts.set(attempts.get() + 1);
            ready(Err(failure(cause)))
        })
        .await;
    let error = outcome.unwrap_err();
    assert_eq!(attempts.get(), 1);
    assert!(error.source.is_none());
}

#[tokio::test]
async fn an_answer_ends_the_attempts() {
    let clock = FakeClock::new(0.0);
    let answer = defaults()
        .run(&clock, RequestKind::Execute, |count| {
            ready(if count < 3 { Err(failure(status(429, None))) } else { Ok(count) })
        })
        .await;
    assert_eq!(answer.unwrap(), 3);
    assert_eq!(clock.waits.take(), [S, 2 * S]);
}

#[rstest]
#[case::statement(RequestKind::Execute, false, "1ms, all attempts together; the statement may have run")]
#[case::poll(RequestKind::Poll, true, "1ms, all attempts together")]
#[tokio::test]
async fn an_attempt_that_never_ends_is_cut_by_the_overall_limit(
    #[case] kind: RequestKind,
    #[case] retryable: bool,
    #[case] ending: &str,
) {
    let policy = policy(RetryConfig { overall_timeout: Some(Duration::from_millis(1)), ..RetryConfig::default() });
    let error = policy.run(&SystemClock, kind, |_| pending::<Result<(), Failure>>()).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::Timeout, retryable));
    assert!(error.details.ends_with(ending), "{}", error.details);
}

#[test]
fn settings_have_the_documented_defaults() {
    let expected = RetryPolicy { min_wait: S, max_wait: 60 * S, max_attempts: 6, overall_timeout: 900 * S };
    assert_eq!(defaults(), expected);
}

#[test]
fn a_short_longest_wait_shortens_the_default_shortest() {
    let policy = policy(RetryConfig { max_wait: Some(S / 2), ..RetryConfig::default() });
    assert_eq!(policy.min_wait, S / 2);
}

#[rstest]
#[case::waits(RetryConfig { min_wait: Some(2 * S), max_wait: Some(S), ..RetryConfig::default() }, "min_wait")]
#[case::no_attempt(RetryConfig { max_attempts: Some(0), ..RetryConfig::default() }, "max_attempts")]
#[case::negative_attempts(RetryConfig { max_attempts: Some(-1), ..RetryConfig::default() }, "max_attempts")]
#[case::no_time(RetryConfig { overall_timeout: Some(Duration::ZERO), ..RetryConfig::default() }, "overall_timeout")]
fn an_unusable_setting_is_refused_by_name(#[case] config: RetryConfig, #[case] setting: &str) {
    let error = RetryPolicy::new(Some(&config)).unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert!(error.details.contains(setting), "{}", error.details);
}
