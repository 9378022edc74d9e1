//! The program as its users start and end it.

#![expect(clippy::panic, clippy::unwrap_used, reason = "these are tests, their helpers included")]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::Once;
use std::time::Duration;

use reqwest::{Client, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

const TOKEN: &str = "token-of-the-test";
const LIMIT: Duration = Duration::from_secs(60);
/// Computes for longer than any test lasts.
const ENDLESS: &str = "SELECT count(*) FROM range(1000000000000) WHERE id % 7 = 3";

/// A running program; it does not outlive the test.
struct Program {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start(flags: &[&str]) -> Self {
        let mut child = command(flags).env("LOCAL_WAREHOUSE_TOKEN", TOKEN).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// The rest of the next line, which must begin so.
    fn line(&mut self, beginning: &str) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let rest = line.trim_end().strip_prefix(beginning);
        rest.unwrap_or_else(|| panic!("{line:?} does not begin with {beginning:?}")).to_owned()
    }

    /// Sends a signal and waits for the end; answers what else was printed.
    async fn end(mut self, signal: &str) -> (ExitStatus, String) {
        let kill = format!("kill -s {signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let ending = tokio::task::spawn_blocking(move || {
            let mut rest = String::new();
            self.output.read_to_string(&mut rest).unwrap();
            (self.child.wait().unwrap(), rest)
        });
        tokio::time::timeout(LIMIT, ending).await.unwrap().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-warehouse"));
    command.args(flags).env_remove("LOCAL_WAREHOUSE_TOKEN").env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    Client::new()
}

async fn post(http: &Client, url: &str, path: &str, body: Value) -> Value {
    let response = http.post(format!("{url}{path}")).bearer_auth(TOKEN).json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

async fn execute(http: &Client, url: &str, sql: &str, wait: &str) -> Value {
    let body = json!({"warehouse_id": "w", "statement": sql, "wait_timeout": wait, "format": "ARROW_STREAM",
        "disposition": "EXTERNAL_LINKS"});
    post(http, url, "/api/2.0/sql/statements", body).await
}

#[rstest]
#[case::terminated("TERM")]
#[case::interrupted("INT")]
#[tokio::test]
async fn signal_ends_it_cleanly_while_a_query_runs_and_a_link_is_read(#[case] signal: &str) {
    let mut program = Program::start(&[]);
    let url = program.line("listening on ");
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let http = client();
    post(&http, &url, "/_faults", json!([{"on": "link", "do": {"stall": {"at": 10}}}])).await;
    let reply = execute(&http, &url, "SELECT id FROM range(1000)", "30s").await;
    let link = reply["result"]["external_links"][0]["external_link"].as_str().unwrap();
    let mut reading = http.get(link).send().await.unwrap();
    assert_eq!(reading.chunk().await.unwrap().unwrap().len(), 10);
    let reply = execute(&http, &url, ENDLESS, "5s").await;
    assert_eq!(reply["status"]["state"], "RUNNING");

    let (status, rest) = program.end(signal).await;
    assert_eq!((status.code(), rest.as_str()), (Some(0), ""));
    assert!(reading.chunk().await.is_err());
}

#[tokio::test]
async fn certificate_is_named_before_the_address_and_goes_with_the_program() {
    let mut program = Program::start(&["--tls"]);
    let authority = program.line("ca certificate ");
    let url = program.line("listening on ");
    client();
    let pem = std::fs::read(&authority).unwrap();
    let trusting = Client::builder().tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()]).build().unwrap();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    post(&trusting, &url, "/api/2.0/sql/sessions", json!({"warehouse_id": "w"})).await;
    assert_eq!(program.end("TERM").await.0.code(), Some(0));
    assert!(!Path::new(&authority).parent().unwrap().exists());
}

/// What a program that does not start says; it must end by itself.
fn refused(command: &mut Command) -> Output {
    command.output().unwrap()
}

#[rstest]
#[case(&["--token", "t", "--port", "many"], "--port")]
#[case(&["--token", "t", "--colour"], "--colour")]
#[case(&["--token", "t", "--scale-factor", "0"], "--scale-factor")]
#[case(&["--token", ""], "--token")]
#[case(&[], "--token")]
fn bad_flags_are_named_and_end_with_2(#[case] flags: &[&str], #[case] named: &str) {
    let output = refused(&mut command(flags));
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]));
    assert!(String::from_utf8_lossy(&output.stderr).contains(named));
}

#[test]
fn what_keeps_it_from_starting_is_named_and_ends_with_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json");
    std::fs::write(&plan, "[{}]").unwrap();
    let plan = plan.to_str().unwrap();
    let cases = [
        (vec!["--port", &port], format!("local-warehouse: port {port} could not be listened on: ")),
        (vec!["--link-port", &port], format!("local-warehouse: port {port} could not be listened on: ")),
        (vec!["--faults", "/nowhere/plan"], "local-warehouse: the plan of faults /nowhere/plan: ".to_owned()),
        (vec!["--faults", plan], "local-warehouse: the plan of faults does not parse: ".to_owned()),
    ];
    for (flags, message) in cases {
        let output = refused(command(&flags).env("LOCAL_WAREHOUSE_TOKEN", TOKEN).env("RUST_LOG", "off"));
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{flags:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.starts_with(&message), "{said}");
    }
}

#[tokio::test]
async fn secrets_are_not_in_the_log() {
    let mut child = command(&[]);
    child.env("LOCAL_WAREHOUSE_TOKEN", TOKEN).env("RUST_LOG", "trace");
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = child.stderr.take().unwrap();
    let log = tokio::task::spawn_blocking(move || {
        let mut log = String::new();
        errors.read_to_string(&mut log).map(|_| log).unwrap()
    });
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut program = Program { child, output };
    let url = program.line("listening on ");
    let http = client();
    let reply = execute(&http, &url, "SELECT id FROM range(1000)", "30s").await;
    let link = reply["result"]["external_links"][0]["external_link"].as_str().unwrap();
    assert_eq!(http.get(link).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(program.end("TERM").await.0.code(), Some(0));
    let log = log.await.unwrap();
    let signature = link.split_once("signature=").unwrap().1;
    assert!(log.contains("/_store/"), "requests are logged");
    assert!(!log.contains(TOKEN) && !log.contains(signature));
}
