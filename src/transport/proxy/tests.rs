use std::sync::Arc;

use rcgen::generate_simple_self_signed;
use reqwest::{Method, Request};
use rstest::rstest;

use super::*;
use crate::error::Code;
use crate::secret::Secret;
use crate::transport::config::{HttpConfig, TlsConfig};
use crate::transport::http::HttpClient;
use crate::transport::limits::Limits;
use crate::transport::request_kind::RequestKind;
use crate::transport::retry::Failure;
use crate::transport::test_server::{Answer, TestServer};
use crate::transport::tls::TlsClients;

fn config(url: &str) -> ProxyConfig {
    ProxyConfig { url: url.to_owned(), username: None, password: None, bypass: None }
}

fn with_password(url: &str) -> ProxyConfig {
    let password = Some(Secret::new("p@ss:word/ü".to_owned()));
    ProxyConfig { username: Some("üser".to_owned()), password, ..config(url) }
}

async fn get(proxy_config: &ProxyConfig, url: &str) -> Result<(), Failure> {
    let tls = TlsClients::new(Some(&TlsConfig { skip_verification: true, ..TlsConfig::default() })).unwrap();
    let limits = Limits::new(&HttpConfig::default()).unwrap();
    let client = HttpClient::new(&tls.server, Some(&proxy(proxy_config).unwrap()), &limits).unwrap();
    client.exchange(RequestKind::Poll, 1, Request::new(Method::GET, Url::parse(url).unwrap())).await.map(drop)
}

fn tls_server() -> rustls::ServerConfig {
    let certified = generate_simple_self_signed(["store.example".to_owned()]).unwrap();
    let key = certified.signing_key.serialize_der().try_into().unwrap();
    rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap()
}

#[tokio::test]
async fn plain_http_goes_to_the_proxy_as_a_whole_url_with_its_credentials() {
    let proxy = TestServer::start([Answer::json(200, "{}")]).await;
    get(&with_password(&proxy.url()), "http://store.example/a?b=c").await.unwrap();
    let request = proxy.request();
    assert_eq!(request.line(), "GET http://store.example/a?b=c");
    assert_eq!(request.header("host"), Some("store.example"));
    assert_eq!(request.header("proxy-authorization"), Some("Basic w7xzZXI6cEBzczp3b3JkL8O8"));
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_the_credentials_stay_with_the_proxy() {
    let server = TestServer::start_tls(tls_server(), [Answer::json(200, "{}")]).await;
    let proxy = TestServer::start_proxy(server.address, [Answer::tunnel()]).await;
    get(&with_password(&proxy.url()), "https://store.example/a?b=c").await.unwrap();
    let connect = proxy.request();
    assert_eq!(connect.line(), "CONNECT store.example:443");
    assert_eq!(connect.header("proxy-authorization"), Some("Basic w7xzZXI6cEBzczp3b3JkL8O8"));
    let request = server.request();
    assert_eq!(request.line(), "GET /a?b=c");
    assert_eq!(request.header("proxy-authorization"), None);
}

#[tokio::test]
async fn a_host_to_bypass_is_reached_directly() {
    let server = TestServer::start([Answer::json(200, "{}")]).await;
    let bypass = ProxyConfig { bypass: Some("example.org, 127.0.0.0/8".to_owned()), ..config("http://127.0.0.1:1") };
    get(&bypass, &server.url()).await.unwrap();
    assert_eq!(server.lines(), ["GET /"]);
}

#[tokio::test]
async fn a_named_proxy_serves_loopback_addresses_too() {
    let proxy = TestServer::start([Answer::json(200, "{}")]).await;
    get(&config(&proxy.url()), "http://127.0.0.1:1/a").await.unwrap();
    assert_eq!(proxy.lines(), ["GET http://127.0.0.1:1/a"]);
}

#[tokio::test]
async fn a_refused_tunnel_is_no_connection() {
    let proxy = TestServer::start([Answer::new(407, &[], "")]).await;
    let failure = get(&config(&proxy.url()), "https://store.example/").await.unwrap_err();
    assert_eq!((failure.cause, failure.error.code), (crate::transport::Cause::Final, Code::NetworkError));
    let details = format!(
        "the proxy {} wants to know who asks for store.example: pass its user name and password as the proxy's",
        proxy.address
    );
    assert_eq!(failure.error.details, details);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_without_its_credentials() {
    let proxy = TestServer::start([Answer::new(403, &[], "")]).await;
    let with_user = ProxyConfig { username: Some("u5er".to_owned()), ..config(&proxy.url()) };
    let error = get(&with_user, "https://store.example/").await.unwrap_err().error;
    let details =
        format!("the proxy {} does not let through to store.example: tunnel error: unsuccessful", proxy.address);
    assert_eq!(error.details, details);
    assert!(!format!("{error:?}").contains("u5er"));

    let proxy = TestServer::start([Answer::new(407, &[], "")]).await;
    let error = get(&config(&proxy.url()), "http://store.example/").await.unwrap_err().error;
    assert!(error.details.starts_with(&format!("the proxy {} answered HTTP 407", proxy.address)), "{}", error.details);

    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let failure = get(&config(&format!("http://{nobody}")), "https://store.example/").await.unwrap_err();
    let details = format!("could not connect to store.example through the proxy {nobody}: Connection refused");
    assert!(failure.error.details.starts_with(&details), "{}", failure.error.details);
}

#[rstest]
#[case::empty("")]
#[case::no_scheme("proxy.example:3128")]
#[case::socks("socks5://proxy.example:1080")]
#[case::path("http://proxy.example/path")]
#[case::query("http://proxy.example/?a")]
#[case::odd_host("http://pro{xy.example")]
fn an_unusable_url_is_refused(#[case] url: &str) {
    let error = proxy(&config(url)).err().unwrap();
    assert_eq!(error.code, Code::InvalidArgument);
    assert_eq!(error.details, "the proxy's url must be http://host:port or https://host:port");
}

#[test]
fn a_password_in_the_url_is_refused_without_being_named() {
    let error = proxy(&config("http://user:s3cret@proxy.example:3128")).err().unwrap();
    let expected = "the proxy's url must not hold a user or password: pass them as username and password";
    assert_eq!((error.code, error.details.as_str()), (Code::InvalidArgument, expected));
}

#[rstest]
#[case::password_alone(None, "the proxy's password needs a username")]
#[case::colon(Some("a:b"), "the proxy's username must not contain a colon")]
fn unusable_credentials_are_refused(#[case] username: Option<&str>, #[case] details: &str) {
    let config = ProxyConfig { username: username.map(str::to_owned), ..with_password("http://proxy.example") };
    assert_eq!(proxy(&config).err().unwrap().details, details);
}
