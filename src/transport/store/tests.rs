use rstest::rstest;

use super::*;
use crate::transport::config::{HttpConfig, RetryConfig};
use crate::transport::test_server::{Answer, TestServer};
use crate::transport::tls::TlsClients;

fn store_with(config: HttpConfig, allows_plain_http: bool) -> Store {
    let retry = RetryConfig { min_wait: Some(Duration::from_millis(1)), ..RetryConfig::default() };
    let retry = RetryPolicy::new(Some(&retry)).unwrap();
    let limits = Limits::new(&config).unwrap();
    Store::new(&TlsClients::new(None).unwrap().store, None, retry, limits, allows_plain_http).unwrap()
}

/// Opens a link as a download does, again where that may help.
pub(super) async fn open(
    store: &Store,
    link: &str,
    headers: Option<&HashMap<String, String>>,
    range: Option<ByteRange>,
) -> Result<Body> {
    let open = |count| store.open(link, headers, range, count);
    store.attempts().run(&SystemClock, RequestKind::Link, open).await
}

pub(super) fn store() -> Store {
    store_with(HttpConfig::default(), true)
}

async fn read(body: &mut Body) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(bytes) = body.next().await? {
        all.extend_from_slice(&bytes);
    }
    Ok(all)
}

pub(super) async fn get(server: &TestServer, target: &str) -> Result<Vec<u8>> {
    read(&mut open(&store(), &format!("{}{target}", server.url()), None, None).await?).await
}

#[rstest]
#[case::signature("/r/8f3c?X-Amz-Credential=AKIA%2F20260901%2Fs3&X-Amz-Signature=0a1b2c&x=%7E~")]
#[case::base64("/container/blob?sv=2024-11-04&sig=a%2Bb%2Fc%3D%3D&se=2026-09-01T12%3A15%3A00Z&sp=r")]
#[case::plus_and_case("/A%2fb%2Fc+d%20e/f?q=a+b&r=%c3%A9&empty=&&=")]
#[case::reserved("/a;b=c,d!$&()*:@-._~/e?f=[g]{h}|i^j`k\\l/m?n:o@p!$()*,;")]
#[case::encoded_dots_beside_text("/a%2e%2eb/c..d/...?x=../..")]
#[case::doubled_slashes("//a///b//?c//d")]
#[case::query_alone("/?a")]
#[case::empty_query("/a?")]
#[tokio::test]
async fn a_link_arrives_byte_for_byte(#[case] target: &str) {
    let server = TestServer::start([Answer::new(200, &[], "data")]).await;
    assert_eq!(get(&server, target).await.unwrap(), b"data");
    assert_eq!(server.request().line(), format!("GET {target}"));
}

#[rstest]
#[case::apostrophe("/a?b='c'")]
#[case::blank("/a?b=c d")]
#[case::quote("/a?b=\"c\"")]
#[case::non_ascii("/a?b=é")]
#[case::dots("/a/../b?c")]
#[case::encoded_dots("/a/%2e%2E/b?c")]
#[case::newline("/a?b\nc")]
#[case::trailing_blank("/a?b ")]
#[tokio::test]
async fn a_link_that_would_be_changed_is_refused(#[case] target: &str) {
    let server = TestServer::start([]).await;
    let error = get(&server, target).await.unwrap_err();
    assert_eq!(error.code, Code::Internal);
    let expected = "the server's presigned link has characters that a URL must escape: it cannot be sent unchanged";
    assert_eq!(error.details, expected);
    assert!(server.requests().is_empty());
}

#[rstest]
#[case::no_url("here", "is not a URL")]
#[case::other_scheme("ftp://store.example/a", "is not an HTTPS URL")]
#[case::plain_http("http://store.example/a", "is plain HTTP, although the server is not")]
#[case::user("https://user@store.example/a", "has a user name in it")]
#[case::password("https://:secret@store.example/a", "has a user name in it")]
#[tokio::test]
async fn a_link_that_would_leak_is_refused_without_being_named(#[case] link: &str, #[case] why: &str) {
    let error = open(&store_with(HttpConfig::default(), false), link, None, None).await.err().unwrap();
    assert_eq!(error.code, Code::Internal);
    assert_eq!(error.details, format!("the server's presigned link {why}"));
}

#[tokio::test]
async fn only_the_links_own_headers_are_sent() {
    let server = TestServer::start([Answer::new(200, &[], ""), Answer::new(200, &[], "")]).await;
    let own = HashMap::from([("x-amz-server-side-encryption-customer-key".to_owned(), "k3y".to_owned())]);
    let url = format!("{}/a", server.url());
    open(&store(), &url, Some(&own), None).await.unwrap();
    open(&store(), &url, None, None).await.unwrap();
    let [with, without] = &server.requests()[..] else { panic!("two requests") };
    assert_eq!(with.header_names(), ["accept", "host", "x-amz-server-side-encryption-customer-key"]);
    assert_eq!(with.header("x-amz-server-side-encryption-customer-key"), Some("k3y"));
    assert_eq!(without.header_names(), ["accept", "host"]);
}

