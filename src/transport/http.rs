//! The HTTP clients: connections, and one exchange over them.

use bytes::Bytes;
use reqwest::dns::Resolve;
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Client, ClientBuilder, Request, Response, StatusCode, redirect};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;
use url::{Host, Url};
use zeroize::Zeroize;

use super::content_coding::{Unpacker, Unusable, damaged, foreign};
use super::error_map::{api_failure, proxy_failure, too_large, unreadable};
use super::limits::Limits;
use super::network_error::{EXPECTS_TLS, Peer, network_failure};
use super::proxy::{CallersProxy, Routes};
use super::request_kind::RequestKind;
use super::request_log::Attempt;
use super::retry::Failure;
use crate::error::{Error, Result};

/// How much of an error's body is read, unpacked: its message is short, and what is behind it is dropped.
const ERROR_BODY_LIMIT: u64 = 1 << 20;

/// A pool of connections. No redirect is followed, no cookie is kept, and no request is sent again by itself.
pub(crate) struct HttpClient {
    client: Client,
    /// For this machine itself, which a proxy of the environment cannot reach.
    loopback: Client,
    /// For the services of its network, which no proxy can reach.
    link_local: Client,
    routes: Routes,
    is_loopback_direct: bool,
}

/// A whole, successful reply.
pub(crate) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl HttpClient {
    /// `proxy` replaces the environment's proxies; those are never used for loopback addresses.
    pub(crate) fn new(tls: &ClientConfig, proxy: Option<&CallersProxy>, limits: &Limits) -> Result<Self> {
        let builder = || builder(tls, limits);
        let direct = built(builder().no_proxy())?;
        let (client, loopback, routes) = match proxy {
            Some(CallersProxy { proxy, routes }) => {
                let client = built(builder().proxy(proxy.clone()))?;
                (client.clone(), client, routes.clone())
            }
            None => (built(builder())?, direct.clone(), Routes::of_environment()),
        };
        Ok(Self { client, loopback, link_local: direct, routes, is_loopback_direct: proxy.is_none() })
    }

    pub(crate) fn to(&self, url: &Url) -> &Client {
        match () {
            () if is_loopback(url) => &self.loopback,
            () if is_link_local(url) => &self.link_local,
            () => &self.client,
        }
    }

    /// The proxy that requests to `url` go through, as `host:port`.
    pub(super) fn proxy_of(&self, url: &Url) -> Option<String> {
        let is_direct = (self.is_loopback_direct && is_loopback(url)) || is_link_local(url);
        if is_direct { None } else { self.routes.proxy_of(url) }
    }

    /// The failure of a request to `url` that got no whole reply.
    pub(super) fn failure(&self, kind: RequestKind, url: &Url, error: reqwest::Error) -> Failure {
        network_failure(kind, &Peer { url, proxy: self.proxy_of(url) }, error)
    }

    /// Sends `request` once, its attempt number `count`, and reads the whole reply. A reply that is not a success is a failure.
    pub(crate) async fn exchange(&self, kind: RequestKind, count: u32, request: Request) -> Result<Reply, Failure> {
        let outcome = self.exchange_raw(kind, count, request).await;
        outcome.map_err(|failure| Failure { error: failure.error.redacted(), ..failure })
    }

    async fn exchange_raw(&self, kind: RequestKind, count: u32, request: Request) -> Result<Reply, Failure> {
        let attempt = Attempt::begin(kind, count);
        let url = request.url().clone();
        let broken = |error| attempt.failed(self.failure(kind, &url, error));
        let mut response = self.to(&url).execute(request).await.map_err(broken)?;
        let status = response.status();
        let headers = response.headers().clone();
        attempt.answered(status, &headers);
        if let (StatusCode::PROXY_AUTHENTICATION_REQUIRED, Some(proxy)) = (status, self.proxy_of(&url)) {
            return Err(proxy_failure(kind, status, &headers, &proxy));
        }
        if !kind.is_answer(status.as_u16()) {
            // As much of the words as there is.
            let mut body = Vec::new();
            let is_whole = matches!(read(&mut response, ERROR_BODY_LIMIT, &mut body).await, Ok(()));
            let mut failure = api_failure(kind, status, &headers, &body, is_whole);
            // What ports with TLS answer plain text with: "HTTP request to an HTTPS server", "sent to HTTPS port".
            if status == StatusCode::BAD_REQUEST
                && url.scheme() == "http"
                && body.windows(5).any(|word| word == b"HTTPS")
            {
                failure.error.details.push_str(EXPECTS_TLS);
            }
            return Err(failure);
        }
        let mut body = Vec::new();
        let limit = kind.reply_limit();
        read(&mut response, limit, &mut body).await.map_err(|error| match error {
            Unread::Broken(error) => broken(error),
            Unread::Foreign(name) => attempt.failed(answered(status, foreign("server's", &name)).into()),
            Unread::Unusable(Unusable::TooLarge) => attempt.failed(too_large(kind, status, &headers, limit)),
            Unread::Unusable(Unusable::Damaged(error)) => {
                let error = Failure::reply_lost(answered(status, damaged("server's", error)));
                attempt.failed(Failure { error: Error { retryable: kind.is_idempotent(), ..error.error }, ..error })
            }
        })?;
        Ok(Reply { status, headers, body: body.into() })
    }
}

