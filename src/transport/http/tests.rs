//! What the environment changes. A test that needs another environment runs itself again in a process of its own.

use std::io::Write;
use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use rstest::rstest;

use super::*;
use crate::transport::config::HttpConfig;
use crate::transport::test_server::{Answer, TestServer};
use crate::transport::tls::TlsClients;
use crate::transport::tls::tests::Authority;

mod replies;

/// The URL that a child is to fetch.
const FETCH: &str = "KERNEL_TEST_FETCH";
const PROXY_VARIABLES: [&str; 8] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];

/// Fetches `FETCH`, in a child; does nothing in the run of all tests.
#[tokio::test]
async fn fetch() {
    let Ok(url) = std::env::var(FETCH) else { return };
    let limits = Limits::new(&HttpConfig::default()).unwrap();
    let client = HttpClient::new(&TlsClients::new(None).unwrap().server, None, &limits).unwrap();
    let request = Request::new(Method::GET, Url::parse(&url).unwrap());
    client.exchange(RequestKind::Poll, 1, request).await.unwrap();
}

/// Fetches `url` in a process with `variables` alone; answers whether that succeeded.
async fn fetch_with(url: &str, variables: &[(&str, &str)]) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "transport::http::tests::fetch"]).env(FETCH, url);
    for name in PROXY_VARIABLES {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("running 1 test"));
    output.status.success()
}

#[rstest]
#[case::upper_case("HTTP_PROXY")]
#[case::lower_case("http_proxy")]
#[case::every_scheme("ALL_PROXY")]
#[tokio::test]
async fn plain_http_goes_through_the_environments_proxy(#[case] variable: &str) {
    let proxy = TestServer::start([Answer::json(200, "{}")]).await;
    let url = format!("http://user:pass@{}", proxy.address);
    assert!(fetch_with("http://store.example/a", &[(variable, &url)]).await);
    let request = proxy.request();
    assert_eq!(request.line(), "GET http://store.example/a");
    assert_eq!(request.header("proxy-authorization"), Some("Basic dXNlcjpwYXNz"));
}

#[rstest]
#[case::upper_case("HTTPS_PROXY")]
#[case::lower_case("https_proxy")]
#[tokio::test]
async fn https_goes_through_the_environments_proxy(#[case] variable: &str) {
    let proxy = TestServer::start([Answer::new(502, &[], "")]).await;
    assert!(!fetch_with("https://store.example/a", &[(variable, &proxy.url())]).await);
    assert_eq!(proxy.lines(), ["CONNECT store.example:443"]);
}

#[tokio::test]
async fn no_proxy_names_hosts_to_reach_directly() {
    let proxy = TestServer::start([]).await;
    let variables = [("HTTP_PROXY", &*proxy.url()), ("NO_PROXY", ".invalid,10.0.0.0/8")];
    assert!(!fetch_with("http://no-such-host.invalid/a", &variables).await);
    assert!(proxy.requests().is_empty());
}

#[tokio::test]
async fn this_machine_is_reached_without_the_environments_proxy() {
    let proxy = TestServer::start([]).await;
    let server = TestServer::start([Answer::json(200, "{}"), Answer::json(200, "{}")]).await;
    let variables = [("HTTP_PROXY", &*proxy.url()), ("ALL_PROXY", &*proxy.url())];
    assert!(fetch_with(&format!("{}/a", server.url()), &variables).await);
    assert!(fetch_with(&format!("http://localhost:{}/b", server.address.port()), &variables).await);
    assert_eq!(server.lines(), ["GET /a", "GET /b"]);
    assert!(proxy.requests().is_empty());
}

#[tokio::test]
async fn the_environment_can_name_the_systems_authorities() {
    let authority = Authority::new();
    let server = TestServer::start_tls(authority.server("127.0.0.1", None), [Answer::json(200, "{}")]).await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(authority.pem.as_bytes()).unwrap();
    assert!(!fetch_with(&server.url(), &[]).await);
    assert!(fetch_with(&server.url(), &[("SSL_CERT_FILE", file.path().to_str().unwrap())]).await);
}

#[tokio::test]
async fn a_system_without_authorities_can_still_use_plain_http() {
    let server = TestServer::start([Answer::json(200, "{}")]).await;
    let empty = tempfile::NamedTempFile::new().unwrap();
    assert!(fetch_with(&server.url(), &[("SSL_CERT_FILE", empty.path().to_str().unwrap())]).await);
}

#[rstest]
#[case::name("http://localhost:1", true)]
#[case::subdomain("http://a.localhost", true)]
#[case::ipv4("http://127.9.9.9", true)]
#[case::ipv6("http://[::1]:80", true)]
#[case::other_name("http://localhost.example", false)]
#[case::other_address("http://10.0.0.1", false)]
fn loopback_is_this_machine(#[case] url: &str, #[case] loopback: bool) {
    assert_eq!(is_loopback(&Url::parse(url).unwrap()), loopback);
}
