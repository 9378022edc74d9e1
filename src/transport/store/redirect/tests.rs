use std::collections::HashMap;

use reqwest::header::HeaderValue;
use rstest::rstest;

use super::*;
use crate::transport::store::tests::{get, open, store};
use crate::transport::test_server::{Answer, TestServer};

fn redirect(status: u16, to: &str) -> Answer {
    Answer::new(status, &[("location", to)], "moved")
}

fn data() -> Answer {
    Answer::new(200, &[], "data")
}

/// Where a request to `from` is sent on to.
fn sent_on(kind: RequestKind, from: &str, status: u16, to: &str) -> Result<Option<Hop>, Error> {
    let reply = HeaderMap::from_iter([(LOCATION, HeaderValue::from_str(to).unwrap())]);
    let headers = HeaderMap::from_iter(
        [("x-key", "v"), ("range", "bytes=1-")]
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))),
    );
    let status = StatusCode::from_u16(status).unwrap();
    Hop::first(Url::parse(from).unwrap(), headers).next(kind, status, &reply)
}

#[rstest]
#[case::absolute("{host}/b?sig=a%2Fb+c&x=[y]", "/b?sig=a%2Fb+c&x=[y]")]
#[case::of_the_same_scheme("//{address}/b?c", "/b?c")]
#[case::path("/b//c?d=%7E", "/b//c?d=%7E")]
#[case::query("?other", "/f/a?other")]
#[case::relative("b?c", "/f/b?c")]
#[tokio::test]
async fn download_follows_every_redirect_byte_for_byte(
    #[values(301, 302, 303, 307, 308)] status: u16,
    #[case] to: &str,
    #[case] target: &str,
) {
    let second = TestServer::start([data()]).await;
    let to = to.replace("{host}", &second.url()).replace("{address}", &second.address.to_string());
    let first = TestServer::start([redirect(status, &to), data()]).await;
    assert_eq!(get(&first, "/f/a?sig=1").await.unwrap(), b"data");
    let lines = [first.lines(), second.lines()].concat();
    assert_eq!(lines, ["GET /f/a?sig=1".to_owned(), format!("GET {target}")]);
}

#[tokio::test]
async fn links_headers_stay_with_its_host_and_the_range_goes_on() {
    let second = TestServer::start([data()]).await;
    let first = TestServer::start([redirect(302, "/b"), redirect(302, &format!("{}/c", second.url()))]).await;
    let headers = HashMap::from([("x-key".to_owned(), "k3y".to_owned())]);
    let range = Some(crate::transport::ByteRange { start: 3, end: Some(5) });
    open(&store(), &format!("{}/a", first.url()), Some(&headers), range).await.unwrap();
    assert!(first.requests().iter().all(|request| request.header("x-key") == Some("k3y")));
    assert_eq!(second.request().header_names(), ["accept", "host", "range"]);
    assert_eq!(second.request().header("range"), Some("bytes=3-4"));
}

#[tokio::test]
async fn fourth_redirect_is_refused_with_status_and_host_and_nothing_is_sent_again() {
    let server = TestServer::start((0..10).map(|_| redirect(302, "/again?sig=s3cret"))).await;
    let error = get(&server, "/a").await.unwrap_err();
    assert_eq!((error.code, error.http_status, error.retryable), (Code::Internal, Some(302), false));
    assert_eq!(
        error.details,
        "the store answered HTTP 302: 127.0.0.1 redirects to 127.0.0.1, which is not followed: it is redirect number 4"
    );
    assert_eq!(server.requests().len(), 4);
}

