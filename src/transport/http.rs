//! The HTTP clients: connections, and one exchange over them.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Client, ClientBuilder, Proxy, Request, redirect};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;
use url::{Host, Url};

use super::error_map::{api_failure, network_failure, unreadable};
use super::limits::Limits;
use super::request_kind::RequestKind;
use super::request_log::Attempt;
use super::retry::Failure;
use crate::error::{Error, Result};

/// A pool of connections. No redirect is followed, no cookie is kept, and no request is sent again by itself.
pub(crate) struct HttpClient {
    client: Client,
    /// For this machine itself, which a proxy of the environment cannot reach.
    loopback: Client,
}

/// A whole, successful reply.
#[derive(Debug)]
pub(crate) struct Reply {
    headers: HeaderMap,
    body: Bytes,
}

impl HttpClient {
    /// `proxy` replaces the environment's proxies; those are never used for loopback addresses.
    pub(crate) fn new(tls: &ClientConfig, proxy: Option<Proxy>, limits: &Limits, compressed: bool) -> Result<Self> {
        let builder = || builder(tls, limits, compressed);
        let (client, loopback) = match proxy {
            Some(proxy) => {
                let client = built(builder().proxy(proxy))?;
                (client.clone(), client)
            }
            None => (built(builder())?, built(builder().no_proxy())?),
        };
        Ok(Self { client, loopback })
    }

    pub(crate) fn to(&self, url: &Url) -> &Client {
        if is_loopback(url) { &self.loopback } else { &self.client }
    }

    /// Sends `request` once, its attempt number `count`, and reads the whole reply. A reply that is not a success is a failure.
    pub(crate) async fn exchange(&self, kind: RequestKind, count: u32, request: Request) -> Result<Reply, Failure> {
        let attempt = Attempt::begin(kind, count);
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let broken = |error| attempt.failed(network_failure(kind, &host, error));
        let response = self.to(request.url()).execute(request).await.map_err(broken)?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.bytes().await;
        if !status.is_success() {
            attempt.answered(status, &headers);
            return Err(api_failure(kind, status, &headers, &body.unwrap_or_default()));
        }
        let body = body.map_err(broken)?;
        attempt.answered(status, &headers);
        Ok(Reply { headers, body })
    }
}

impl Reply {
    /// The reply's JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| unreadable(&self.headers, &self.body, error))
    }
}

fn builder(tls: &ClientConfig, limits: &Limits, compressed: bool) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .http1_only()
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .gzip(compressed)
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

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
