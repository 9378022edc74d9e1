//! HTTP: one client for the server, with credentials, and one for the store of results, without.

mod config;
pub(crate) mod redact;
mod store;

pub use config::{HttpConfig, HttpHeader, ProxyConfig, RetryConfig, TlsConfig};
pub(crate) use store::{Body, Store};
