//! One call of an endpoint: credentials, headers, and sending again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Method, Request};
use url::Url;

use super::flight::Flight;
use crate::auth::{AuthHeaders, Authenticator};
use crate::error::{Code, Error, Result};
use crate::transport::redact::Known;
use crate::transport::{Cause, Failure, Http, Reply, RequestKind, SystemClock, append, secret_value};

/// How much longer than a request's time limit a reply is read that may name a statement: that can still be cancelled.
const LATE_REPLY: Duration = Duration::from_secs(60);

/// The way to the server: every call of a session goes through here.
pub(super) struct Caller {
    pub(super) http: Arc<Http>,
    pub(super) authenticator: Authenticator,
    pub(super) headers: HeaderMap,
    /// What the caller's own headers and proxy keep secret.
    pub(super) _known: Vec<Known>,
}

/// What one call sends.
pub(super) struct Call {
    pub(super) kind: RequestKind,
    pub(super) url: Url,
    /// JSON.
    pub(super) body: Option<Bytes>,
    pub(super) headers: HeaderMap,
    /// Told when an attempt is on its way. What must not be sent twice may then be answered late: whoever watches decides how long to wait.
    pub(super) flight: Option<Arc<Flight>>,
}

impl Call {
    pub(super) fn new(kind: RequestKind, url: Url) -> Self {
        Self { kind, url, body: None, headers: HeaderMap::new(), flight: None }
    }

    pub(super) fn json(mut self, body: &impl serde::Serialize) -> Result<Self> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Error::internal("a request could not be written as JSON").because(error))?;
        self.body = Some(body.into());
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(self)
    }

    /// Lets `flight` tell when it is on its way.
    pub(super) fn watched(mut self, flight: &Arc<Flight>) -> Self {
        self.flight = Some(Arc::clone(flight));
        self
    }

    pub(super) fn headers(mut self, headers: &[(&'static str, &'static str)]) -> Self {
        for &(name, value) in headers {
            self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        self
    }
}

impl Caller {
    /// Sends a call, and again where its kind allows that, until there is a successful reply.
    pub(super) async fn call(&self, call: &Call) -> Result<Reply> {
        self.http.retry.run(&SystemClock, call.kind, |count| self.attempt(call, count)).await
    }

    /// One attempt. A credential that the server refuses is renewed once, where it can be: a refused request has not run.
    async fn attempt(&self, call: &Call, count: u32) -> Result<Reply, Failure> {
        let auth = self.authenticator.headers(&self.http, None).await?;
        match self.send(call, &auth, count).await {
            Err(failure) if self.authenticator.can_renew() && is_credential_refused(&failure) => {
                tracing::debug!(kind = ?call.kind, "the credential was refused and is renewed");
                let auth = self.authenticator.headers(&self.http, Some(&auth)).await?;
                self.send(call, &auth, count).await
            }
            outcome => outcome,
        }
    }

    async fn send(&self, call: &Call, auth: &AuthHeaders, count: u32) -> Result<Reply, Failure> {
        let is_late_awaited = call.flight.is_some() && !call.kind.is_idempotent();
        let late = if is_late_awaited { LATE_REPLY } else { Duration::ZERO };
        let mut request = Request::new(call.kind.method(), call.url.clone());
        *request.headers_mut() = self.all_headers(call, auth)?;
        *request.timeout_mut() = Some(self.http.request_timeout.saturating_add(late));
        *request.body_mut() = call.body.clone().map(Body::from);
        let _aloft = call.flight.as_ref().map(|flight| flight.begin());
        self.http.client.exchange(call.kind, count, request).await
    }

    fn all_headers(&self, call: &Call, auth: &AuthHeaders) -> Result<HeaderMap> {
        let mut headers = self.headers.clone();
        append(&mut headers, &auth.extra).map_err(|error| Error { code: Code::Unauthenticated, ..error })?;
        for (name, value) in &call.headers {
            headers.insert(name, value.clone());
        }
        if call.body.is_none() && call.kind.method() == Method::POST {
            // Some proxies refuse a POST that does not say how long it is.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        headers.insert(AUTHORIZATION, secret_value("Authorization", auth.authorization.expose())?);
        Ok(headers)
    }
}

/// A 401, or the 403 of the layer that checks credentials, which names its error by the number.
fn is_credential_refused(failure: &Failure) -> bool {
    match failure.cause {
        Cause::Status { status: 401, .. } => true,
        Cause::Status { status: 403, .. } => failure.error.error_code.as_deref() == Some("403"),
        _ => false,
    }
}
