use std::sync::atomic::{AtomicUsize, Ordering};

use rstest::rstest;
use tokio::sync::{Semaphore, watch};
use tokio::time::{advance, pause};

use super::*;
use crate::error::Code;
use crate::secret::Secret;
use crate::transport::HttpHeader;
use crate::transport::redact::redact;

/// Answers what it was given, in order, each when it is let.
pub(crate) struct Scripted {
    answers: Mutex<VecDeque<Result<Token>>>,
    asked: watch::Sender<usize>,
    asking: AtomicUsize,
    let_through: Semaphore,
}

impl Scripted {
    pub(crate) async fn token(&self) -> Result<Token> {
        self.asked.send_modify(|asked| *asked += 1);
        assert_eq!(self.asking.fetch_add(1, Ordering::SeqCst), 0, "it is never asked twice at once");
        self.let_through.acquire().await.unwrap().forget();
        self.asking.fetch_sub(1, Ordering::SeqCst);
        lock(&self.answers).pop_front().expect("it is asked no more often than there are answers")
    }

    fn let_one_through(&self) {
        self.let_through.add_permits(1);
    }

    fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    async fn was_asked(&self, count: usize) {
        self.asked.subscribe().wait_for(|asked| *asked >= count).await.unwrap();
    }
}

fn headers(token: &str) -> AuthHeaders {
    AuthHeaders { authorization: Secret::new(format!("Bearer {token}")), extra: Vec::new() }
}

fn token(text: &str, life: Life) -> Result<Token> {
    Ok(Token { headers: headers(text), life })
}

fn seconds(seconds: u64) -> Life {
    Life::For(Duration::from_secs(seconds))
}

const HOUR: Life = Life::For(Duration::from_secs(3600));

fn failure() -> Result<Token> {
    Err(Error::new(Code::Unavailable, "the issuer is away").because("it said so"))
}

/// A cache whose source answers at once, `open` times.
fn cache(open: usize, answers: impl IntoIterator<Item = Result<Token>>) -> (Arc<Scripted>, Arc<TokenCache>) {
    let script = Arc::new(Scripted {
        answers: Mutex::new(answers.into_iter().collect()),
        asked: watch::Sender::new(0),
        asking: AtomicUsize::new(0),
        let_through: Semaphore::new(open),
    });
    (Arc::clone(&script), Arc::new(TokenCache::new(Source::Scripted(script))))
}

async fn answer(cache: &TokenCache) -> Result<String> {
    let headers = cache.headers(&Http::for_tests(), None).await?;
    Ok(headers.authorization.expose().strip_prefix("Bearer ").unwrap().to_owned())
}

async fn next(cache: &TokenCache) -> String {
    answer(cache).await.unwrap()
}

/// So many who wait for a token at the same time.
fn waiting(cache: &Arc<TokenCache>, count: usize) -> Vec<tokio::task::JoinHandle<Result<String>>> {
    let wait = |cache: Arc<TokenCache>| tokio::spawn(async move { answer(&cache).await });
    (0..count).map(|_| wait(Arc::clone(cache))).collect()
}

#[rstest]
#[case::hour(3600, 2400, 3560)]
#[case::two_hours(7200, 6000, 7160)]
#[case::two_minutes(120, 60, 80)]
#[case::minute(60, 30, 40)]
#[case::moment(3, 1, 2)]
#[case::none(0, 0, 0)]
#[tokio::test]
async fn a_token_is_renewed_40_s_before_its_end_or_after_two_thirds_of_a_short_life(
    #[case] life: u64,
    #[case] stale: u64,
    #[case] due: u64,
) {
    let now = Instant::now();
    let times = |in_background| Times::of(Duration::from_secs(life), now, in_background).unwrap();
    let at = |seconds| now + Duration::from_secs(seconds);
    assert_eq!(times(false), Times { stale: at(due), due: at(due), ended: at(life) });
    assert_eq!((times(true).due, times(true).ended), (at(due), at(life)));
    assert_eq!((times(true).stale - now).as_secs(), stale);
}

#[tokio::test]
async fn a_token_for_one_request_is_asked_for_each_time() {
    let (script, cache) = cache(2, [token("a", Life::Once), token("b", Life::Once)]);
    assert_eq!([next(&cache).await, next(&cache).await], ["a", "b"]);
    assert_eq!(script.asked(), 2);
}

#[rstest]
#[case::for_an_hour(HOUR)]
#[case::until_it_is_refused(Life::Open)]
#[tokio::test]
async fn a_token_is_kept(#[case] life: Life) {
    let (script, cache) = cache(1, [token("a", life)]);
    assert_eq!([next(&cache).await, next(&cache).await], ["a", "a"]);
    assert_eq!(script.asked(), 1);
}

#[tokio::test]
async fn one_renewal_serves_all_who_wait() {
    let (script, cache) = cache(0, [token("a", HOUR)]);
    let waiting = waiting(&cache, 100);
    script.was_asked(1).await;
    script.let_one_through();
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().unwrap(), "a");
    }
    assert_eq!(script.asked(), 1);
}

