use std::thread::ThreadId;
use std::time::Duration;

use rstest::rstest;

use super::*;

type Answer = Result<ProvidedToken, CallbackError>;

/// Answers what it was given, in order.
struct Scripted {
    answers: Mutex<Vec<Answer>>,
    threads: Mutex<Vec<ThreadId>>,
}

impl TokenProvider for Scripted {
    fn token(&self) -> Answer {
        self.threads.lock().unwrap().push(std::thread::current().id());
        self.answers.lock().unwrap().remove(0)
    }
}

fn token(text: &str, lifetime: Option<Duration>) -> Answer {
    let expires_at = lifetime.map(|lifetime| SystemTime::now() + lifetime);
    Ok(ProvidedToken { token: Secret::new(text.to_owned()), expires_at, headers: Vec::new() })
}

fn scripted(answers: impl IntoIterator<Item = Answer>) -> (Arc<Scripted>, Provider) {
    let source = Arc::new(Scripted { answers: Mutex::new(answers.into_iter().collect()), threads: Mutex::default() });
    (Arc::clone(&source), Provider::new(source))
}

const HOUR: Option<Duration> = Some(Duration::from_secs(3600));

#[tokio::test]
async fn a_token_has_the_providers_life_and_headers() {
    let extra = HttpHeader { name: "x-second".to_owned(), value: Secret::new("s".to_owned()) };
    let second = Ok(ProvidedToken { headers: vec![extra], ..token("b", None).unwrap() });
    let past = Ok(ProvidedToken { expires_at: Some(SystemTime::UNIX_EPOCH), ..token("c", None).unwrap() });
    let (_, provider) = scripted([token("a", HOUR), second, past]);
    let first = provider.token().await.unwrap();
    assert_eq!(first.headers.authorization.expose(), "Bearer a");
    assert!(matches!(first.life, Life::For(life) if life <= HOUR.unwrap() && life > HOUR.unwrap() / 2));
    let second = provider.token().await.unwrap();
    assert_eq!((second.life, second.headers.extra[0].name.as_str()), (Life::Once, "x-second"));
    assert_eq!(provider.token().await.unwrap().life, Life::Once, "it has ended");
}

#[tokio::test]
async fn a_failure_is_told() {
    let (_, provider) = scripted([Err(CallbackError::Failed { details: "vault is sealed".to_owned() })]);
    let error = provider.token().await.unwrap_err();
    assert_eq!(
        (error.code, error.details.as_str()),
        (Code::Unauthenticated, "the token provider failed: vault is sealed")
    );
}

#[rstest]
#[case::empty("", "the token provider's token is empty")]
#[case::with_its_scheme(
    "Bearer a",
    "the token provider's token has blanks, control or non-ASCII characters: pass it exactly as it was issued"
)]
#[tokio::test]
async fn an_unusable_token_is_refused(#[case] text: &str, #[case] details: &str) {
    let (_, provider) = scripted([token(text, HOUR)]);
    let error = provider.token().await.unwrap_err();
    assert_eq!((error.code, error.details.as_str()), (Code::Unauthenticated, details));
}

#[tokio::test]
async fn a_provider_is_asked_on_a_thread_of_its_own() {
    let (source, provider) = scripted([token("a", None)]);
    provider.token().await.unwrap();
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
    let error = Provider::new(Arc::new(Panics)).token().await.unwrap_err();
    assert_eq!((error.code, error.details.as_str()), (Code::Unauthenticated, "the token provider did not answer"));
}
