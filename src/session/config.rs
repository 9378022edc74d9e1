//! What a session is opened with.

use std::collections::HashMap;
use std::sync::Arc;

use crate::auth::Credentials;
use crate::result::ResultConfig;
use crate::transport::{HttpConfig, ProxyConfig, RetryConfig, TlsConfig};

/// Everything a session needs. Only `host`, `http_path` and `credentials` have no default.
#[derive(Debug, Clone, uniffi::Record)]
pub struct SessionConfig {
    /// The workspace's host name, with or without `https://` and a port. Plain HTTP is used only when it is written out as `http://…`.
    pub host: String,
    /// The warehouse's path, `/sql/1.0/warehouses/ID` or `/sql/1.0/endpoints/ID`; `?o=ID` names the workspace on a shared host.
    pub http_path: String,
    /// Who is calling.
    pub credentials: Arc<Credentials>,
    /// The catalog to start in; the server's default when absent.
    #[uniffi(default = None)]
    pub catalog: Option<String>,
    /// The schema to start in; the server's default when absent.
    #[uniffi(default = None)]
    pub schema: Option<String>,
    /// Session parameters, such as `TIMEZONE`; the server refuses unknown names.
    #[uniffi(default)]
    pub parameters: HashMap<String, String>,
    /// TLS settings.
    #[uniffi(default = None)]
    pub tls: Option<TlsConfig>,
    /// The proxy; the environment's when absent.
    #[uniffi(default = None)]
    pub proxy: Option<ProxyConfig>,
    /// HTTP settings.
    #[uniffi(default = None)]
    pub http: Option<HttpConfig>,
    /// Retry settings.
    #[uniffi(default = None)]
    pub retry: Option<RetryConfig>,
    /// How results are delivered.
    #[uniffi(default = None)]
    pub results: Option<ResultConfig>,
    /// The program in whose name the kernel calls, `name/version`, appended to the User-Agent.
    #[uniffi(default = None)]
    pub client_name: Option<String>,
}