#[tokio::test]
async fn one_failure_is_told_to_all_who_wait_and_not_remembered() {
    let (script, cache) = cache(0, [failure(), token("a", HOUR)]);
    let waiting = waiting(&cache, 10);
    script.was_asked(1).await;
    tokio::task::yield_now().await;
    script.let_one_through();
    for waiting in waiting {
        let error = waiting.await.unwrap().unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!((error.code, error.details.as_str()), (Code::Unavailable, "the issuer is away"));
        assert_eq!(cause.as_deref(), Some("it said so"));
    }
    assert_eq!(script.asked(), 1);
    script.let_one_through();
    assert_eq!(next(&cache).await, "a");
}

#[tokio::test]
async fn a_dropped_request_leaves_its_question_to_the_next() {
    let (script, cache) = cache(0, [token("a", HOUR)]);
    let first = tokio::spawn({
        let cache = Arc::clone(&cache);
        async move { next(&cache).await }
    });
    script.was_asked(1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    script.let_one_through();
    assert_eq!(next(&cache).await, "a");
    assert_eq!(script.asked(), 1);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_everybody_who_used_it() {
    let (script, cache) = cache(2, [token("a", HOUR), token("b", HOUR)]);
    let refused = cache.headers(&Http::for_tests(), None).await.unwrap();
    for _ in 0..2 {
        let renewed = cache.headers(&Http::for_tests(), Some(&refused)).await.unwrap();
        assert_eq!(renewed.authorization.expose(), "Bearer b");
    }
    assert_eq!(script.asked(), 2);
}

#[tokio::test]
async fn a_stale_token_serves_while_the_next_is_asked_for() {
    pause();
    let (script, cache) = cache(1, [token("a", HOUR), token("b", HOUR)]);
    assert_eq!(next(&cache).await, "a");
    advance(Duration::from_secs(2399)).await;
    assert_eq!(next(&cache).await, "a");
    assert_eq!(script.asked(), 1);
    advance(Duration::from_secs(2)).await;
    assert_eq!([next(&cache).await, next(&cache).await], ["a", "a"]);
    script.was_asked(2).await;
    assert_eq!(next(&cache).await, "a");
    script.let_one_through();
    drop(Arc::clone(&cache.shared.turn).lock_owned().await);
    assert_eq!(next(&cache).await, "b");
    assert_eq!(script.asked(), 2);
}

#[tokio::test]
async fn a_failed_renewal_is_tried_again_after_a_minute_and_the_token_serves_to_its_end() {
    pause();
    let answers = [token("a", seconds(600)), failure(), failure(), failure(), token("b", HOUR)];
    let (script, cache) = cache(5, answers);
    assert_eq!(next(&cache).await, "a");
    // In the background: one question, then none for a minute.
    advance(Duration::from_secs(301)).await;
    for asked in [2, 2, 2] {
        assert_eq!(next(&cache).await, "a");
        script.was_asked(2).await;
        drop(Arc::clone(&cache.shared.turn).lock_owned().await);
        assert_eq!(script.asked(), asked);
    }
    // In the last 40 s everybody waits for the renewal; its failure is nobody's while the token is good.
    advance(Duration::from_secs(261)).await;
    assert_eq!([next(&cache).await, next(&cache).await], ["a", "a"]);
    assert_eq!(script.asked(), 3);
    // It has ended.
    advance(Duration::from_secs(40)).await;
    assert_eq!(answer(&cache).await.unwrap_err().details, "the issuer is away");
    assert_eq!(next(&cache).await, "b");
    assert_eq!(script.asked(), 5);
}

#[tokio::test]
async fn every_token_that_was_used_is_cut_out_of_texts() {
    let extra =
        vec![HttpHeader { name: "x-second".to_owned(), value: Secret::new("second-secret-in-a-header".to_owned()) }];
    let second = Ok(Token { headers: AuthHeaders { extra, ..headers("tok-new-4712") }, life: Life::Once });
    let (_, cache) = cache(2, [token("tok-old-4711", Life::Once), second]);
    next(&cache).await;
    next(&cache).await;
    let text = "tok-old-4711, tok-new-4712, second-secret-in-a-header";
    assert_eq!(redact(text), "[redacted], [redacted], [redacted]");
    drop(cache);
    assert_eq!(redact(text), text);
}

#[tokio::test]
async fn a_renewal_ends_with_the_last_who_could_use_it() {
    let (script, cache) = cache(1, [token("a", seconds(600)), token("b", HOUR)]);
    pause();
    next(&cache).await;
    advance(Duration::from_secs(301)).await;
    next(&cache).await;
    script.was_asked(2).await;
    let asking = lock(&cache.shared.state).asking.clone().unwrap();
    drop(cache);
    while !asking.is_finished() {
        tokio::task::yield_now().await;
    }
    assert_eq!(lock(&script.answers).len(), 1);
}
