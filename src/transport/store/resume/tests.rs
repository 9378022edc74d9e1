use rstest::rstest;

use super::*;
use crate::transport::config::{HttpConfig, RetryConfig};
use crate::transport::limits::Limits;
use crate::transport::retry::RetryPolicy;
use crate::transport::store::Store;
use crate::transport::store::body::Body;
use crate::transport::test_server::{Answer, TestServer};
use crate::transport::tls::TlsClients;

const WHOLE: &str = "0123456789";

/// One link of a real store.
struct Link {
    store: Store,
    url: String,
}

impl Origin for Link {
    type Body = Body;

    const IS_ENDLESS: bool = false;

    async fn open(&mut self, range: Option<ByteRange>, turn: Turn) -> Result<Body, Failure> {
        Ok(self.store.open(&self.url, None, range, turn.number).await?.unpacked()?)
    }
}

fn store(retry: RetryConfig, stall_timeout: Option<Duration>) -> Store {
    let limits = Limits::new(&HttpConfig { stall_timeout, ..HttpConfig::default() }).unwrap();
    let retry = RetryPolicy::new(Some(&retry)).unwrap();
    Store::new(&TlsClients::new(None).unwrap().store, None, retry, limits, true).unwrap()
}

fn quick(max_attempts: i32) -> RetryConfig {
    let min_wait = Some(Duration::from_millis(1));
    RetryConfig { max_attempts: Some(max_attempts), min_wait, ..RetryConfig::default() }
}

async fn download(server: &TestServer, store: Store) -> Result<Vec<u8>, Broken> {
    let (attempts, content, mut all) = (store.attempts(), Content::default(), Vec::new());
    let mut download = Resume::whole(Link { store, url: server.url() }, attempts);
    while let Some(bytes) = download.next(&content).await? {
        all.extend_from_slice(&bytes);
    }
    Ok(all)
}

/// From `start` on, and the connection breaks before `end`.
fn cut(start: usize, end: usize) -> Answer {
    let status =
        if start == 0 { "200 OK".to_owned() } else { format!("206 Part\r\ncontent-range: bytes {start}-9/10") };
    let length = WHOLE.len() - start;
    Answer::raw(format!(
        "HTTP/1.1 {status}\r\naccept-ranges: bytes\r\ncontent-length: {length}\r\n\r\n{}",
        &WHOLE[start..end]
    ))
}

#[rstest]
#[case::breaks_off(cut(0, 0))]
#[case::no_reply(Answer::nothing())]
#[case::error(Answer::new(503, &[], ""))]
#[case::garbage(Answer::raw("garbage\r\n\r\n"))]
#[case::endless_headers(Answer::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n"))]
#[tokio::test]
async fn what_fails_is_asked_for_as_often_as_the_caller_set(#[case] answer: Answer, #[values(1, 2, 4)] attempts: i32) {
    let server = TestServer::start(vec![answer; 20]).await;
    download(&server, store(quick(attempts), None)).await.unwrap_err();
    assert_eq!(server.requests().len(), attempts as usize);
}

