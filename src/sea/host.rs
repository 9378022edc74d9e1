//! The server's address, as people write it.

use url::Url;

use crate::error::{Error, Result};

/// A server: scheme, host and port, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerHost(Url);

impl ServerHost {
    /// Reads a host name or address, with or without scheme, port and trailing slash. Without a scheme it is HTTPS.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::invalid_argument("the host is empty: pass the workspace's host name"));
        }
        let unusable = |what: &str| {
            Error::invalid_argument(format!(
                "the host {what}: pass a host name such as my-workspace.cloud.databricks.com"
            ))
        };
        let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&text).map_err(|error| unusable("is not one").because(error))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(unusable("has a scheme that is neither https nor http"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unusable("has a user name or password in it"));
        }
        if url.path().trim_matches('/') != "" {
            return Err(unusable("has a path, which belongs to http_path"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(unusable("has a query; ?o=WORKSPACE_ID belongs to http_path"));
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        if !url.host_str().is_some_and(|host| host.bytes().all(is_name)) {
            return Err(unusable("has characters that no host name has"));
        }
        let mut url = url;
        url.set_path("");
        Ok(Self(url))
    }

    /// The URL of `target`: an absolute path, its query included, escaped.
    pub(super) fn url(&self, target: &str) -> Result<Url> {
        self.0.join(target).map_err(|error| Error::internal("a request's path is not usable").because(error))
    }

    /// Whether the host was written with `http://`.
    pub(super) fn is_plain_http(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// The server in one spelling: `https://host` or `https://host:port`.
    pub(super) fn key(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}