#[tokio::test]
async fn a_link_cannot_change_where_a_request_goes_or_ends() {
    let server = TestServer::start([Answer::new(200, &[], "")]).await;
    let of_the_request = [("Host", "other.example"), ("Content-Length", "50")];
    let headers = HashMap::from(of_the_request.map(|(name, value)| (name.to_owned(), value.to_owned())));
    open(&store(), &server.url(), Some(&headers), None).await.unwrap();
    assert_eq!(server.request().header("host"), Some(server.address.to_string().as_str()));
    assert_eq!(server.request().header_names(), ["accept", "host"]);
}

#[rstest]
#[case::value("x-key", "se\ncret")]
#[case::framing("Transfer-Encoding", "chunked")]
#[case::connection("connection", "upgrade")]
#[case::expect("Expect", "100-continue")]
#[tokio::test]
async fn an_unusable_header_of_a_link_is_named_without_its_value(#[case] name: &str, #[case] value: &str) {
    let headers = HashMap::from([(name.to_owned(), value.to_owned())]);
    let error = open(&store(), "https://store.example/a", Some(&headers), None).await.err().unwrap();
    assert_eq!(error.details, format!("the server's link has an unusable header {name:?}"));
}

#[tokio::test]
async fn a_part_of_the_link_is_no_code_of_the_store() {
    let server = TestServer::start([Answer::new(400, &[], "<Error><Code>0a1b2c3d4e5f6071</Code></Error>")]).await;
    let error = get(&server, "/a?sig=0a1b2c3d4e5f6071").await.unwrap_err();
    assert_eq!((error.error_code, error.details.as_str()), (None, "the store answered HTTP 400"));
}

#[tokio::test]
async fn the_announced_length_is_known_before_the_body() {
    let server = TestServer::start([Answer::new(200, &[], "12345")]).await;
    let mut body = open(&store(), &server.url(), None, None).await.unwrap();
    assert_eq!(body.content_length(), Some(5));
    assert_eq!(read(&mut body).await.unwrap(), b"12345");
    assert_eq!(body.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_compressed_body_is_handed_over_as_it_is() {
    let server = TestServer::start([Answer::new(200, &[("content-encoding", "gzip")], "not gzip")]).await;
    assert_eq!(get(&server, "/a").await.unwrap(), b"not gzip");
}

#[rstest]
#[case::length("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345")]
#[case::chunked("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n")]
#[tokio::test]
async fn a_short_body_is_an_error_that_may_pass(#[case] reply: &str) {
    let server = TestServer::start([Answer::raw(reply)]).await;
    let error = get(&server, "/a?sig=s3cret").await.unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::NetworkError, true));
    assert!(error.details.starts_with("the connection to 127.0.0.1 broke before the reply was complete"));
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_body_that_stalls_is_a_timeout() {
    let server = TestServer::start([Answer::stalled("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345")]).await;
    let config = HttpConfig { stall_timeout: Some(Duration::from_millis(20)), ..HttpConfig::default() };
    let mut body = open(&store_with(config, true), &server.url(), None, None).await.unwrap();
    let error = read(&mut body).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::Timeout, true));
    assert_eq!(error.details, "the store sent nothing for 20ms");
}

#[tokio::test]
async fn a_wait_that_was_dropped_loses_no_bytes() {
    let server = TestServer::start([Answer::stalled("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345")]).await;
    let mut body = open(&store(), &server.url(), None, None).await.unwrap();
    // Polled once and dropped, whether or not bytes have come by then.
    let early = tokio::select! { biased; bytes = body.next() => bytes.unwrap(), () = std::future::ready(()) => None };
    let bytes = match early {
        Some(bytes) => bytes,
        None => body.next().await.unwrap().unwrap(),
    };
    assert_eq!(bytes, "12345");
}

#[tokio::test]
async fn a_store_that_never_answers_is_a_timeout() {
    let server = TestServer::start([Answer::stalled("")]).await;
    let limit = Some(Duration::from_millis(10));
    let retry = RetryConfig { max_attempts: Some(1), ..RetryConfig::default() };
    let limits =
        Limits::new(&HttpConfig { connect_timeout: limit, stall_timeout: limit, ..HttpConfig::default() }).unwrap();
    let retry = RetryPolicy::new(Some(&retry)).unwrap();
    let store = Store::new(&TlsClients::new(None).unwrap().store, None, retry, limits, true).unwrap();
    let error = open(&store, &server.url(), None, None).await.err().unwrap();
    assert_eq!((error.code, error.retryable), (Code::Timeout, true));
}

