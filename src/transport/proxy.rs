//! The proxies on the way: the caller's, or the environment's.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::HeaderValue;
use reqwest::{NoProxy, Proxy};
use url::{Position, Url};

use super::config::ProxyConfig;
use super::http::has_usable_host;
use crate::error::{Error, Result};

/// The proxy that the caller names, and which hosts it serves.
#[derive(Clone)]
pub(crate) struct CallersProxy {
    pub(super) proxy: Proxy,
    pub(super) routes: Routes,
}

/// Which proxy serves a host.
#[derive(Clone)]
pub(super) struct Routes(Arc<Matcher>);

impl Routes {
    /// The environment's.
    pub(super) fn of_environment() -> Self {
        Self(Arc::new(Matcher::from_system()))
    }

    /// The proxy to `url` as `host:port`, never with its credentials.
    pub(super) fn proxy_of(&self, url: &Url) -> Option<String> {
        let to: Uri = url[..Position::BeforePath].parse().ok()?;
        let proxy = self.0.intercept(&to)?;
        let port = proxy.uri().port_u16().unwrap_or(if proxy.uri().scheme_str() == Some("https") { 443 } else { 80 });
        Some(format!("{}:{port}", proxy.uri().host()?))
    }
}

/// Checks the settings. Every request goes through the proxy, except to the hosts of `bypass`.
pub(crate) fn proxy(config: &ProxyConfig) -> Result<CallersProxy> {
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
    let routes = Matcher::builder().all(url.as_str()).no(config.bypass.as_deref().unwrap_or_default()).build();
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
    if let Some(hosts) = &config.bypass {
        proxy = proxy.no_proxy(NoProxy::from_string(hosts));
    }
    Ok(CallersProxy { proxy, routes: Routes(Arc::new(routes)) })
}

fn basic(username: &str, password: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
        .map_err(|error| Error::internal("the proxy's credentials could not be encoded").because(error))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
