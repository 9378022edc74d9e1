use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::*;
use crate::auth::{Credentials, ProvidedToken, TokenProvider};
use crate::callback::CallbackError;
use crate::sea::wire::{Compression, Disposition, Format, QueryTag, StatementParameter};
use crate::secret::Secret;
use crate::transport::test_server::{Answer, Recorded, TestServer};
use crate::transport::{HttpConfig, HttpHeader, RetryConfig};

mod ids;

mod echo;

const SUCCEEDED: &str = r#"{"statement_id": "s-1", "status": {"state": "SUCCEEDED"}}"#;

fn config(server: &TestServer) -> SessionConfig {
    SessionConfig {
        host: server.url(),
        http_path: "/sql/1.0/warehouses/w1?o=42".to_owned(),
        credentials: Credentials::personal_access_token(Secret::new("dapi123".to_owned())).unwrap(),
        catalog: None,
        schema: None,
        parameters: Default::default(),
        tls: None,
        proxy: None,
        http: None,
        retry: Some(RetryConfig { min_wait: Some(Duration::from_millis(1)), ..RetryConfig::default() }),
        results: None,
        client_name: None,
    }
}

fn client(server: &TestServer) -> SeaClient {
    SeaClient::new(&config(server)).unwrap()
}

fn select() -> ExecuteStatement {
    ExecuteStatement {
        warehouse_id: "w1".to_owned(),
        session_id: "sess-1".to_owned(),
        statement: "SELECT 1".to_owned(),
        disposition: Disposition::InlineOrExternalLinks,
        format: Format::ArrowStream,
        result_compression: Compression::Lz4Frame,
        wait_timeout: None,
        on_wait_timeout: None,
        row_limit: None,
        parameters: Vec::new(),
        query_tags: Vec::new(),
    }
}

/// A request without what differs between runs: the port and the version.
fn shown(request: &Recorded, server: &TestServer) -> String {
    let head = request.head.replace(&server.address.to_string(), "HOST").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let mut lines: Vec<_> = head.trim_end().lines().collect();
    lines[1..].sort_unstable();
    format!("{}\n\n{}", lines.join("\n"), request.body)
}

