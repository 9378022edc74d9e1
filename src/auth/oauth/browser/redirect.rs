//! Where the browser comes back to: `http://localhost:PORT`, on both loopback addresses.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::form_urlencoded;

use crate::error::{Code, Error, Result};
use crate::secret::Secret;

/// The most that a request's head may have, and how long it is waited for.
const LONGEST_HEAD: usize = 8 << 10;
const PATIENCE: Duration = Duration::from_secs(5);
/// A browser may open several connections; more than these are somebody else's.
const MOST_CONNECTIONS: usize = 32;
/// How often another port is tried where any would do.
const TRIES: usize = 16;

/// Listens for the redirect.
pub(super) struct Listener {
    port: u16,
    v4: TcpListener,
    /// Where the machine has IPv6.
    v6: Option<TcpListener>,
}

/// A browser that came back from signing in.
pub(super) struct Redirect {
    /// The code, or why there is none.
    pub(super) code: Result<Arc<Secret>>,
    pub(super) browser: Waiting,
}

/// A browser that waits for a page.
pub(super) struct Waiting(TcpStream);

impl Listener {
    /// Listens on the first of `ports` that is free; 0 is any. Errors: `InvalidState`, none is.
    pub(super) async fn bind(ports: &[u16]) -> Result<Self> {
        let mut last = None;
        for &port in ports {
            for _ in 0..if port == 0 { TRIES } else { 1 } {
                match Self::at(port).await {
                    Ok(listener) => return Ok(listener),
                    Err(error) => last = Some(error),
                }
            }
        }
        let ports = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        let details = format!(
            "none of the ports {ports}, to which a browser may come back, is free: end what listens there, or name others of the app's by \
             redirect_ports"
        );
        let error = Error::new(Code::InvalidState, details);
        Err(match last {
            Some(cause) => error.because(cause),
            None => error,
        })
    }

    async fn at(port: u16) -> io::Result<Self> {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = v4.local_addr()?.port();
        let v6 = match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
            Ok(listener) => Some(listener),
            // Somebody else would get what is meant for this program.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(_) => None,
        };
        Ok(Self { port, v4, v6 })
    }

    /// As it has to be registered for the app, to the letter.
    pub(super) fn redirect_uri(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Waits for the browser that brings `state`. Whatever else comes is answered, and waited on.
    pub(super) async fn redirect(self, state: &str) -> Result<Redirect> {
        let state: Arc<str> = state.into();
        let mut connections = JoinSet::new();
        loop {
            let has_room = connections.len() < MOST_CONNECTIONS;
            let accepted = tokio::select! {
                accepted = self.v4.accept(), if has_room => accepted,
                accepted = accept(self.v6.as_ref()), if has_room => accepted,
                Some(served) = connections.join_next() => match served {
                    Ok(Some(redirect)) => return Ok(redirect),
                    _ => continue,
                },
            };
            match accepted {
                Ok((stream, _)) => {
                    let state = Arc::clone(&state);
                    connections.spawn(async move { timeout(PATIENCE, answered(stream, &state)).await.ok().flatten() });
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    return Err(Error::new(Code::NetworkError, "the browser's way back broke").because(error));
                }
            }
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// Reads one request: the redirect is left to be answered, all else is now.
async fn answered(mut stream: TcpStream, state: &str) -> Option<Redirect> {
    let mut head = Vec::new();
    let target = loop {
        if stream.read_buf(&mut head).await.ok()? == 0 || head.len() > LONGEST_HEAD {
            return None;
        }
        if let Some(target) = Target::asked_for(&head, state) {
            break target;
        }
    };
    let mut browser = Waiting(stream);
    match target {
        Target::Redirect(code) => Some(Redirect { code, browser }),
        Target::OtherState => {
            browser.send("400 Bad Request", "This is not the sign-in that is waited for.").await;
            None
        }
        Target::Other => {
            browser.send("404 Not Found", "There is nothing here.").await;
            None
        }
    }
}

/// What a browser asks for.
pub(in crate::auth::oauth) enum Target {
    Redirect(Result<Arc<Secret>>),
    OtherState,
    Other,
}

impl Target {
    /// What a request's head asks for; `None` while it has not come whole.
    pub(in crate::auth::oauth) fn asked_for(head: &[u8], state: &str) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(head) {
            Ok(httparse::Status::Partial) => None,
            Ok(httparse::Status::Complete(_)) if request.method == Some("GET") => {
                Some(Self::of(request.path.unwrap_or_default(), state))
            }
            Ok(httparse::Status::Complete(_)) | Err(_) => Some(Self::Other),
        }
    }

    fn of(target: &str, expected: &str) -> Self {
        let before_fragment = target.split('#').next().unwrap_or_default();
        let Some(query) = before_fragment.strip_prefix("/?") else { return Self::Other };
        let field =
            |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value);
        let (code, error) = (field("code").filter(|code| !code.is_empty()), field("error"));
        if code.is_none() && error.is_none() {
            return Self::Other;
        }
        if field("state").as_deref() != Some(expected) {
            return Self::OtherState;
        }
        Self::Redirect(match (error, code) {
            (None, Some(code)) => Ok(Secret::new(code.into_owned())),
            (error, _) => {
                let words = field("error_description").or_else(|| error.clone()).unwrap_or_default();
                let details = format!("the sign-in was refused in the browser: {words}");
                let error_code = error.map(|error| error.into_owned());
                Err(Error { error_code, ..Error::new(Code::Unauthenticated, details) }.redacted())
            }
        })
    }
}

impl Waiting {
    /// Tells the person how it went. Nothing of what came is shown.
    pub(super) async fn tell(mut self, is_signed_in: bool) {
        let words = if is_signed_in {
            "You are signed in. You can close this page and go back to your program."
        } else {
            "You are not signed in. Your program says why; you can close this page."
        };
        self.send("200 OK", words).await;
    }

    async fn send(&mut self, status: &str, words: &str) {
        let page = format!(
            "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Databricks SQL</title><p>{words}</p></html>\n"
        );
        let reply = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
             content-security-policy: default-src 'none'\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{page}",
            page.len()
        );
        let sent = timeout(PATIENCE, async {
            self.0.write_all(reply.as_bytes()).await?;
            self.0.shutdown().await
        });
        // A browser that has gone has seen enough.
        let _ = sent.await;
    }
}

#[cfg(test)]
mod tests;
