//! A server on loopback that answers each request with the next of its replies and records what it was sent.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// What the server does with one request.
#[derive(Clone)]
pub(crate) struct Answer {
    bytes: Vec<u8>,
    then: Then,
}

#[derive(Clone, Copy, PartialEq)]
enum Then {
    Serve,
    Close,
    Hang,
    Tunnel,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        bytes.push_str("\r\n");
        Self { bytes: [bytes.as_bytes(), body].concat(), then: Then::Serve }
    }

    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::new(status, &[("content-type", "application/json"), ("x-request-id", "req-1")], body)
    }

    /// Exactly these bytes, then the end of the connection.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), then: Then::Close }
    }

    /// Exactly these bytes, on a connection that stays.
    pub(crate) fn kept(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), then: Then::Serve }
    }

    /// Reads the request and closes the connection.
    pub(crate) fn nothing() -> Self {
        Self::raw("")
    }

    /// Sends these bytes, then nothing more, on an open connection.
    pub(crate) fn stalled(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), then: Then::Hang }
    }

    /// As a proxy does: says that it is connected, and connects to wherever the test wants.
    pub(crate) fn tunnel() -> Self {
        Self { bytes: b"HTTP/1.1 200 Connection established\r\n\r\n".to_vec(), then: Then::Tunnel }
    }
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Recorded {
    /// Method and target.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap().strip_suffix(" HTTP/1.1").unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The names of all headers, sorted.
    pub(crate) fn header_names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            self.head.lines().skip(1).filter_map(|line| Some(line.split_once(": ")?.0.to_ascii_lowercase())).collect();
        names.sort();
        names
    }
}

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    scheme: &'static str,
    state: Arc<State>,
}

struct State {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<Recorded>>,
    arrived: watch::Sender<usize>,
    tls: Option<TlsAcceptor>,
    /// Where a tunnel leads.
    target: Option<SocketAddr>,
}

impl TestServer {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::start_with(answers, None, None).await
    }

    pub(crate) async fn start_tls(config: ServerConfig, answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::start_with(answers, Some(config), None).await
    }

    /// A proxy whose tunnels all lead to `target`.
    pub(crate) async fn start_proxy(target: SocketAddr, answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::start_with(answers, None, Some(target)).await
    }

    async fn start_with(
        answers: impl IntoIterator<Item = Answer>,
        tls: Option<ServerConfig>,
        target: Option<SocketAddr>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let state = Arc::new(State {
            answers: Mutex::new(answers.into_iter().collect()),
            requests: Mutex::default(),
            arrived: watch::Sender::new(0),
            tls: tls.map(|config| TlsAcceptor::from(Arc::new(config))),
            target,
        });
        let serving = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&serving).serve(stream));
            }
        });
        Self { address, scheme, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Waits until so many requests have arrived.
    pub(crate) async fn received(&self, count: usize) {
        let mut arrived = self.state.arrived.subscribe();
        arrived.wait_for(|arrived| *arrived >= count).await.unwrap();
    }

    /// The only request that arrived.
    pub(crate) fn request(&self) -> Recorded {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.into_iter().next().unwrap()
    }

    /// Method and target of every request.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().iter().map(|request| request.line().to_owned()).collect()
    }
}

impl State {
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        match &self.tls {
            None => self.answer_all(stream).await,
            Some(acceptor) => {
                if let Ok(stream) = acceptor.accept(stream).await {
                    self.answer_all(stream).await;
                }
            }
        }
    }

    async fn answer_all(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        while let Some(request) = read_request(&mut stream).await {
            self.requests.lock().unwrap().push(request);
            self.arrived.send_modify(|arrived| *arrived += 1);
            let answer = self.answers.lock().unwrap().pop_front();
            let answer = answer.unwrap_or_else(|| Answer::new(418, &[], "no answer is left"));
            if stream.write_all(&answer.bytes).await.is_err() {
                return;
            }
            match answer.then {
                Then::Serve => {}
                Then::Close => {
                    let _ = stream.shutdown().await;
                    return;
                }
                Then::Hang => std::future::pending().await,
                Then::Tunnel => {
                    let mut target = TcpStream::connect(self.target.unwrap()).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut target).await;
                    return;
                }
            }
        }
    }
}

/// The next request; none when the connection ends before one is complete.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Recorded> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut request = Recorded { head, body: String::new() };
    let length: usize = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    request.body = String::from_utf8(body).unwrap();
    Some(request)
}
