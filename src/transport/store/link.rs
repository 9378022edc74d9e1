//! A presigned link as it is sent: its text and its headers unchanged.

use std::collections::HashMap;

use reqwest::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName};
use url::{Position, Url};

use crate::error::{Error, Result};
use crate::transport::headers::{FRAMING, secret_value};

/// The link as it will be sent, byte for byte: its signature covers the text, so that nothing may be escaped anew.
/// Errors: what is wrong with it, in words that do not name it.
pub(super) fn checked(link: &str, allows_plain_http: bool) -> Result<Url, &'static str> {
    let url = Url::parse(link).map_err(|_| "is not a URL")?;
    match url.scheme() {
        "https" => {}
        "http" if allows_plain_http => {}
        "http" => return Err("is plain HTTP, although the server is not"),
        _ => return Err("is not an HTTPS URL"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user name in it");
    }
    if target(link) != url[Position::BeforePath..Position::AfterQuery] {
        return Err("has characters that a URL must escape: it cannot be sent unchanged");
    }
    Ok(url)
}

/// The headers that a link asks for, but for the host and the length, which are those of the request. Errors: `Internal` for one that HTTP does not
/// allow, and for those that would break the connection for the requests after.
pub(super) fn link_headers(headers: Option<&HashMap<String, String>>) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers.into_iter().flatten() {
        let unusable = || Error::internal(format!("the server's link has an unusable header {name:?}"));
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        if parsed == HOST || parsed == CONTENT_LENGTH {
            continue;
        }
        if FRAMING.contains(&parsed.as_str()) {
            return Err(unusable());
        }
        map.insert(parsed, secret_value(name, value).map_err(|_| unusable())?);
    }
    Ok(map)
}

/// What follows the host in the text of a URL, up to a fragment.
fn target(link: &str) -> String {
    let after_scheme = link.split_once("://").map_or("", |(_, rest)| rest);
    let target = after_scheme.find(['/', '?', '#']).map_or("", |at| &after_scheme[at..]);
    let target = target.split('#').next().unwrap_or_default();
    if target.starts_with('/') { target.to_owned() } else { format!("/{target}") }
}
