//! HTTP: one client for the server and for whoever issues its tokens, and one for the store of results and files, without credentials.

mod attempts;
mod config;
mod content_coding;
mod error_map;
mod headers;
mod http;
mod limits;
mod network_error;
mod proxy;
pub(crate) mod redact;
mod request_kind;
mod request_log;
mod retry;
mod sender;
mod store;
#[cfg(test)]
pub(crate) mod test_server;
mod tls;
mod user_agent;

pub(crate) use attempts::Attempts;
pub use config::{HttpConfig, HttpHeader, ProxyConfig, RetryConfig, TlsConfig};
pub(crate) use headers::{append, base_headers, secret_value};
pub(crate) use http::{HttpClient, Reply, has_usable_host, is_loopback};
pub(crate) use limits::Limits;
pub(crate) use proxy::proxy;
pub(crate) use request_kind::RequestKind;
pub(crate) use retry::{Cause, Failure, RetryPolicy, SystemClock};
pub(crate) use sender::Http;
#[cfg(test)]
pub(crate) use store::SentRange;
pub(crate) use store::{Body, ByteRange, Content, LineRecord, Outgoing, ReplyBody, Resume, Store, Upload, resume};
pub(crate) use tls::TlsClients;
pub(crate) use user_agent::user_agent;
