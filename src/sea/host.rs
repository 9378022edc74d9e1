//! The server's address, as people write it.

use url::Url;

use crate::error::{Error, Result};
use crate::transport::has_usable_host;

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
        let mut url = Url::parse(&text).map_err(|error| unusable("is not one").because(error))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(unusable("has a scheme that is neither https nor http"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unusable("has a user name or password in it"));
        }
        if !url.path().trim_matches('/').is_empty() {
            return Err(unusable("has a path, which belongs to http_path"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(unusable("has a query; ?o=WORKSPACE_ID belongs to http_path"));
        }
        if !has_usable_host(&url) {
            return Err(unusable("has characters that no host name has"));
        }
        url.set_path("");
        Ok(Self(url))
    }

    /// The URL of `target`: an absolute path, its query included, escaped.
    pub(super) fn url(&self, target: &str) -> Result<Url> {
        self.0.join(target).map_err(|error| Error::internal("a request's path is not usable").because(error))
    }

    /// The server's root.
    pub(super) fn root(&self) -> &Url {
        &self.0
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::error::Code;

    #[rstest]
    #[case::name("adb-1.azuredatabricks.net", "https://adb-1.azuredatabricks.net")]
    #[case::https("https://adb-1.azuredatabricks.net", "https://adb-1.azuredatabricks.net")]
    #[case::slash("https://adb-1.azuredatabricks.net/", "https://adb-1.azuredatabricks.net")]
    #[case::blanks("  adb-1.azuredatabricks.net \n", "https://adb-1.azuredatabricks.net")]
    #[case::letter_case("HTTPS://ADB-1.AzureDatabricks.net", "https://adb-1.azuredatabricks.net")]
    #[case::default_port("adb-1.azuredatabricks.net:443", "https://adb-1.azuredatabricks.net")]
    #[case::port("localhost:8443", "https://localhost:8443")]
    #[case::plain("http://127.0.0.1:8080", "http://127.0.0.1:8080")]
    #[case::plain_letter_case("HTTP://localhost/", "http://localhost")]
    #[case::ipv6("http://[::1]:8080", "http://[::1]:8080")]
    #[case::international("https://straße.example", "https://xn--strae-oqa.example")]
    fn a_host_has_one_spelling(#[case] text: &str, #[case] key: &str) {
        let host = ServerHost::parse(text).unwrap();
        assert_eq!(host.key(), key);
        assert_eq!(host.is_plain_http(), key.starts_with("http://"));
        assert_eq!(host.url("/api/2.0/x?y=z").unwrap().as_str(), format!("{key}/api/2.0/x?y=z"));
    }

    #[rstest]
    #[case::empty("", "is empty")]
    #[case::blank("  ", "is empty")]
    #[case::scheme("ftp://host", "has a scheme that is neither https nor http")]
    #[case::user("https://user@host", "has a user name or password in it")]
    #[case::password("https://user:s3cret@host", "has a user name or password in it")]
    #[case::path("https://host/sql/1.0/warehouses/w", "has a path, which belongs to http_path")]
    #[case::bare_path("host/sql", "has a path, which belongs to http_path")]
    #[case::query("https://host/?o=123", "has a query; ?o=WORKSPACE_ID belongs to http_path")]
    #[case::fragment("https://host#a", "has a query; ?o=WORKSPACE_ID belongs to http_path")]
    #[case::blank_inside("my host", "is not one")]
    #[case::bad_port("host:port", "is not one")]
    #[case::odd("ho{st", "has characters that no host name has")]
    #[case::nothing_after_the_scheme("https://", "is not one")]
    fn an_unusable_host_is_refused(#[case] text: &str, #[case] why: &str) {
        let error = ServerHost::parse(text).unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(error.details.starts_with(&format!("the host {why}")), "{}", error.details);
        assert!(!error.details.contains("s3cret"));
    }
}
