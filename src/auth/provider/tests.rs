use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::ThreadId;

use rstest::rstest;

use super::*;

type Answer = Result<ProvidedToken, CallbackError>;

/// Answers what it was given, in order, and counts.
struct Scripted {
    answers: StdMutex<Vec<Answer>>,
    asked: AtomicUsize,
    threads: StdMutex<Vec<ThreadId>>,
}

impl TokenProvider for Scripted {
    fn token(&self) -> Answer {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.threads.lock().unwrap().push(std::thread::current().id());
        self.answers.lock().unwrap().remove(0)
    }
}

fn token(text: &str, lifetime: Option<Duration>) -> Answer {
    let expires_at = lifetime.map(|lifetime| SystemTime::now() + lifetime);
    Ok(ProvidedToken { token: Secret::new(text.to_owned()), expires_at, headers: Vec::new() })
}

fn scripted(answers: impl IntoIterator<Item = Answer>) -> (Arc<Scripted>, Provider) {
    let source = Arc::new(Scripted {
        answers: StdMutex::new(answers.into_iter().collect()),
        asked: AtomicUsize::new(0),
        threads: StdMutex::default(),
    });
    (Arc::clone(&source), Provider::new(source))
}

async fn next(provider: &Provider) -> String {
    provider.headers(None).await.unwrap().authorization.expose().to_owned()
}

const HOUR: Option<Duration> = Some(Duration::from_secs(3600));

#[tokio::test]
async fn a_token_without_an_expiry_is_asked_for_each_time() {
    let (source, provider) = scripted([token("a", None), token("b", None)]);
    assert_eq!([next(&provider).await, next(&provider).await], ["Bearer a", "Bearer b"]);
    assert_eq!(source.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_token_with_an_expiry_is_kept() {
    let (source, provider) = scripted([token("a", HOUR)]);
    assert_eq!([next(&provider).await, next(&provider).await], ["Bearer a", "Bearer a"]);
    assert_eq!(source.asked.load(Ordering::SeqCst), 1);
}

#[rstest]
#[case::hour(3600, 3560)]
#[case::two_minutes(120, 80)]
#[case::minute(60, 40)]
#[case::moment(3, 2)]
#[case::none(0, 0)]
fn a_token_is_renewed_40_s_before_its_end_or_after_two_thirds_of_a_short_life(#[case] life: u64, #[case] kept: u64) {
    let now = SystemTime::now();
    let after = |seconds| now + Duration::from_secs(seconds);
    let token =
        ProvidedToken { token: Secret::new("a".to_owned()), expires_at: Some(after(life)), headers: Vec::new() };
    assert_eq!(renewal(&token, now), Some(after(kept)));
    assert_eq!(renewal(&token, after(life + 1)), None, "it has ended");
}

#[tokio::test]
async fn every_token_that_was_used_is_cut_out_of_texts() {
    use crate::transport::redact::redact;

    let header = |value: &str| HttpHeader { name: "x-second".to_owned(), value: Secret::new(value.to_owned()) };
    let second = Ok(ProvidedToken {
        headers: vec![header("second-secret-in-a-header")],
        ..token("tok-new-4712", None).unwrap()
    });
    let (_, provider) = scripted([token("tok-old-4711", None), second]);
    next(&provider).await;
    next(&provider).await;
    let text = "tok-old-4711, tok-new-4712, second-secret-in-a-header";
    assert_eq!(redact(text), "[redacted], [redacted], [redacted]");
    drop(provider);
    assert_eq!(redact(text), text);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_everybody_who_used_it() {
    let (source, provider) = scripted([token("a", HOUR), token("b", HOUR)]);
    let refused = provider.headers(None).await.unwrap();
    for _ in 0..2 {
        let renewed = provider.headers(Some(&refused)).await.unwrap();
        assert_eq!(renewed.authorization.expose(), "Bearer b");
    }
    assert_eq!(source.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failure_is_told_and_not_remembered() {
    let (_, provider) =
        scripted([Err(CallbackError::Failed { details: "vault is sealed".to_owned() }), token("a", HOUR)]);
    let error = provider.headers(None).await.unwrap_err();
    assert_eq!(
        (error.code, error.details.as_str()),
        (Code::Unauthenticated, "the token provider failed: vault is sealed")
    );
    assert_eq!(next(&provider).await, "Bearer a");
}

#[rstest]
#[case::empty("", "the token provider's token is empty")]
#[case::with_its_scheme(
    "Bearer a",
    "the token provider's token has blanks, control or non-ASCII characters: pass it exactly as it was issued"
)]
#[tokio::test]
async fn an_unusable_token_is_refused_and_not_remembered(#[case] text: &str, #[case] details: &str) {
    let (_, provider) = scripted([token(text, HOUR), token("good", HOUR)]);
    let error = provider.headers(None).await.unwrap_err();
    assert_eq!((error.code, error.details.as_str()), (Code::Unauthenticated, details));
    assert_eq!(next(&provider).await, "Bearer good");
}

#[tokio::test]
async fn a_provider_is_asked_on_a_thread_of_its_own() {
    let (source, provider) = scripted([token("a", None)]);
    next(&provider).await;
    assert_ne!(source.threads.lock().unwrap()[0], std::thread::current().id());
}

#[tokio::test]
async fn a_provider_that_panics_is_an_error() {
    struct Panics;
    impl TokenProvider for Panics {
        fn token(&self) -> Answer {
            panic!("not caught by the caller's language");
        }
    }
    let error = Provider::new(Arc::new(Panics)).headers(None).await.unwrap_err();
    assert_eq!((error.code, error.details.as_str()), (Code::Unauthenticated, "the token provider did not answer"));
}

/// Says when it is asked, and answers when it is told to.
struct Gated {
    asked: Sender<()>,
    go_on: StdMutex<Receiver<Answer>>,
}

impl TokenProvider for Gated {
    fn token(&self) -> Answer {
        let go_on = self.go_on.try_lock().expect("never asked on two threads at once");
        self.asked.send(()).unwrap();
        go_on.recv().unwrap()
    }
}

#[tokio::test]
async fn a_dropped_request_leaves_its_question_to_the_next() {
    let ((asked, was_asked), (answer, go_on)) = (channel(), channel());
    let provider = Arc::new(Provider::new(Arc::new(Gated { asked, go_on: StdMutex::new(go_on) })));
    let first = tokio::spawn({
        let provider = Arc::clone(&provider);
        async move { provider.headers(None).await }
    });
    let was_asked = tokio::task::spawn_blocking(move || was_asked.recv().map(|()| was_asked)).await.unwrap().unwrap();
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let second = tokio::spawn({
        let provider = Arc::clone(&provider);
        async move { next(&provider).await }
    });
    answer.send(token("a", HOUR)).unwrap();
    assert_eq!(second.await.unwrap(), "Bearer a");
    assert!(was_asked.try_recv().is_err());
}