#[tokio::test]
async fn refusals_and_broken_connections_count_together_and_the_download_goes_on_where_it_was() {
    let answers = || [Answer::new(500, &[], ""), cut(0, 3), Answer::nothing(), cut(3, 7), cut(7, 10)];
    let server = TestServer::start(answers()).await;
    assert_eq!(download(&server, store(quick(5), None)).await.unwrap(), WHOLE.as_bytes());
    let ranges: Vec<_> = server.requests().iter().map(|request| request.header("range").map(str::to_owned)).collect();
    let rest = |start: usize| Some(format!("bytes={start}-9"));
    assert_eq!(ranges, [None, None, rest(3), rest(3), rest(7)]);

    let server = TestServer::start(answers()).await;
    let broken = download(&server, store(quick(4), None)).await.unwrap_err();
    assert!(matches!(broken, Broken::Interrupted(error) if error.code == Code::NetworkError));
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn all_attempts_end_with_the_overall_limit() {
    let stalled = Answer::stalled("HTTP/1.1 200 OK\r\naccept-ranges: bytes\r\ncontent-length: 10\r\n\r\n012");
    let server = TestServer::start(vec![stalled; 20]).await;
    let retry = RetryConfig { overall_timeout: Some(Duration::from_millis(50)), ..quick(20) };
    let broken = download(&server, store(retry, None)).await.unwrap_err();
    assert!(matches!(broken, Broken::Interrupted(error) if error.code == Code::Timeout));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn longest_limits_that_can_be_set_are_none() {
    let server = TestServer::start([cut(0, 3), cut(3, 10)]).await;
    let retry = RetryConfig {
        max_wait: Some(Duration::MAX),
        overall_timeout: Some(Duration::MAX),
        max_attempts: Some(i32::MAX),
        ..quick(1)
    };
    assert_eq!(download(&server, store(retry, Some(Duration::MAX))).await.unwrap(), WHOLE.as_bytes());
}

#[rstest]
#[case::shifted("bytes 4-9/10", "456789")]
#[case::longer_than_the_whole("bytes 3-10/11", "3456789x")]
#[case::shorter_than_asked("bytes 3-5/10", "345")]
#[tokio::test]
async fn part_that_lies_is_never_put_behind_the_others(#[case] range: &str, #[case] part: &str) {
    let lie = Answer::new(206, &[("content-range", range)], part);
    let server = TestServer::start([cut(0, 3), lie]).await;
    let broken = download(&server, store(quick(6), None)).await.unwrap_err();
    assert!(matches!(broken, Broken::Mismatch(_)), "{broken:?}");
}

#[rstest]
#[case::a_byte_less("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n0123456789", Some("012345678"))]
#[case::two_lengths("HTTP/1.1 200 OK\r\ncontent-length: 9\r\ncontent-length: 10\r\n\r\n0123456789", None)]
#[case::huge_length("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n0123456789", None)]
#[case::largest_length("HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551613\r\n\r\n0123456789", None)]
#[case::not_satisfiable("HTTP/1.1 416 Range\r\ncontent-range: bytes */10\r\ncontent-length: 0\r\n\r\n", None)]
#[case::no_content("HTTP/1.1 204 No Content\r\n\r\n", None)]
#[case::part_unasked("HTTP/1.1 206 Part\r\ncontent-range: bytes 0-9/10\r\ncontent-length: 10\r\n\r\n0123456789", None)]
#[tokio::test]
async fn each_lie_ends_as_the_announced_bytes_or_one_error(#[case] reply: &str, #[case] expected: Option<&str>) {
    let server = TestServer::start([Answer::raw(reply)]).await;
    let outcome = tokio::time::timeout(Duration::from_secs(10), download(&server, store(quick(1), None))).await;
    assert_eq!(outcome.unwrap().ok().as_deref(), expected.map(str::as_bytes));
}

#[tokio::test]
async fn what_a_proxy_has_packed_is_unpacked_and_other_encodings_are_named() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(WHOLE.as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    let headers = [("content-encoding", "gzip"), ("accept-ranges", "bytes")];
    let server = TestServer::start([Answer::new(200, &headers, &packed)]).await;
    assert_eq!(download(&server, store(quick(1), None)).await.unwrap(), WHOLE.as_bytes());

    let server = TestServer::start([Answer::new(200, &headers, &packed[..packed.len() - 3])]).await;
    assert!(matches!(download(&server, store(quick(1), None)).await, Err(Broken::Interrupted(_))));

    let server = TestServer::start(vec![Answer::new(200, &[("content-encoding", "br")], "x"); 2]).await;
    let broken = download(&server, store(quick(6), None)).await.unwrap_err();
    assert!(matches!(broken, Broken::Refused(error) if error.details.contains("\"br\"")));
    assert_eq!(server.requests().len(), 1);
}