#[rstest]
#[case::expired(403, "AccessDenied", Code::PermissionDenied)]
#[case::two_credentials(400, "InvalidArgument", Code::InvalidArgument)]
#[case::gone(404, "NoSuchKey", Code::NotFound)]
#[tokio::test]
async fn a_link_that_a_fresh_one_may_mend_fails_at_once(
    #[case] status: u16,
    #[case] store_code: &str,
    #[case] code: Code,
) {
    let xml = format!("<?xml version=\"1.0\"?><Error><Code>{store_code}</Code><Message>Secret words</Message></Error>");
    let server = TestServer::start([Answer::new(status, &[], xml)]).await;
    let error = get(&server, "/a?sig=s3cret").await.unwrap_err();
    assert_eq!((error.code, error.retryable), (code, false));
    assert_eq!(error.http_status, Some(i32::from(status)));
    assert_eq!(error.error_code.as_deref(), Some(store_code));
    assert_eq!(error.details, format!("the store answered HTTP {status}: {store_code}"));
    assert_eq!(server.requests().len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_success_without_content_is_no_content(#[values(201, 202, 204, 205, 207)] status: u16) {
    let server = TestServer::start([Answer::raw(format!("HTTP/1.1 {status} Status\r\n\r\n"))]).await;
    let error = get(&server, "/a").await.unwrap_err();
    assert_eq!((error.code, error.http_status), (Code::Unknown, Some(i32::from(status))));
    assert_eq!(error.details, format!("the store answered HTTP {status}"));
}

#[tokio::test]
async fn failures_that_may_pass_are_tried_again() {
    let server = TestServer::start([
        Answer::new(500, &[], ""),
        Answer::nothing(),
        Answer::new(429, &[], ""),
        Answer::new(503, &[], "<Error><Code>SlowDown</Code></Error>"),
        Answer::new(200, &[], "data"),
    ])
    .await;
    assert_eq!(get(&server, "/a").await.unwrap(), b"data");
    assert_eq!(server.requests().len(), 5);
}

#[rstest]
#[case::a_part(ByteRange { start: 10, end: Some(20) }, "bytes=10-19")]
#[case::the_rest(ByteRange { start: 10, end: None }, "bytes=10-")]
#[tokio::test]
async fn a_range_is_asked_for_and_its_reply_says_what_it_is(#[case] range: ByteRange, #[case] asked: &str) {
    let headers = [("content-range", "bytes 10-19/100"), ("etag", "\"v1\"")];
    let server = TestServer::start([Answer::new(206, &headers, "0123456789")]).await;
    let mut body = open(&store(), &format!("{}/a?sig=1", server.url()), None, Some(range)).await.unwrap();
    assert_eq!(body.sent_range(), Some(SentRange { start: 10, end: 20, total: 100 }));
    assert!(body.takes_ranges());
    assert_eq!(body.entity_tag().unwrap(), "\"v1\"");
    assert_eq!(read(&mut body).await.unwrap(), b"0123456789");
    assert_eq!(server.request().header("range"), Some(asked));
    assert_eq!(server.request().line(), "GET /a?sig=1");
}

#[rstest]
#[case::whole_of_a_store_with_ranges(200, &[("accept-ranges", "bytes")], None, true)]
#[case::whole_of_another(200, &[], None, false)]
#[case::no_ranges(200, &[("accept-ranges", "none")], None, false)]
#[case::a_range_that_nobody_sent(200, &[("content-range", "bytes 0-3/4")], None, false)]
#[case::sound(206, &[("content-range", "bytes 0-3/4")], Some(SentRange { start: 0, end: 4, total: 4 }), true)]
#[tokio::test]
async fn a_reply_is_a_part_only_when_it_says_which(
    #[case] status: u16,
    #[case] headers: &[(&str, &str)],
    #[case] sent: Option<SentRange>,
    #[case] takes_ranges: bool,
) {
    let server = TestServer::start([Answer::new(status, headers, "data")]).await;
    let body = open(&store(), &server.url(), None, None).await.unwrap();
    assert_eq!((body.sent_range(), body.takes_ranges()), (sent, takes_ranges));
}

#[rstest]
#[case::nothing("items 0-3/4")]
#[case::without_a_total("bytes 0-3/*")]
#[case::backwards("bytes 3-0/4")]
#[case::beyond_the_end("bytes 0-9/4")]
#[case::last_number("bytes 0-18446744073709551615/4")]
#[tokio::test]
async fn a_part_that_does_not_say_which_it_is_is_refused(#[case] range: &str) {
    let server = TestServer::start([Answer::new(206, &[("content-range", range)], "data")]).await;
    let error = open(&store(), &server.url(), None, None).await.err().unwrap();
    assert_eq!(error.code, Code::NetworkError);
    assert_eq!(error.details, "the store sent a part without saying which");
}
