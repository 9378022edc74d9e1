//! How the kernel reaches the server: TLS, proxy, headers, limits, retries.

use std::sync::Arc;
use std::time::Duration;

use crate::secret::Secret;

/// TLS settings. By default the system's certificate authorities are trusted and everything is verified.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct TlsConfig {
    /// Certificate authorities to trust beside the system's, PEM, one or several.
    #[uniffi(default = None)]
    pub ca_certificates: Option<Vec<u8>>,
    /// The client's certificate chain, PEM. Needs `client_key`.
    #[uniffi(default = None)]
    pub client_certificate: Option<Vec<u8>>,
    /// The client's private key, PEM, not encrypted.
    #[uniffi(default = None)]
    pub client_key: Option<Arc<Secret>>,
    /// Accepts any certificate. Anyone on the path can then read everything: for tests alone.
    #[uniffi(default = false)]
    pub skip_verification: bool,
    /// Accepts a valid certificate of another host name.
    #[uniffi(default = false)]
    pub skip_hostname_verification: bool,
}

/// The proxy to use instead of the environment's (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`).
#[derive(Debug, Clone, uniffi::Record)]
pub struct ProxyConfig {
    /// `http://host:port` or `https://host:port`, without user and password.
    pub url: String,
    /// The user name for the proxy.
    #[uniffi(default = None)]
    pub username: Option<String>,
    /// The password for the proxy.
    #[uniffi(default = None)]
    pub password: Option<Arc<Secret>>,
    /// Hosts to reach directly, comma-separated, in the form of `NO_PROXY`.
    #[uniffi(default = None)]
    pub bypass: Option<String>,
}

/// One header to send with every request to the server, never to the store of results and files.
#[derive(Debug, Clone, uniffi::Record)]
pub struct HttpHeader {
    /// The header's name. `User-Agent` is appended to the kernel's own; `Authorization` and `x-databricks-org-id`
    /// are the kernel's alone and are left out.
    pub name: String,
    /// The header's value, hidden from every print.
    pub value: Arc<Secret>,
}

/// HTTP settings.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct HttpConfig {
    /// Headers of the caller's, sent with every request to the server.
    #[uniffi(default = [])]
    pub headers: Vec<HttpHeader>,
    /// The longest wait for a connection. Default 30 s.
    #[uniffi(default = None)]
    pub connect_timeout: Option<Duration>,
    /// The longest wait for one reply, from sending to its last byte. Default 120 s.
    #[uniffi(default = None)]
    pub request_timeout: Option<Duration>,
    /// The longest wait for the next bytes of a result's body. Default 30 s.
    #[uniffi(default = None)]
    pub stall_timeout: Option<Duration>,
    /// How many connections may stand idle for a host, and how many downloads of one result may run at once. Default 32.
    #[uniffi(default = None)]
    pub max_connections: Option<i32>,
    /// Asks the server to compress its JSON replies (gzip). Results have a compression of their own.
    #[uniffi(default = false)]
    pub compress_replies: bool,
}

/// When and how often a request is sent again. A statement is never run twice by retrying.
///
/// A chunk of a result, and a file's transfer, count as one request: whatever fails of it, a link, a connection, a part
/// or damaged data, uses one of its attempts.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct RetryConfig {
    /// The shortest wait before a retry. Default 1 s.
    #[uniffi(default = None)]
    pub min_wait: Option<Duration>,
    /// The longest wait before a retry; a server's `Retry-After` is obeyed up to it. Default 60 s.
    #[uniffi(default = None)]
    pub max_wait: Option<Duration>,
    /// How often a request is sent at most, the first time included. Default 6.
    #[uniffi(default = None)]
    pub max_attempts: Option<i32>,
    /// The limit on all attempts of one request together. The time in which bytes of a result or file arrive does not
    /// count. Default 900 s.
    #[uniffi(default = None)]
    pub overall_timeout: Option<Duration>,
}
