//! Why a request got no whole reply, as the kernel's error: what is in the way, and what to do about it.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError};
use url::Url;

use super::request_kind::RequestKind;
use super::retry::{Cause, Failure};
use crate::error::{Code, Error};

/// Who was to answer.
pub(super) struct Peer<'a> {
    pub(super) url: &'a Url,
    /// The proxy on the way, as `host:port`.
    pub(super) proxy: Option<String>,
}

/// A request that got no whole reply from `peer`.
pub(super) fn network_failure(kind: RequestKind, peer: &Peer<'_>, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let host = peer.url.host_str().unwrap_or_default();
    let http = causes(&error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    let tls = causes(&error).find_map(|cause| cause.downcast_ref::<rustls::Error>()).filter(|tls| is_lasting(tls));
    let (code, cause, mut details) = if error.is_builder() {
        (Code::Internal, Cause::Final, "the request could not be made".to_owned())
    } else if let Some(tls) = tls {
        (Code::NetworkError, Cause::Final, no_tls(host, tls))
    } else if http.is_some_and(|http| http.to_string() == HEAD_TOO_LARGE) {
        let details = format!("the headers of the reply to {kind} are longer than the {HEADERS_LIMIT} that are read");
        (Code::Internal, Cause::Final, details)
    } else if let (Some(proxy), true) = (&peer.proxy, innermost(&error).ends_with("proxy authorization required")) {
        let what = "pass its user name and password as the proxy's";
        (Code::NetworkError, Cause::Final, format!("the proxy {proxy} wants to know who asks for {host}: {what}"))
    } else if error.is_connect() {
        let code = if error.is_timeout() { Code::Timeout } else { Code::NetworkError };
        let unreachable = error.is_dns() || is_refused(&error);
        (code, Cause::NotConnected { unreachable }, not_connected(host, peer.proxy.as_deref(), &error))
    } else if error.is_timeout() {
        (Code::Timeout, Cause::ReplyLost, format!("{host} did not answer in time"))
    } else if http.is_some_and(hyper::Error::is_parse) {
        (Code::NetworkError, Cause::ReplyLost, no_http(peer.url, &error))
    } else {
        let details = format!("the connection to {host} broke before the reply was complete: {}", innermost(&error));
        (Code::NetworkError, Cause::ReplyLost, details)
    };
    if cause == Cause::ReplyLost || code == Code::Internal && !error.is_builder() {
        details.push_str(kind.may_have_happened());
    }
    let mut error = Error::new(code, details).because(error);
    error.retryable = kind.may_repeat_after(&cause);
    Failure::new(cause, error)
}

/// What the HTTP client reads of a reply's head.
const HEADERS_LIMIT: &str = "100 headers in 400 KiB";
/// What it says of more; it has no other way to ask.
const HEAD_TOO_LARGE: &str = "message head is too large";

fn not_connected(host: &str, proxy: Option<&str>, error: &reqwest::Error) -> String {
    let why = innermost(error);
    match proxy {
        None => format!("could not connect to {host}: {why}"),
        Some(proxy) if why.starts_with("tunnel error: ") => {
            format!("the proxy {proxy} does not let through to {host}: {why}")
        }
        Some(proxy) => format!("could not connect to {host} through the proxy {proxy}: {why}"),
    }
}

/// What to do where plain text was sent to a port with TLS.
pub(super) const EXPECTS_TLS: &str = "; if it expects TLS, write the host as https://…";

fn no_http(url: &Url, error: &reqwest::Error) -> String {
    let host = url.host_str().unwrap_or_default();
    let hint = if url.scheme() == "http" { EXPECTS_TLS } else { "" };
    format!("{host} did not answer in HTTP: {}{hint}", innermost(error))
}

/// Why there is no TLS, and what to do about it.
fn no_tls(host: &str, error: &rustls::Error) -> String {
    use CertificateError::{Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet};
    use CertificateError::{NotValidYetContext, UnknownIssuer};

    let hint = match error {
        rustls::Error::InvalidMessage(_) => {
            "it does not speak TLS; http://… as the host is for a local warehouse only, and a proxy may be in the way"
        }
        rustls::Error::InvalidCertificate(UnknownIssuer) => {
            "the authority that issued its certificate is not trusted here; where that is right, pass the authority's certificate in \
             PEM as the TLS setting ca_certificates (tls_ca_cert in Python)"
        }
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => {
            "its certificate has expired, or this machine's clock is ahead"
        }
        rustls::Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
            "its certificate is not valid yet, or this machine's clock is behind"
        }
        rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "its certificate is another host's: check the host's name"
        }
        rustls::Error::InvalidCertificate(_) => {
            "its certificate cannot be verified; where it is right, pass the certificate of the authority that issued it in PEM as the \
             TLS setting ca_certificates (tls_ca_cert in Python)"
        }
        _ => return format!("no TLS connection to {host}: {error}"),
    };
    format!("no TLS connection to {host}: {error}: {hint}")
}

/// The error and its causes, outermost first, and what an I/O error wraps.
pub(super) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
        None => error.source(),
    })
}

fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// Whether the handshake would fail again: a certificate was refused, by one side or the other, or TLS is not spoken there.
fn is_lasting(error: &rustls::Error) -> bool {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::InvalidMessage(_) => true,
        rustls::Error::AlertReceived(alert) => *alert != AlertDescription::InternalError,
        _ => false,
    }
}

fn is_refused(error: &reqwest::Error) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use rustls::{CertificateError, InvalidMessage};

    use super::*;

    #[rstest]
    #[case::authority(CertificateError::UnknownIssuer.into(), "pass the authority's certificate in PEM as the TLS setting")]
    #[case::unusable(CertificateError::BadEncoding.into(), "cannot be verified; where it is right, pass the certificate of the authority")]
    #[case::expired(CertificateError::Expired.into(), "has expired, or this machine's clock is ahead")]
    #[case::too_early(CertificateError::NotValidYet.into(), "is not valid yet, or this machine's clock is behind")]
    #[case::other_host(CertificateError::NotValidForName.into(), "is another host's: check the host's name")]
    #[case::plain_http(InvalidMessage::InvalidContentType.into(), "http://… as the host is for a local warehouse only")]
    fn tls_that_fails_for_good_says_what_to_do(#[case] error: rustls::Error, #[case] hint: &str) {
        assert!(is_lasting(&error));
        let details = no_tls("host.example", &error);
        assert!(details.starts_with("no TLS connection to host.example: ") && details.contains(hint), "{details}");
    }
}
