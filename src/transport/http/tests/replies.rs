//! Replies that no honest server sends: each ends as one error that says what it is.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::*;
use crate::error::Code;
use crate::transport::retry::Cause;

async fn ask_within(server: &TestServer, kind: RequestKind, limit: Duration) -> Result<Reply, Failure> {
    let limits = Limits::new(&HttpConfig::default()).unwrap();
    let client = HttpClient::new(&TlsClients::new(None).unwrap().server, None, &limits).unwrap();
    let mut request = Request::new(kind.method(), Url::parse(&server.url()).unwrap());
    *request.timeout_mut() = Some(limit);
    client.exchange(kind, 1, request).await
}

async fn ask(server: &TestServer, kind: RequestKind) -> Result<Reply, Failure> {
    ask_within(server, kind, Duration::from_secs(60)).await
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// What is `bytes` long, packed or not, told or not.
fn long(status: u16, bytes: usize, form: &str) -> Answer {
    let body = vec![b'x'; bytes];
    match form {
        "told" => Answer::new(status, &[], body),
        "packed" => Answer::new(status, &[("content-encoding", "gzip")], gzip(&body)),
        _ => Answer::raw([format!("HTTP/1.1 {status} Status\r\n\r\n").as_bytes(), &body].concat()),
    }
}

#[rstest]
#[tokio::test]
async fn reply_that_is_longer_than_its_kind_can_hold_is_an_error_that_is_final(
    #[values("told", "packed", "untold")] form: &str,
    #[values(RequestKind::CreateSession, RequestKind::Cancel, RequestKind::DownloadUrl)] kind: RequestKind,
) {
    let server = TestServer::start([long(200, (1 << 20) + 1, form)]).await;
    let failure = ask(&server, kind).await.err().unwrap();
    let details = format!("the reply to {kind} is longer than 1024 KiB, the most that such a reply can hold");
    assert_eq!((failure.cause, failure.error.code), (Cause::Final, Code::Internal));
    assert_eq!((failure.error.details, failure.error.http_status), (details, Some(200)));

    let server = TestServer::start([long(200, 1 << 20, form)]).await;
    assert!(ask(&server, kind).await.is_ok());
}

#[rstest]
#[case::execute(RequestKind::Execute, 33 << 20)]
#[case::chunk(RequestKind::Chunk, 150 << 20)]
#[case::folder(RequestKind::ListFolder, 15 << 20)]
fn every_reply_that_the_protocol_allows_fits(#[case] kind: RequestKind, #[case] largest: u64) {
    assert!(kind.reply_limit() > largest);
}

#[tokio::test]
async fn bomb_of_gzip_is_no_larger_than_another_reply() {
    let server =
        TestServer::start([Answer::new(200, &[("content-encoding", "gzip")], gzip(&vec![0; 200 << 20]))]).await;
    let error = ask(&server, RequestKind::Poll).await.err().unwrap().error;
    assert!(error.details.contains("longer than 163840 KiB"), "{}", error.details);
}

#[rstest]
#[case::in_the_message(r#"{"error_code": "BAD_REQUEST", "message": "it \"broke\" "#, Some("BAD_REQUEST"))]
#[case::in_the_details(
    r#"{"error_code": "BAD_REQUEST", "message": "it \"broke\" x", "details": [{"a": ""#,
    Some("BAD_REQUEST")
)]
#[case::no_json("<html>", None)]
#[tokio::test]
async fn long_error_is_read_from_its_beginning(
    #[values("told", "packed", "untold")] form: &str,
    #[case] beginning: &str,
    #[case] error_code: Option<&str>,
) {
    let body = [beginning.as_bytes(), &vec![b'x'; 3 << 20]].concat();
    let answer = match form {
        "told" => Answer::new(400, &[], body),
        "packed" => Answer::new(400, &[("content-encoding", "gzip")], gzip(&body)),
        _ => Answer::raw([b"HTTP/1.1 400 Status\r\n\r\n".to_vec(), body].concat()),
    };
    let server = TestServer::start([answer]).await;
    let error = ask(&server, RequestKind::Poll).await.err().unwrap().error;
    assert_eq!((error.http_status, error.error_code.as_deref()), (Some(400), error_code));
    assert!(error.details.len() < 20_000, "{}", error.details.len());
    assert_eq!(error.details.starts_with("it \"broke\" x"), error_code.is_some(), "{}", &error.details[..50]);
}

#[tokio::test]
async fn endless_slow_body_ends_with_the_request_timeout() {
    for status in [200, 500] {
        let head = format!("HTTP/1.1 {status} Status\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{{\r\n");
        let server = TestServer::start([Answer::stalled(head)]).await;
        let failure = ask_within(&server, RequestKind::Poll, Duration::from_millis(100)).await.err().unwrap();
        let expected = if status == 200 { Code::Timeout } else { Code::Internal };
        assert_eq!(failure.error.code, expected, "{:?}", failure.error);
    }
}

#[rstest]
#[case::gzip("gzip", gzip(b"{\"a\": 1}"))]
#[case::in_capitals("GZIP", gzip(b"{\"a\": 1}"))]
#[case::identity("identity", b"{\"a\": 1}".to_vec())]
#[tokio::test]
async fn packed_reply_is_read_although_nobody_asked(#[case] coding: &str, #[case] body: Vec<u8>) {
    let server = TestServer::start([Answer::new(200, &[("content-encoding", coding)], body)]).await;
    let reply = ask(&server, RequestKind::Poll).await.ok().unwrap();
    assert_eq!(reply.json::<Value>().unwrap()["a"], 1);
    assert_eq!(server.request().header("accept-encoding"), None);
}

