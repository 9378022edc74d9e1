use rstest::rstest;
use tokio::task::JoinHandle;

use super::*;

const STATE: &str = "state-1";

/// A listener that waits for its redirect, and its port.
async fn listening() -> (u16, JoinHandle<Result<Redirect>>) {
    let listener = Listener::bind(&[0]).await.unwrap();
    let port = listener.port;
    (port, tokio::spawn(listener.redirect(STATE)))
}

/// Sends `request` as it is to `address`, and answers all that comes back.
async fn exchange(address: impl Into<SocketAddr>, request: &str) -> String {
    let mut stream = TcpStream::connect(address.into()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

#[rstest]
#[case::code("/?code=a%2Fb+c&state=state-1", Ok("a/b c"))]
#[case::other_order("/?state=state-1&session=x&code=abc", Ok("abc"))]
#[case::denied("/?error=access_denied&error_description=The%20user%20said%20no&state=state-1", Err("The user said no"))]
#[case::denied_without_words("/?error=access_denied&state=state-1", Err("access_denied"))]
#[case::both("/?code=abc&error=server_error&state=state-1", Err("server_error"))]
#[tokio::test]
async fn the_redirect_brings_a_code_or_a_reason(#[case] target: &str, #[case] expected: Result<&str, &str>) {
    for is_v6 in [false, true] {
        let (port, waiting) = listening().await;
        let address: SocketAddr =
            if is_v6 { (Ipv6Addr::LOCALHOST, port).into() } else { (Ipv4Addr::LOCALHOST, port).into() };
        let asked = tokio::spawn({
            let request = get(target);
            async move { exchange(address, &request).await }
        });
        let Redirect { code, browser } = waiting.await.unwrap().unwrap();
        match (code, expected) {
            (Ok(code), Ok(expected)) => assert_eq!(code.expose(), expected),
            (Err(error), Err(words)) => {
                assert_eq!(error.code, Code::Unauthenticated);
                assert!(error.details.contains(words), "{}", error.details);
            }
            (code, _) => panic!("{code:?}"),
        }
        browser.tell(expected.is_ok()).await;
        let page = asked.await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        assert_eq!(page.contains("You are signed in."), expected.is_ok(), "{page}");
        assert!(!page.contains("said no") && !page.contains("abc"), "nothing of what came is shown: {page}");
    }
}

#[rstest]
#[case::icon("GET /favicon.ico HTTP/1.1\r\n\r\n", "HTTP/1.1 404")]
#[case::root("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404")]
#[case::other_query("GET /?x=1&state=state-1 HTTP/1.1\r\n\r\n", "HTTP/1.1 404")]
#[case::other_path("GET /callback?code=abc&state=state-1 HTTP/1.1\r\n\r\n", "HTTP/1.1 404")]
#[case::post("POST /?code=abc&state=state-1 HTTP/1.1\r\n\r\n", "HTTP/1.1 404")]
#[case::other_state("GET /?code=abc&state=state-2 HTTP/1.1\r\n\r\n", "HTTP/1.1 400")]
#[case::no_state("GET /?code=abc HTTP/1.1\r\n\r\n", "HTTP/1.1 400")]
#[case::denied_by_another("GET /?error=access_denied&state=x HTTP/1.1\r\n\r\n", "HTTP/1.1 400")]
#[case::no_http("\u{16}\u{3}\u{1}\r\n\r\n", "HTTP/1.1 404")]
#[tokio::test]
async fn whatever_else_comes_is_answered_and_waited_on(#[case] request: &str, #[case] status: &str) {
    let (port, waiting) = listening().await;
    // A connection without bytes, as browsers open them ahead.
    let _idle = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    let answer = exchange((Ipv4Addr::LOCALHOST, port), request).await;
    assert!(answer.starts_with(status), "{answer}");
    assert!(!answer.contains("signed in"), "{answer}");
    let redirect =
        tokio::spawn(async move { exchange((Ipv4Addr::LOCALHOST, port), &get("/?code=good&state=state-1")).await });
    let Redirect { code, browser } = waiting.await.unwrap().unwrap();
    assert_eq!(code.unwrap().expose(), "good");
    browser.tell(true).await;
    assert!(redirect.await.unwrap().contains("You are signed in."));
}

#[tokio::test]
async fn a_head_without_end_is_let_go() {
    let (port, waiting) = listening().await;
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    let endless = format!("GET /?code=a HTTP/1.1\r\nx: {}", "a".repeat(64 << 10));
    // The other side may close before all is sent.
    let _ = stream.write_all(endless.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    waiting.abort();
}

#[tokio::test]
async fn the_first_free_port_is_listened_on_and_all_taken_ones_are_named() {
    let taken = Listener::bind(&[0]).await.unwrap();
    let other = Listener::bind(&[taken.port, 0]).await.unwrap();
    assert_ne!(other.port, taken.port);
    assert_eq!(other.redirect_uri(), format!("http://localhost:{}", other.port));
    let error = Listener::bind(&[taken.port]).await.err().unwrap();
    assert_eq!(error.code, Code::InvalidState);
    assert!(error.details.contains(&taken.port.to_string()), "{}", error.details);
}

#[tokio::test]
async fn a_port_that_is_taken_on_either_address_is_not_free() {
    let elsewhere = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    assert!(Listener::at(port).await.is_err());
}
