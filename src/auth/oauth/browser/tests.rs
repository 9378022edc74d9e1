use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use rstest::rstest;
use tempfile::TempDir;
use url::form_urlencoded;

use super::*;
use crate::auth::oauth::OAuthOptions;
use crate::callback::CallbackError;
use crate::transport::test_server::{Answer, TestServer};

/// A person's browser: it comes back at once with these parameters, and the page's state.
struct Person {
    brings: &'static str,
    pages: Mutex<Vec<Url>>,
    saw: Mutex<Vec<String>>,
}

impl Person {
    fn who(brings: &'static str) -> Arc<Self> {
        Arc::new(Self { brings, pages: Mutex::default(), saw: Mutex::default() })
    }

    fn page(&self) -> HashMap<String, String> {
        let pages = lock(&self.pages);
        assert_eq!(pages.len(), 1);
        pages[0].query_pairs().into_owned().collect()
    }
}

impl Browser for Arc<Person> {
    fn show(&self, url: String) -> Result<bool, CallbackError> {
        let page = Url::parse(&url).unwrap();
        lock(&self.pages).push(page.clone());
        if self.brings.is_empty() {
            return Ok(false);
        }
        let query: HashMap<String, String> = page.query_pairs().into_owned().collect();
        let port = Url::parse(&query["redirect_uri"]).unwrap().port().unwrap();
        let (target, person) = (format!("/?{}&state={}", self.brings, query["state"]), Arc::clone(self));
        std::thread::spawn(move || {
            let mut stream = TcpStream::connect(("localhost", port)).unwrap();
            write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            let mut page = String::new();
            stream.read_to_string(&mut page).unwrap();
            lock(&person.saw).push(page);
        });
        Ok(true)
    }
}

/// A server that does not say where its endpoints are, and then answers for tokens.
async fn server(answers: impl IntoIterator<Item = Answer>) -> TestServer {
    let unknown = [Answer::json(404, "{}"), Answer::json(404, "{}")];
    TestServer::start(unknown.into_iter().chain(answers)).await
}