impl Reply {
    /// A reply with this body alone.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn of(body: &[u8]) -> Self {
        Self { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) }
    }

    /// The reply's JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| unreadable(self.status, &self.headers, &self.body, error))
    }

    /// Where a redirect leads.
    pub(crate) fn location(&self) -> Option<&str> {
        self.headers.get(LOCATION)?.to_str().ok()
    }

    /// The reply's JSON, which holds a secret: what it was read from is wiped.
    pub(crate) fn secret_json<T: DeserializeOwned>(self) -> Result<T> {
        let json = self.json();
        if let Ok(mut body) = self.body.try_into_mut() {
            body.as_mut().zeroize();
        }
        json
    }
}

/// Why a reply could not be read.
enum Unread {
    Broken(reqwest::Error),
    Foreign(String),
    Unusable(Unusable),
}

/// Reads a reply's content, unpacked, into `content`; over `limit` bytes it is an error, and `content` the beginning.
async fn read(response: &mut Response, limit: u64, content: &mut Vec<u8>) -> Result<(), Unread> {
    let mut unpacker = Unpacker::new(response.headers(), limit).map_err(Unread::Foreign)?;
    while let Some(bytes) = response.chunk().await.map_err(Unread::Broken)? {
        unpacker.push(&bytes, content).map_err(Unread::Unusable)?;
    }
    unpacker.finish().map_err(Unread::Unusable)
}

fn answered(status: StatusCode, error: Error) -> Error {
    Error { http_status: Some(i32::from(status.as_u16())), ..error }
}

/// A client that uses no proxy and finds hosts by `resolver`.
pub(super) fn direct_client(tls: &ClientConfig, limits: &Limits, resolver: impl Resolve + 'static) -> Result<Client> {
    built(builder(tls, limits).no_proxy().dns_resolver(std::sync::Arc::new(resolver)))
}

fn builder(tls: &ClientConfig, limits: &Limits) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .http1_only()
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(limits.connect_timeout)
        .pool_max_idle_per_host(limits.max_connections)
}

fn built(builder: ClientBuilder) -> Result<Client> {
    builder.build().map_err(|error| Error::internal("the HTTP client could not be made").because(error.without_url()))
}

/// Whether the host is a name or an address. The URL parser lets more through than can be connected to.
pub(crate) fn has_usable_host(url: &Url) -> bool {
    let is_usable = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    url.host_str().is_some_and(|host| !host.is_empty() && host.bytes().all(is_usable))
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_link_local(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(address)) if address.is_link_local())
}

#[cfg(test)]
mod tests;