#[rstest]
#[case::brotli("br")]
#[case::deflate("deflate")]
#[case::unknown("rot13")]
#[tokio::test]
async fn reply_in_another_encoding_is_an_error_that_names_it(#[case] coding: &str) {
    let server = TestServer::start([Answer::new(200, &[("content-encoding", coding)], "?")]).await;
    let failure = ask(&server, RequestKind::Poll).await.err().unwrap();
    assert_eq!((failure.cause, failure.error.code), (Cause::Final, Code::NetworkError));
    assert!(failure.error.details.contains(&format!("{coding:?}")), "{}", failure.error.details);
}

#[tokio::test]
async fn damaged_gzip_may_be_asked_for_again() {
    let body = gzip(b"{\"a\": 1}");
    let server = TestServer::start([Answer::new(200, &[("content-encoding", "gzip")], &body[..body.len() - 2])]).await;
    let failure = ask(&server, RequestKind::Poll).await.err().unwrap();
    assert_eq!((failure.cause, failure.error.retryable), (Cause::ReplyLost, true));
}

#[rstest]
#[case::many((0..200).map(|at| format!("x-{at}: v\r\n")).collect())]
#[case::long(format!("x-a: {}\r\n", "v".repeat(600_000)))]
#[tokio::test]
async fn flood_of_headers_is_an_error_that_is_final(#[case] headers: String) {
    let server = TestServer::start([Answer::raw(format!("HTTP/1.1 200 OK\r\n{headers}\r\n{{}}"))]).await;
    let failure = ask(&server, RequestKind::Execute).await.err().unwrap();
    assert_eq!((failure.cause, failure.error.code), (Cause::Final, Code::Internal), "{:?}", failure.error);
    assert_eq!(
        failure.error.details,
        "the headers of the reply to POST /api/2.0/sql/statements are longer than the 100 headers in 400 KiB that are read; \
         the statement may have run"
    );
}

#[rstest]
#[case::part(206, "{}")]
#[case::reset(205, "")]
#[case::switching(300, "{}")]
#[tokio::test]
async fn status_that_is_no_answer_to_a_call_is_an_error(#[case] status: u16, #[case] body: &str) {
    let server = TestServer::start([Answer::new(status, &[], body)]).await;
    let failure = ask(&server, RequestKind::Poll).await.err().unwrap();
    assert_eq!(failure.error.http_status, Some(i32::from(status)));
}

#[rstest]
#[case::empty(200)]
#[case::nothing(204)]
#[tokio::test]
async fn answer_without_a_body_is_named(#[case] status: u16) {
    let server = TestServer::start([Answer::raw(format!("HTTP/1.1 {status} S\r\ncontent-length: 0\r\n\r\n"))]).await;
    let error = ask(&server, RequestKind::Poll).await.ok().unwrap().json::<Value>().unwrap_err();
    assert_eq!(error.details, format!("the server answered HTTP {status} without a body, where it must say something"));
}

#[rstest]
#[case::chunk_size("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n{}")]
#[case::chunk_overflow("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}")]
#[case::two_lengths("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}")]
#[case::longer_than_it_is("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}")]
#[case::no_status("HTTP/1.1 OK\r\n\r\n")]
#[case::no_http("220 mail.example ESMTP\r\n")]
#[case::closed("")]
#[tokio::test]
async fn broken_framing_is_a_lost_reply(#[case] reply: &str) {
    let server = TestServer::start([Answer::raw(reply)]).await;
    let failure = ask(&server, RequestKind::Poll).await.err().unwrap();
    assert_eq!((failure.cause, failure.error.code), (Cause::ReplyLost, Code::NetworkError), "{:?}", failure.error);
}

#[tokio::test]
async fn plain_request_to_a_port_with_tls_says_so() {
    // The alert that a TLS server answers plain text with, and the words of others.
    let words = Answer::new(400, &[], "Client sent an HTTP request to an HTTPS server.\n");
    for answer in [Answer::raw([0x15, 3, 3, 0, 2, 2, 70]), words] {
        let server = TestServer::start([answer]).await;
        let error = ask(&server, RequestKind::Poll).await.err().unwrap().error;
        assert!(error.details.ends_with("; if it expects TLS, write the host as https://…"), "{}", error.details);
    }
}

#[tokio::test]
async fn storm_of_early_replies_ends_with_the_request_timeout() {
    let storm = "HTTP/1.1 102 Processing\r\n\r\n".repeat(10_000);
    let server = TestServer::start([Answer::stalled(storm)]).await;
    let failure = ask_within(&server, RequestKind::Poll, Duration::from_millis(200)).await.err().unwrap();
    assert_eq!(failure.error.code, Code::Timeout, "{:?}", failure.error);
}

#[tokio::test]
async fn what_follows_a_reply_is_no_reply_to_the_next_request() {
    let smuggled = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"a\": 2}";
    let first = format!("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{{\"a\": 1}}{smuggled}");
    let server = TestServer::start([Answer::kept(first), Answer::json(200, "{\"a\": 3}")]).await;
    let limits = Limits::new(&HttpConfig::default()).unwrap();
    let client = HttpClient::new(&TlsClients::new(None).unwrap().server, None, &limits).unwrap();
    let ask = || client.exchange(RequestKind::Poll, 1, Request::new(Method::GET, Url::parse(&server.url()).unwrap()));
    assert_eq!(ask().await.ok().unwrap().json::<Value>().unwrap()["a"], 1);
    let second = ask().await.map(|reply| reply.json::<Value>().unwrap()["a"].clone());
    assert!(second.as_ref().map_or_else(|failure| failure.cause == Cause::ReplyLost, |a| *a == 3), "{second:?}");
}