fn issued(access: &str, refresh: &str) -> Answer {
    let refresh = if refresh.is_empty() { String::new() } else { format!(r#", "refresh_token": "{refresh}""#) };
    Answer::json(
        200,
        &format!(r#"{{"access_token": "{access}", "token_type": "Bearer", "expires_in": 3600{refresh}}}"#),
    )
}

fn refused(error: &str) -> Answer {
    Answer::json(400, &format!(r#"{{"error": "{error}", "error_description": "it has ended"}}"#))
}

fn options() -> BrowserOptions {
    BrowserOptions { redirect_ports: vec![0], timeout: Some(Duration::from_secs(20)), ..BrowserOptions::default() }
}

fn login(server: &TestServer, person: &Arc<Person>, options: BrowserOptions) -> Login {
    let browser: Arc<dyn Browser> = Arc::new(Arc::clone(person));
    let app = App::new(Some(browser), options, OAuthOptions::default()).unwrap();
    Login::new(Arc::new(app), &Url::parse(&server.url()).unwrap()).unwrap()
}

async fn token(login: &Login, asked: Asked) -> Result<String> {
    Ok(login.token(&Http::for_tests(), asked).await?.headers.authorization.expose().to_owned())
}

/// The form of a request.
fn form_of(server: &TestServer, number: usize) -> HashMap<String, String> {
    let request = &server.requests()[number];
    assert_eq!(request.line(), "POST /oidc/v1/token");
    assert_eq!(request.header("authorization"), None, "the client is public");
    form_urlencoded::parse(request.body.as_bytes()).into_owned().collect()
}

#[tokio::test]
async fn a_person_signs_in_once_and_the_token_is_renewed_without_them() {
    let server = server([issued("a-1", "r-1"), issued("a-2", "r-2"), issued("a-3", "")]).await;
    let person = Person::who("code=c%2F1");
    let login = login(&server, &person, options());
    assert_eq!(token(&login, Asked::Needed).await.unwrap(), "Bearer a-1");
    let (page, form) = (person.page(), form_of(&server, 2));
    assert_eq!(
        (&*page["response_type"], &*page["client_id"], &*page["scope"], &*page["code_challenge_method"]),
        ("code", "databricks-sql-python", "sql offline_access", "S256")
    );
    // RFC 7636, section 4.2: the challenge is the hash of the verifier.
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, form["code_verifier"].as_bytes()));
    assert_eq!((page["code_challenge"].as_str(), page["code_challenge"].len()), (challenge.as_str(), 43));
    assert!(form["code_verifier"].len() >= 43 && page["state"].len() >= 22);
    assert_eq!(
        (&*form["grant_type"], &*form["code"], &*form["client_id"], &form["redirect_uri"]),
        ("authorization_code", "c/1", "databricks-sql-python", &page["redirect_uri"])
    );
    assert!(lock(&person.pages)[0].as_str().starts_with(&format!("{}/oidc/v1/authorize?", server.url())));
    for (number, asked, refresh) in [(3, Asked::Ahead, "r-1"), (4, Asked::Needed, "r-2")] {
        assert_eq!(token(&login, asked).await.unwrap(), format!("Bearer a-{}", number - 1));
        let form = form_of(&server, number);
        assert_eq!((&*form["grant_type"], &*form["refresh_token"], form.len()), ("refresh_token", refresh, 3));
    }
    assert_eq!(lock(&login.refresh).as_ref().unwrap().expose(), "r-2", "what is not issued anew stays good");
    assert_eq!(lock(&person.pages).len(), 1);
}

#[tokio::test]
async fn a_sign_in_that_has_ended_asks_the_person_again_but_never_ahead() {
    let server = server([issued("a-1", "r-1"), refused("invalid_grant"), issued("a-2", "r-2")]).await;
    let person = Person::who("code=c-1");
    let login = login(&server, &person, options());
    token(&login, Asked::Needed).await.unwrap();
    assert_eq!(token(&login, Asked::Ahead).await.unwrap_err().code, Code::Unauthenticated);
    assert_eq!(lock(&person.pages).len(), 1);
    assert_eq!(token(&login, Asked::Needed).await.unwrap(), "Bearer a-2");
    assert_eq!(lock(&person.pages).len(), 2);
    assert_eq!(server.requests().len(), 5, "the refresh token that has ended is not sent again");
}

#[rstest]
#[case::busy(Answer::json(400, r#"{"error": "temporarily_unavailable"}"#))]
#[case::page(Answer::new(200, &[], "<html>"))]
#[tokio::test]
async fn a_renewal_that_fails_otherwise_keeps_the_sign_in(#[case] answer: Answer) {
    let server = server([issued("a-1", "r-1"), answer, issued("a-2", "r-2")]).await;
    let person = Person::who("code=c-1");
    let login = login(&server, &person, options());
    token(&login, Asked::Needed).await.unwrap();
    token(&login, Asked::Needed).await.unwrap_err();
    assert_eq!(token(&login, Asked::Needed).await.unwrap(), "Bearer a-2");
    assert_eq!(lock(&person.pages).len(), 1);
}

#[tokio::test]
async fn a_code_is_sent_once_also_when_the_reply_is_lost() {
    let server = server([Answer::nothing(), issued("a-1", "r-1")]).await;
    let error = token(&login(&server, &Person::who("code=c-1"), options()), Asked::Needed).await.unwrap_err();
    assert_eq!((error.code, server.requests().len()), (Code::NetworkError, 3), "{}", error.details);
}

#[tokio::test]
async fn an_app_with_a_secret_proves_itself() {
    let server = server([issued("a-1", "r-1"), issued("a-2", "r-2")]).await;
    let secret = Some(crate::secret::Secret::new("app secret".to_owned()));
    let options = BrowserOptions { client_id: Some("app".to_owned()), client_secret: secret, ..options() };
    let login = login(&server, &Person::who("code=c-1"), options);
    for _ in 0..2 {
        token(&login, Asked::Needed).await.unwrap();
    }
    for request in &server.requests()[2..] {
        // app:app+secret
        assert_eq!(request.header("authorization"), Some("Basic YXBwOmFwcCtzZWNyZXQ="));
    }
}

#[rstest]
#[case::denied("error=access_denied&error_description=No+thanks", vec![], "No thanks", 2)]
#[case::code_refused("code=c-1", vec![refused("invalid_grant")], "it has ended", 3)]
#[tokio::test]
async fn a_person_who_did_not_sign_in_is_told_so(
    #[case] brings: &'static str,
    #[case] answers: Vec<Answer>,
    #[case] why: &str,
    #[case] requests: usize,
) {
    let (server, person) = (server(answers).await, Person::who(brings));
    let error = token(&login(&server, &person, options()), Asked::Needed).await.unwrap_err();
    assert_eq!(error.code, Code::Unauthenticated);
    assert!(error.details.contains(why), "{}", error.details);
    assert_eq!(server.requests().len(), requests);
}

#[tokio::test]
async fn nobody_who_comes_in_time_is_an_error_with_the_page_and_the_way_out() {
    let (server, person) = (server([]).await, Person::who(""));
    let options = BrowserOptions { timeout: Some(Duration::from_millis(50)), ..options() };
    let error = token(&login(&server, &person, options), Asked::Needed).await.unwrap_err().redacted();
    assert_eq!(error.code, Code::Unauthenticated);
    let page = lock(&person.pages)[0].to_string();
    assert!(error.details.contains(&page), "{} does not name {page}", error.details);
    assert!(error.details.contains("service principal") && error.details.contains("no browser"), "{}", error.details);
}

fn stored_in(folder: &TempDir) -> BrowserOptions {
    let directory = Some(folder.path().to_str().unwrap().to_owned());
    BrowserOptions { storage: Some(TokenStorage { directory, passphrase: None }), ..options() }
}

#[tokio::test]
async fn a_stored_sign_in_serves_the_next_program_and_what_another_renewed_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let server = server([issued("a-1", "r-1"), issued("a-2", "r-2"), issued("a-3", "r-3")]).await;
    let person = Person::who("code=c-1");
    let one = login(&server, &person, stored_in(&folder));
    assert_eq!(token(&one, Asked::Needed).await.unwrap(), "Bearer a-1");
    let other = login(&server, &person, stored_in(&folder));
    assert_eq!(token(&other, Asked::Needed).await.unwrap(), "Bearer a-1", "out of the file");
    assert_eq!(token(&other, Asked::Needed).await.unwrap(), "Bearer a-2", "whoever asks again wants another");
    assert_eq!(form_of(&server, 3)["refresh_token"], "r-1");
    assert_eq!(token(&one, Asked::Needed).await.unwrap(), "Bearer a-2", "which the other has renewed");
    assert_eq!(token(&one, Asked::Needed).await.unwrap(), "Bearer a-3");
    assert_eq!(form_of(&server, 4)["refresh_token"], "r-2", "each refresh token is used once");
    assert_eq!(lock(&person.pages).len(), 1);
}

#[tokio::test]
async fn a_stored_sign_in_that_has_ended_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let server = server([issued("a-1", "r-1"), refused("invalid_grant"), issued("a-2", "")]).await;
    let person = Person::who("code=c-1");
    let login = login(&server, &person, stored_in(&folder));
    token(&login, Asked::Needed).await.unwrap();
    token(&login, Asked::Ahead).await.unwrap_err();
    let left = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(left.filter(|path| path.extension().unwrap() != "lock").count(), 0);
    assert_eq!(token(&login, Asked::Needed).await.unwrap(), "Bearer a-2");
}

#[tokio::test]
async fn an_app_of_entra_signs_in_at_the_workspaces_older_endpoints() {
    let server = TestServer::start([issued("a-1", "r-1"), issued("a-2", "r-2")]).await;
    let person = Person::who("code=c-1");
    let login = login(&server, &person, BrowserOptions { entra: true, ..options() });
    assert_eq!(token(&login, Asked::Needed).await.unwrap(), "Bearer a-1");
    let page = person.page();
    assert_eq!(page["client_id"], "96eecda7-19ea-49cc-abb5-240097d554f5");
    assert_eq!(page["scope"], "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/user_impersonation offline_access");
    assert!(lock(&person.pages)[0].path().ends_with("/oidc/oauth2/v2.0/authorize"));
    token(&login, Asked::Needed).await.unwrap();
    for request in server.requests() {
        assert_eq!((request.line(), request.header("origin")), ("POST /oidc/oauth2/v2.0/token", None));
    }
}

#[tokio::test]
async fn an_app_of_pages_asks_as_a_page() {
    let words = r#"{"error": "invalid_request", "error_description": "AADSTS9002327: Tokens issued for the 'Single-Page Application' …"}"#;
    let refusal = || Answer::json(400, words);
    let server = TestServer::start([refusal(), issued("a-1", "r-1"), refusal(), issued("a-2", "r-2")]).await;
    let login = login(&server, &Person::who("code=c-1"), BrowserOptions { entra: true, ..options() });
    for expected in ["Bearer a-1", "Bearer a-2"] {
        assert_eq!(token(&login, Asked::Needed).await.unwrap(), expected);
    }
    let requests = server.requests();
    let from_a_page: Vec<_> = requests.iter().map(|request| request.header("origin").is_some()).collect();
    assert_eq!(from_a_page, [false, true, false, true]);
    assert_eq!((&requests[0].body, &requests[2].body), (&requests[1].body, &requests[3].body));
}

#[rstest]
#[case::patience(BrowserOptions { timeout: Some(Duration::ZERO), ..BrowserOptions::default() }, vec![])]
#[case::client(BrowserOptions { client_id: Some(" ".to_owned()), ..BrowserOptions::default() }, vec![])]
#[case::scope(BrowserOptions::default(), vec!["a b".to_owned()])]
fn what_cannot_be_asked_for_is_refused(#[case] options: BrowserOptions, #[case] scopes: Vec<String>) {
    let error = App::new(None, options, OAuthOptions { scopes, ..OAuthOptions::default() }).err().unwrap();
    assert_eq!(error.code, Code::InvalidArgument);
}

#[rstest]
#[case::usual(None, &[8020, 8021, 8022, 8023, 8024])]
#[case::usual_by_name(Some("databricks-sql-python"), &[8020, 8021, 8022, 8023, 8024])]
#[case::other(Some("my-app"), &[8020])]
fn each_app_has_its_ports(#[case] client_id: Option<&str>, #[case] ports: &[u16]) {
    let options = BrowserOptions { client_id: client_id.map(str::to_owned), ..BrowserOptions::default() };
    let app = App::new(None, options, OAuthOptions::default()).unwrap();
    assert_eq!(
        (app.redirect_ports.as_slice(), app.client_id.as_str()),
        (ports, client_id.unwrap_or("databricks-sql-python"))
    );
}
