//! What requests of one session are sent with, apart from credentials.

use std::time::Duration;

use reqwest::Request;
use reqwest::header::{ACCEPT, HeaderValue, USER_AGENT};

use super::http::{HttpClient, Reply};
use super::request_kind::RequestKind;
use super::retry::{Failure, RetryPolicy, SystemClock};
use crate::error::Result;

/// Connections, with the session's TLS and proxy, and how often and for how long something is tried.
pub(crate) struct Http {
    pub(crate) client: HttpClient,
    pub(crate) retry: RetryPolicy,
    /// How long the reply to one request is waited for.
    pub(crate) request_timeout: Duration,
    /// Who calls, for other servers than the session's own: none of the caller's headers goes there.
    pub(crate) user_agent: HeaderValue,
}

impl Http {
    /// Sends a request to whoever issues tokens, and again where its kind allows that, until there is a successful reply. `request` makes each
    /// attempt's anew.
    pub(crate) async fn ask(&self, kind: RequestKind, request: impl Fn() -> Result<Request>) -> Result<Reply> {
        self.retry.run(&SystemClock, kind, |count| self.attempt(kind, count, request())).await
    }

    /// As `ask`, without another attempt.
    pub(crate) async fn ask_once(&self, kind: RequestKind, request: impl Fn() -> Result<Request>) -> Result<Reply> {
        self.attempt(kind, 1, request()).await.map_err(|failure| failure.error)
    }

    async fn attempt(&self, kind: RequestKind, count: u32, request: Result<Request>) -> Result<Reply, Failure> {
        let mut request = request?;
        request.headers_mut().insert(USER_AGENT, self.user_agent.clone());
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        request.timeout_mut().get_or_insert(self.request_timeout);
        self.client.exchange(kind, count, request).await
    }
}

#[cfg(test)]
impl Http {
    /// The defaults.
    pub(crate) fn for_tests() -> std::sync::Arc<Self> {
        let limits = super::Limits::new(&super::HttpConfig::default()).unwrap();
        let tls = super::TlsClients::new(None).unwrap();
        std::sync::Arc::new(Self {
            client: HttpClient::new(&tls.server, None, &limits).unwrap(),
            retry: RetryPolicy::default(),
            request_timeout: limits.request_timeout,
            user_agent: HeaderValue::from_static("test"),
        })
    }
}