#[tokio::test]
async fn create_session_sends_what_was_configured() {
    let server = TestServer::start([Answer::json(200, r#"{"session_id": "sess-1"}"#)]).await;
    let body = CreateSession {
        warehouse_id: "w1".to_owned(),
        catalog: Some("main".to_owned()),
        schema: Some("default".to_owned()),
        session_confs: BTreeMap::from([("TIMEZONE".to_owned(), "Europe/Lisbon".to_owned())]),
    };
    let created = client(&server).create_session(&body, &Flight::new()).await.unwrap();
    assert_eq!(created.session_id, "sess-1");
    insta::assert_snapshot!("create_session", shown(&server.request(), &server));
}

#[tokio::test]
async fn execute_sends_what_was_set() {
    let server = TestServer::start([Answer::json(200, SUCCEEDED)]).await;
    let body = ExecuteStatement {
        wait_timeout: Some("10s"),
        on_wait_timeout: Some("CONTINUE"),
        disposition: Disposition::ExternalLinks,
        row_limit: Some(50_000),
        parameters: vec![
            StatementParameter {
                name: Some("c".to_owned()),
                ordinal: None,
                sql_type: "STRING".to_owned(),
                value: Some("PT".to_owned()),
            },
            StatementParameter { name: None, ordinal: Some(1), sql_type: "INT".to_owned(), value: None },
        ],
        query_tags: vec![
            QueryTag { key: "team".to_owned(), value: Some("billing".to_owned()) },
            QueryTag { key: "adhoc".to_owned(), value: None },
        ],
        ..select()
    };
    let response = client(&server).execute(&body, RequestKind::Execute, &[], None).await.unwrap();
    assert_eq!(response.statement_id, "s-1");
    insta::assert_snapshot!("execute", shown(&server.request(), &server));
}

#[tokio::test]
async fn execute_sends_a_metadata_statements_headers() {
    let server = TestServer::start([Answer::json(200, SUCCEEDED)]).await;
    let headers = [("x-databricks-sea-can-run-fully-sync", "true")];
    client(&server).execute(&select(), RequestKind::MetadataExecute, &headers, None).await.unwrap();
    insta::assert_snapshot!("metadata_execute", shown(&server.request(), &server));
}

#[tokio::test]
async fn calls_can_run_on_the_threads_of_the_runtime() {
    fn sendable<T: Send>(_: &T) {}
    let server = TestServer::start([]).await;
    let client = client(&server);
    sendable(&client.execute(&select(), RequestKind::Execute, &[], None));
    sendable(&client.close_statement("s-1"));
}

#[tokio::test]
async fn every_other_endpoint_is_asked_as_the_protocol_says() {
    let chunk = r#"{"external_links": [{"chunk_index": 1, "external_link": "https://store.example/r?sig=x"}]}"#;
    let answers = [SUCCEEDED, chunk, "{}", "{}", "{}"].map(|body| Answer::json(200, body));
    let server = TestServer::start(answers).await;
    let client = client(&server);
    client.statement("s-1").await.unwrap();
    let chunk = client.chunk("s-1", 1).await.unwrap();
    assert_eq!(chunk.external_links[0].external_link, "https://store.example/r?sig=x");
    client.cancel("s-1").await.unwrap();
    client.close_statement("s-1").await.unwrap();
    client.delete_session("sess-1").await.unwrap();
    let requests: Vec<_> = server.requests().iter().map(|request| shown(request, &server)).collect();
    insta::assert_snapshot!("other_endpoints", requests.join("\n---\n\n"));
}

#[tokio::test]
async fn what_is_gone_is_closed() {
    let gone = || Answer::json(404, r#"{"error_code": "NOT_FOUND", "message": "gone"}"#);
    let server = TestServer::start([gone(), gone(), gone()]).await;
    let client = client(&server);
    client.cancel("s-1").await.unwrap();
    client.close_statement("s-1").await.unwrap();
    client.delete_session("sess-1").await.unwrap();
}

#[tokio::test]
async fn an_acknowledgement_may_be_empty() {
    let server = TestServer::start([Answer::new(200, &[], ""), Answer::new(204, &[], "")]).await;
    let client = client(&server);
    client.cancel("s-1").await.unwrap();
    client.close_statement("s-1").await.unwrap();
}

#[tokio::test]
async fn an_unknown_statement_is_an_error_that_names_it() {
    let server = TestServer::start([Answer::json(404, r#"{"error_code": "NOT_FOUND", "message": "no such"}"#)]).await;
    let error = client(&server).statement("s-1").await.unwrap_err();
    assert_eq!((error.code, error.details.as_str()), (Code::NotFound, "no such"));
    assert_eq!(error.query_id.as_deref(), Some("s-1"));
    assert_eq!(error.error_code.as_deref(), Some("NOT_FOUND"));
}

async fn execute(server: &TestServer) -> Result<StatementResponse> {
    client(server).execute(&select(), RequestKind::Execute, &[], None).await
}

#[rstest]
#[case::rate_limited(Answer::new(429, &[], ""))]
#[case::unavailable_for_a_known_time(Answer::new(503, &[("retry-after", "0")], ""))]
#[tokio::test]
async fn a_statement_that_did_not_run_is_sent_again(#[case] first: Answer) {
    let server = TestServer::start([first, Answer::json(200, SUCCEEDED)]).await;
    assert_eq!(execute(&server).await.unwrap().statement_id, "s-1");
    assert_eq!(server.lines(), ["POST /api/2.0/sql/statements"; 2]);
}

#[rstest]
#[case::server_error(Answer::json(500, r#"{"message": "m"}"#), Code::Internal)]
#[case::gateway_timeout(Answer::new(504, &[("retry-after", "0")], ""), Code::Timeout)]
#[case::unavailable(Answer::new(503, &[], ""), Code::Unavailable)]
#[case::no_reply(Answer::nothing(), Code::NetworkError)]
#[case::half_a_reply(Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"), Code::NetworkError)]
#[tokio::test]
async fn a_statement_that_may_have_run_is_sent_once(#[case] first: Answer, #[case] code: Code) {
    let server = TestServer::start([first, Answer::json(200, SUCCEEDED)]).await;
    let error = execute(&server).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (code, false));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_lost_reply_to_a_statement_says_that_it_may_have_run() {
    let server = TestServer::start([Answer::nothing()]).await;
    let error = execute(&server).await.unwrap_err();
    assert!(error.details.ends_with("; the statement may have run"), "{}", error.details);
}

#[rstest]
#[case::server_error(Answer::new(500, &[], ""))]
#[case::page(Answer::new(502, &[], "<html></html>"))]
#[case::unavailable(Answer::new(503, &[], ""))]
#[case::no_reply(Answer::nothing())]
#[case::half_a_reply(Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"))]
#[tokio::test]
async fn everything_else_is_asked_again(#[case] first: Answer) {
    let server = TestServer::start([first.clone(), Answer::json(200, SUCCEEDED)]).await;
    client(&server).statement("s-1").await.unwrap();
    assert_eq!(server.requests().len(), 2);
    let server = TestServer::start([first, Answer::json(200, SUCCEEDED)]).await;
    client(&server).execute(&select(), RequestKind::MetadataExecute, &[], None).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn giving_up_keeps_the_servers_words_and_says_how_much_was_tried() {
    let busy = || Answer::json(503, r#"{"error_code": "TEMPORARILY_UNAVAILABLE", "message": "Still starting."}"#);
    let server = TestServer::start([busy(), busy(), busy()]).await;
    let retry =
        RetryConfig { min_wait: Some(Duration::from_millis(1)), max_attempts: Some(3), ..RetryConfig::default() };
    let config = SessionConfig { retry: Some(retry), ..config(&server) };
    let error = SeaClient::new(&config).unwrap().statement("s-1").await.unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::Unavailable, true));
    assert_eq!(error.details, "Still starting.");
    assert_eq!((error.http_status, error.error_code.as_deref()), (Some(503), Some("TEMPORARILY_UNAVAILABLE")));
    let causes = error.source.unwrap();
    assert!(causes.to_string().starts_with("gave up after 3 attempts in "), "{causes}");
    assert_eq!(causes.source().unwrap().to_string(), "the server's request id is req-1");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_for_a_while() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let server = TestServer::start([]).await;
    let config = SessionConfig { host, ..config(&server) };
    let error = SeaClient::new(&config).unwrap().execute(&select(), RequestKind::Execute, &[], None).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::NetworkError, true));
    assert_eq!(error.details, "could not connect to 127.0.0.1: Connection refused (os error 111)");
    assert!(error.source.unwrap().to_string().starts_with("gave up after 6 attempts"));
}

#[tokio::test]
async fn a_name_without_an_address_is_no_connection() {
    let server = TestServer::start([]).await;
    let retry = Some(RetryConfig { max_attempts: Some(1), ..RetryConfig::default() });
    let config = SessionConfig { host: "http://no-such-host.invalid".to_owned(), retry, ..config(&server) };
    let error = SeaClient::new(&config).unwrap().execute(&select(), RequestKind::Execute, &[], None).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::NetworkError, true));
    assert!(error.details.starts_with("could not connect to no-such-host.invalid: "), "{}", error.details);
}

#[rstest]
#[case::statement(RequestKind::Execute, "127.0.0.1 did not answer in time; the statement may have run", false)]
#[case::metadata(RequestKind::MetadataExecute, "127.0.0.1 did not answer in time", true)]
#[tokio::test]
async fn a_reply_that_takes_too_long_is_a_timeout(
    #[case] kind: RequestKind,
    #[case] details: &str,
    #[case] retryable: bool,
) {
    let server = TestServer::start([Answer::stalled("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")]).await;
    let config = SessionConfig {
        http: Some(HttpConfig { request_timeout: Some(Duration::from_millis(50)), ..HttpConfig::default() }),
        retry: Some(RetryConfig { max_attempts: Some(1), ..RetryConfig::default() }),
        ..config(&server)
    };
    let error = SeaClient::new(&config).unwrap().execute(&select(), kind, &[], None).await.unwrap_err();
    assert_eq!((error.code, error.details.as_str(), error.retryable), (Code::Timeout, details, retryable));
}

#[rstest]
#[case::thrift_only(307)]
#[case::login(302)]
#[tokio::test]
async fn a_redirect_is_named_and_never_followed(#[case] status: u16) {
    let other = TestServer::start([]).await;
    let location = other.url();
    let server = TestServer::start([Answer::new(status, &[("location", &location)], "")]).await;
    let error = execute(&server).await.unwrap_err();
    assert_eq!((error.code, error.http_status), (Code::Unknown, Some(i32::from(status))));
    assert!(error.details.contains("a redirect, which is never followed"), "{}", error.details);
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_login_page_is_named() {
    let page = Answer::new(200, &[("content-type", "text/html"), ("x-request-id", "r9")], "<html>Sign in</html>");
    let server = TestServer::start([page]).await;
    let error = execute(&server).await.unwrap_err();
    assert_eq!(error.code, Code::Unknown);
    assert!(error.details.starts_with("the server answered with a page instead of JSON"), "{}", error.details);
    assert_eq!(error.source.unwrap().to_string(), "the server's request id is r9");
}

/// Answers `token-1`, `token-2` and so on.
struct Counting {
    asked: AtomicI32,
    lifetime: Option<Duration>,
}

impl TokenProvider for Counting {
    fn token(&self) -> Result<ProvidedToken, CallbackError> {
        let count = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(ProvidedToken {
            token: Secret::new(format!("token-{count}")),
            expires_at: self.lifetime.map(|lifetime| std::time::SystemTime::now() + lifetime),
            headers: vec![HttpHeader {
                name: "x-databricks-azure-sp-management-token".to_owned(),
                value: Secret::new(format!("management-{count}")),
            }],
        })
    }
}

fn with_provider(server: &TestServer, lifetime: Option<Duration>) -> SeaClient {
    let provider = Counting { asked: AtomicI32::new(0), lifetime };
    let credentials = Credentials::from_provider(Arc::new(provider));
    SeaClient::new(&SessionConfig { credentials, ..config(server) }).unwrap()
}

fn tokens(server: &TestServer) -> Vec<String> {
    server.requests().iter().map(|request| request.header("authorization").unwrap().to_owned()).collect()
}

#[rstest]
#[case::unauthenticated(Answer::json(401, r#"{"error_code": 401, "message": "Credential was refused"}"#))]
#[case::refused_by_the_front(Answer::json(403, r#"{"error_code": 403, "message": "Invalid access token."}"#))]
#[tokio::test]
async fn a_refused_token_is_renewed_once_also_for_a_statement(#[case] refusal: Answer) {
    let server = TestServer::start([refusal.clone(), Answer::json(200, SUCCEEDED), refusal.clone(), refusal]).await;
    let client = with_provider(&server, Some(Duration::from_secs(3600)));
    client.execute(&select(), RequestKind::Execute, &[], None).await.unwrap();
    assert_eq!(tokens(&server), ["Bearer token-1", "Bearer token-2"]);
    let last = server.requests().pop().unwrap();
    assert_eq!(last.header("x-databricks-azure-sp-management-token"), Some("management-2"));
    client.statement("s-1").await.unwrap_err();
    assert_eq!(tokens(&server)[2..], ["Bearer token-2", "Bearer token-3"]);
}

#[tokio::test]
async fn a_caller_without_the_right_keeps_its_token() {
    let forbidden = Answer::json(403, r#"{"error_code": "PERMISSION_DENIED", "message": "No."}"#);
    let server = TestServer::start([forbidden]).await;
    let error = with_provider(&server, None).statement("s-1").await.unwrap_err();
    assert_eq!(error.code, Code::PermissionDenied);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_personal_access_token_is_not_tried_twice() {
    let server = TestServer::start([Answer::json(401, r#"{"error_code": 401, "message": "No."}"#)]).await;
    let error = execute(&server).await.unwrap_err();
    assert_eq!((error.code, error.vendor_code), (Code::Unauthenticated, Some(401)));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_callers_headers_and_name_are_sent_and_nothing_prints_them() {
    let server = TestServer::start([Answer::json(200, SUCCEEDED)]).await;
    let header = |name: &str, value: &str| HttpHeader { name: name.to_owned(), value: Secret::new(value.to_owned()) };
    let headers = vec![header("x-team", "s3cret"), header("User-Agent", "mine/2"), header("Authorization", "evil")];
    let config = SessionConfig {
        http: Some(HttpConfig { headers, ..HttpConfig::default() }),
        client_name: Some("shop/1".to_owned()),
        ..config(&server)
    };
    assert!(!format!("{config:?}").contains("s3cret"));
    SeaClient::new(&config).unwrap().statement("s-1").await.unwrap();
    let request = server.request();
    assert_eq!(request.header("x-team"), Some("s3cret"));
    assert_eq!(request.header("authorization"), Some("Bearer dapi123"));
    let agent = format!("DatabricksSQLKernel/{} shop/1 mine/2", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), Some(agent.as_str()));
}

#[tokio::test]
async fn replies_are_compressed_only_on_request() {
    // The same reply, written by gzip.
    let gzipped = STANDARD
        .decode("H4sIAAAAAAACA6tWKi5JLEnNTc0ric9MUbJSUCrWNVTSUQALlxYDBaohKkBSwaHOzq6uLq4uSrW1AAYlj5I5AAAA")
        .unwrap();
    let compressed = Answer::new(200, &[("content-encoding", "gzip")], gzipped);
    let server = TestServer::start([Answer::json(200, SUCCEEDED), compressed]).await;
    client(&server).statement("s-1").await.unwrap();
    let http = Some(HttpConfig { compress_replies: true, ..HttpConfig::default() });
    let asking = SeaClient::new(&SessionConfig { http, ..config(&server) }).unwrap();
    assert_eq!(asking.statement("s-1").await.unwrap().statement_id, "s-1");
    let encodings: Vec<_> =
        server.requests().iter().map(|request| request.header("accept-encoding").map(str::to_owned)).collect();
    assert_eq!(encodings, [None, Some("gzip".to_owned())]);
}

#[tokio::test]
async fn a_dropped_call_ends_its_connection_and_is_not_sent_again() {
    let server = TestServer::start([Answer::stalled(""), Answer::json(200, SUCCEEDED)]).await;
    let client = client(&server);
    let body = select();
    tokio::select! {
        _ = client.execute(&body, RequestKind::Execute, &[], None) => panic!("there is no answer"),
        () = server.received(1) => {}
    }
    client.statement("s-1").await.unwrap();
    assert_eq!(server.lines(), ["POST /api/2.0/sql/statements", "GET /api/2.0/sql/statements/s-1"]);
}

#[rstest]
#[case::plain("http://LOCALHOST:80/", "http://localhost")]
#[case::https("adb-1.azuredatabricks.net", "https://adb-1.azuredatabricks.net")]
#[tokio::test]
async fn a_server_is_remembered_by_one_spelling(#[case] host: &str, #[case] key: &str) {
    let server = TestServer::start([]).await;
    let client = SeaClient::new(&SessionConfig { host: host.to_owned(), ..config(&server) }).unwrap();
    assert_eq!((client.host_key().as_str(), client.warehouse_id()), (key, "w1"));
}

/// The fields of every event, those of the libraries included, as text; without what differs between runs.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut line = format!("{}: ", event.metadata().target().trim_start_matches(env!("CARGO_CRATE_NAME")));
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            if !["elapsed", "wait"].contains(&field.name()) {
                line.push_str(&format!("{}={value:?} ", field.name()));
            }
        });
        self.0.lock().unwrap().push(line);
    }
}

#[tokio::test]
async fn the_log_tells_of_requests_and_nothing_that_is_secret() {
    let answers = [Answer::new(429, &[], ""), Answer::json(200, SUCCEEDED), Answer::new(403, &[], "")];
    let server = TestServer::start(answers).await;
    let lines = Lines::default();
    // With one subscriber alone, tracing decides once for a line by the thread that reaches it first: here that may be another test's.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.clone()));
    execute(&server).await.unwrap();
    let link = format!(r#"{{"external_link": "{}/r/8f3c?sig=s3cret"}}"#, server.url());
    client(&server).store().get(&serde_json::from_str(&link).unwrap(), None, 1).await.err().unwrap();
    drop(logging);
    let lines = lines.0.lock().unwrap();
    for line in &*lines {
        assert!(!["dapi123", "SELECT", "s3cret", "8f3c"].iter().any(|secret| line.contains(secret)), "{line}");
    }
    let own: Vec<_> = lines.iter().filter(|line| line.starts_with("::")).map(String::as_str).collect();
    insta::assert_snapshot!("log", own.join("\n"));
}

#[tokio::test]
async fn client_of_another_process_is_refused_before_anything_is_sent() {
    let server = TestServer::start([]).await;
    let client = SeaClient { origin: Origin::elsewhere(), ..client(&server) };
    for error in [
        client.statement("s-1").await.unwrap_err(),
        client.cancel("s-1").await.unwrap_err(),
        client.close_statement("s-1").await.unwrap_err(),
        client.delete_session("x").await.unwrap_err(),
    ] {
        assert_eq!(error.code, Code::InvalidState);
    }
    assert_eq!(server.requests().len(), 0);
}