#[rstest]
#[case::to_plain_http("https://store.example/a", "http://store.example/b", "it leads from HTTPS to plain HTTP")]
#[case::with_a_user(
    "https://store.example/a",
    "https://user:s3cret@store.example/b",
    "the address has a user name in it"
)]
#[case::other_scheme("https://store.example/a", "file:///etc/passwd", "the address is not an HTTPS URL")]
#[case::signature_in_the_host(
    "https://store.example/a?sig=0A1b2c3d4e5f6071",
    "https://b.0a1b2c3d4e5f6071.example/b",
    "store.example redirects to elsewhere, which is not followed: its host is a part of the link"
)]
#[case::changed_text("https://store.example/a", "https://store.example/b?c='d'", "it cannot be sent unchanged")]
fn redirect_that_would_leak_is_refused(#[case] from: &str, #[case] to: &str, #[case] why: &str) {
    let error = sent_on(RequestKind::Link, from, 307, to).err().unwrap();
    assert_eq!((error.code, error.http_status), (Code::Internal, Some(307)));
    assert!(error.details.ends_with(why), "{}", error.details);
    assert!(error.details.contains("store.example redirects to ") && !error.details.contains("s3cret"));
}

#[rstest]
fn nothing_leads_to_this_machine_from_elsewhere(
    #[values(
        "127.0.0.1",
        "127.1.2.3",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "0",
        "169.254.169.254",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[::127.0.0.1]",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "255.255.255.255"
    )]
    host: &str,
) {
    let to = format!("https://{host}/latest/meta-data");
    let error = sent_on(RequestKind::Link, "https://store.example/a", 302, &to).err().unwrap();
    assert!(error.details.contains("it leads to this machine or to addresses of its own network"), "{}", error.details);
    assert!(sent_on(RequestKind::Link, "https://127.0.0.1/a", 302, &to).unwrap().is_some());
}

#[rstest]
#[case::public("https://8.8.8.8/")]
#[case::private_store("https://10.0.0.7/b")]
#[case::other_name("https://localhost.example/b")]
fn other_hosts_are_followed_under_guard(#[case] to: &str) {
    let hop = sent_on(RequestKind::Link, "https://store.example/a", 302, to).unwrap().unwrap();
    assert!(hop.is_guarded());
    assert_eq!(hop.headers.len(), 1, "the range alone");
}

#[tokio::test]
async fn name_that_leads_to_this_machine_is_not_found_under_guard() {
    let guarded = reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(crate::transport::tls::TlsClients::new(None).unwrap().store);
    let guarded = guarded.dns_resolver(std::sync::Arc::new(Guard)).build().unwrap();
    let error = guarded.get("http://localhost:1/a").send().await.unwrap_err();
    let error = misled(&error, "localhost").unwrap();
    assert_eq!(
        error.details,
        "the store redirects to localhost, which is not followed: it leads to this machine or to addresses of its own network"
    );
}

#[rstest]
#[case::upload(RequestKind::Upload, "; nothing was stored")]
#[case::removal(RequestKind::Remove, "; nothing was removed")]
fn what_changes_something_is_sent_on_unchanged_or_not_at_all(#[case] kind: RequestKind, #[case] ending: &str) {
    for status in [301, 302, 303] {
        let error = sent_on(kind, "https://store.example/a", status, "https://store.example/b").err().unwrap();
        assert_eq!(error.http_status, Some(i32::from(status)));
        assert!(error.details.ends_with(ending), "{}", error.details);
    }
    for status in [307, 308] {
        let hop = sent_on(kind, "https://store.example/a", status, "https://store.example/b").unwrap().unwrap();
        assert_eq!((hop.url.as_str(), hop.headers.len()), ("https://store.example/b", 2));
    }
}

#[rstest]
#[case::choices(300)]
#[case::not_modified(304)]
#[case::proxy(305)]
#[tokio::test]
async fn other_statuses_are_errors(#[case] status: u16) {
    let server = TestServer::start([redirect(status, "/b")]).await;
    let error = get(&server, "/a").await.unwrap_err();
    assert_eq!((error.http_status, server.requests().len()), (Some(i32::from(status)), 1));
}

#[tokio::test]
async fn redirect_without_a_place_is_an_error() {
    let server = TestServer::start([Answer::new(302, &[], "")]).await;
    let error = get(&server, "/a").await.unwrap_err();
    assert_eq!(error.details, "the store answered HTTP 302: 127.0.0.1 does not say where to");
}
