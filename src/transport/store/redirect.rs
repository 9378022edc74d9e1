//! Redirects of the store: followed a few times, never to where a link must not lead.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::StatusCode;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, LOCATION, RANGE};
use url::{Host, Position, Url};

use super::link::checked;
use crate::error::{Code, Error};
use crate::transport::RequestKind;
use crate::transport::network_error::causes;

/// How often one request may be sent on.
const MOST_HOPS: u32 = 3;

/// One place that a request is sent to: the link itself, or where the store sent it on to.
#[derive(Clone)]
pub(super) struct Hop {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    count: u32,
}

impl Hop {
    pub(super) fn first(url: Url, headers: HeaderMap) -> Self {
        Self { url, headers, count: 0 }
    }

    /// Whether a name must not lead to this machine: it comes from a store that is another one.
    pub(super) fn is_guarded(&self) -> bool {
        self.count > 0 && !self.url.host().is_some_and(|host| is_local(&host))
    }

    /// Where a redirect by `status` leads; absent when the status is none. Errors: `Internal`, with the status and the host.
    pub(super) fn next(&self, kind: RequestKind, status: StatusCode, reply: &HeaderMap) -> Result<Option<Self>, Error> {
        let status = status.as_u16();
        if !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let from = self.url.host_str().unwrap_or_default();
        let Some(location) = reply.get(LOCATION).and_then(|location| location.to_str().ok()) else {
            return Err(refused(status, &format!("{from} does not say where to"), kind));
        };
        let to = resolve(&self.url, location);
        let host = to.as_ref().ok().and_then(Url::host_str);
        // A name made of the link's signature would be looked up, and shown.
        let is_of_link = host.is_some_and(|host| tells_of(&self.url, host));
        let host = host.filter(|_| !is_of_link).unwrap_or("elsewhere").to_owned();
        let refuse = |why: &str| {
            Err(refused(status, &format!("{from} redirects to {host}, which is not followed: {why}"), kind))
        };
        let url = match to {
            Ok(url) => url,
            Err(why) => return refuse(&format!("the address {why}")),
        };
        if kind != RequestKind::Link && !matches!(status, 307 | 308) {
            return refuse("such a redirect changes the request");
        }
        if is_of_link {
            return refuse("its host is a part of the link");
        }
        if self.count >= MOST_HOPS {
            return refuse(&format!("it is redirect number {}", self.count + 1));
        }
        if self.url.scheme() == "https" && url.scheme() != "https" {
            return refuse("it leads from HTTPS to plain HTTP");
        }
        let is_local = |url: &Url| url.host().is_some_and(|host| is_local(&host));
        if is_local(&url) && !is_local(&self.url) {
            return refuse("it leads to this machine or to addresses of its own network");
        }
        let mut headers = self.headers.clone();
        if url[Position::BeforeHost..Position::AfterPort] != self.url[Position::BeforeHost..Position::AfterPort] {
            // What the link asks for is this store's alone; which part is wanted is the kernel's own.
            headers = HeaderMap::from_iter(self.headers.get(RANGE).map(|range| (RANGE, range.clone())));
        }
        tracing::debug!(?kind, status, %host, hop = self.count + 1, "the store redirects");
        Ok(Some(Self { url, headers, count: self.count + 1 }))
    }
}

/// Whether `text` has a value of the link's query in it, as long as those that are secret.
pub(super) fn tells_of(link: &Url, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let values = link.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    values.map(|(_, value)| value.to_ascii_lowercase()).any(|value| value.len() >= 16 && text.contains(&value))
}

/// The address of `location`, byte for byte as it was sent.
fn resolve(from: &Url, location: &str) -> Result<Url, &'static str> {
    let folder = || from[..Position::AfterPath].rfind('/').map_or("", |end| &from.as_str()[..=end]);
    let text = match location {
        _ if Url::parse(location).is_ok() => location.to_owned(),
        _ if location.starts_with("//") => format!("{}:{location}", from.scheme()),
        _ if location.starts_with('/') => format!("{}{location}", &from[..Position::BeforePath]),
        _ if location.starts_with('?') => format!("{}{location}", &from[..Position::AfterPath]),
        _ => format!("{}{location}", folder()),
    };
    checked(&text, true)
}

fn refused(status: u16, why: &str, kind: RequestKind) -> Error {
    let nothing = match kind {
        RequestKind::Upload => "; nothing was stored",
        RequestKind::Remove => "; nothing was removed",
        _ => "",
    };
    let details = format!("the store answered HTTP {status}: {why}{nothing}");
    Error { http_status: Some(i32::from(status)), ..Error::new(Code::Internal, details) }
}

/// The error of a redirect to a name that leads to this machine, where that is why there is no connection.
pub(super) fn misled(error: &reqwest::Error, host: &str) -> Option<Error> {
    let is_misled = causes(error).any(|cause| cause.is::<Misled>());
    is_misled.then(|| Error::internal(format!("the store redirects to {host}, which is not followed: {Misled}")))
}

/// A name that a redirect leads to, and that is this machine's.
#[derive(Debug, thiserror::Error)]
#[error("it leads to this machine or to addresses of its own network")]
struct Misled;

/// Looks names up, and refuses those that lead to this machine.
pub(super) struct Guard;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| is_local(&host_of(address.ip()))) {
                return Err(Misled.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn host_of(address: IpAddr) -> Host<&'static str> {
    match address {
        IpAddr::V4(address) => Host::Ipv4(address),
        IpAddr::V6(address) => Host::Ipv6(address),
    }
}

/// Whether a host is this machine, or one that only this machine's own network has.
fn is_local<T: AsRef<str>>(host: &Host<T>) -> bool {
    let is_local_v4 = |address: Ipv4Addr| {
        address.is_loopback() || address.is_link_local() || address.octets()[0] == 0 || address.is_broadcast()
    };
    let is_local_v6 =
        |address: Ipv6Addr| address.is_loopback() || address.is_unspecified() || address.is_unicast_link_local();
    match host {
        Host::Domain(name) => {
            let name = name.as_ref().trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => is_local_v4(*address),
        // `::ffff:127.0.0.1` and `::127.0.0.1` are IPv4 in another spelling.
        Host::Ipv6(address) => is_local_v6(*address) || address.to_ipv4().is_some_and(is_local_v4),
    }
}

#[cfg(test)]
mod tests;
