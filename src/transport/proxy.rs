//! The proxy that the caller names.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use reqwest::{NoProxy, Proxy};
use url::Url;

use super::config::ProxyConfig;
use super::http::has_usable_host;
use crate::error::{Error, Result};

/// Checks the settings. Every request goes through the proxy, except to the hosts of `bypass`.
pub(crate) fn proxy(config: &ProxyConfig) -> Result<Proxy> {
    let unusable = || Error::invalid_argument("the proxy's url must be http://host:port or https://host:port");
    let url = Url::parse(config.url.trim()).map_err(|_| unusable())?;
    let is_address = matches!(url.scheme(), "http" | "https") && has_usable_host(&url);
    if !is_address || url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(unusable());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::invalid_argument(
            "the proxy's url must not hold a user or password: pass them as username and password",
        ));
    }
    let mut proxy = Proxy::all(url).map_err(|_| unusable())?;
    match (&config.username, &config.password) {
        (Some(username), password) => {
            if username.contains(':') {
                return Err(Error::invalid_argument("the proxy's username must not contain a colon"));
            }
            proxy = proxy.custom_http_auth(basic(username, password.as_ref().map_or("", |secret| secret.expose()))?);
        }
        (None, Some(_)) => return Err(Error::invalid_argument("the proxy's password needs a username")),
        (None, None) => {}
    }
    Ok(match &config.bypass {
        Some(hosts) => proxy.no_proxy(NoProxy::from_string(hosts)),
        None => proxy,
    })
}

fn basic(username: &str, password: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
        .map_err(|error| Error::internal("the proxy's credentials could not be encoded").because(error))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
