//! One request to a token endpoint, and its answer: RFC 6749, section 5.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method, Request};
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::refusal_code;
use crate::auth::AuthHeaders;
use crate::auth::cache::{Life, Token};
use crate::auth::pat::bearer;
use crate::error::{Code, Error, Result};
use crate::secret::Secret;
use crate::transport::{Http, Reply, RequestKind};

/// No token lives longer; a server that says so has made a mistake in its unit.
pub(super) const LONGEST_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// An answer that is a token.
#[derive(Deserialize)]
struct Granted {
    access_token: Option<String>,
    token_type: Option<String>,
    /// Seconds. Entra's older endpoint writes them as text.
    expires_in: Option<Value>,
    refresh_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// A token, and what the next one can be had with.
#[derive(Debug)]
pub(in crate::auth) struct Issued {
    pub(in crate::auth) token: Token,
    pub(in crate::auth) refresh: Option<Arc<Secret>>,
}

/// Why there is no token.
pub(in crate::auth) struct Refused {
    pub(in crate::auth) error: Error,
    /// Whether another endpoint than this one may be meant, so that it should be asked for anew.
    pub(in crate::auth) may_be_elsewhere: bool,
}

impl Refused {
    /// Whether the code or token that was signed in with is not good any more.
    pub(super) fn is_of_grant(&self) -> bool {
        self.error.error_code.as_deref() == Some("invalid_grant")
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, may_be_elsewhere: false }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        refused.error
    }
}

/// A request of these fields to a token endpoint; those without a value are left out.
pub(in crate::auth) fn form(endpoint: &Url, fields: &[(&str, &str)]) -> Request {
    let mut request = Request::new(Method::POST, endpoint.clone());
    let body =
        Serializer::new(String::new()).extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty())).finish();
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, kind);
    *request.body_mut() = Some(Body::from(body));
    request
}

/// Asks for a token; `request` makes each attempt's request.
pub(in crate::auth) async fn ask(
    http: &Http,
    kind: RequestKind,
    endpoint: &Url,
    request: impl Fn() -> Result<Request>,
) -> Result<Issued, Refused> {
    let reply = http.ask(kind, request).await.map_err(|error| refused(endpoint, error))?;
    issued(reply).map_err(|error| Refused { error: failed(endpoint, error), may_be_elsewhere: true })
}

/// Reads the token out of a reply.
pub(super) fn issued(reply: Reply) -> Result<Issued> {
    let granted: Granted = reply.secret_json().map_err(|error| Error { code: Code::Unauthenticated, ..error })?;
    granted.into_issued()
}

impl Granted {
    fn into_issued(self) -> Result<Issued> {
        let unusable = |details: String| Error::new(Code::Unauthenticated, details);
        let Some(text) = self.access_token.map(Zeroizing::new) else {
            let error = self.error_description.or(self.error);
            return Err(unusable(error.unwrap_or_else(|| "the answer has no access_token".to_owned())));
        };
        if let Some(other) = self.token_type.filter(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(unusable(format!("the token is of the type {other:?}; only Bearer tokens can be used")));
        }
        let authorization = bearer(&text, "the token that was issued").map_err(|error| unusable(error.details))?;
        let life = life(self.expires_in.as_ref(), &text, SystemTime::now());
        let refresh = self.refresh_token.filter(|token| !token.is_empty()).map(Secret::new);
        Ok(Issued { token: Token { headers: AuthHeaders::of(authorization), life }, refresh })
    }
}

/// How long a token may be used from `now` on: what the answer says, else what the token does.
pub(in crate::auth) fn life(expires_in: Option<&Value>, token: &str, now: SystemTime) -> Life {
    let seconds = match expires_in {
        Some(Value::String(text)) => text.trim().parse().ok().filter(|seconds: &f64| !seconds.is_nan()),
        Some(number) => number.as_f64(),
        None => None,
    };
    let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    match seconds.or_else(|| Some(expiry(token)? - since_epoch)) {
        None => Life::Open,
        Some(seconds) if seconds <= 0.0 => Life::Once,
        Some(seconds) => Life::For(Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE)),
    }
}

/// The `exp` of a signed token, in seconds since 1970: RFC 7519, section 4.1.4.
fn expiry(token: &str) -> Option<f64> {
    claims(token)?.get("exp")?.as_f64()
}

/// What a signed token says: RFC 7519, section 3. The signature is not looked at.
pub(in crate::auth) fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// The error of a request that got no token.
fn refused(endpoint: &Url, error: Error) -> Refused {
    let status = error.http_status.unwrap_or_default();
    let kind = error.error_code.as_deref().unwrap_or_default();
    let (here, elsewhere) = if endpoint.path().contains("/oauth2/") {
        ("Microsoft Entra", "Databricks")
    } else {
        ("Databricks", "Microsoft Entra")
    };
    let advice = match (status, kind) {
        (404, _) => ": check the host, or the token_url where one was passed",
        (_, "invalid_client" | "unauthorized_client") => &format!(
            ": the id and the secret or key must belong to the same service principal, and to the service that is asked: to {here} here, not to \
             {elsewhere}; with a key, also check the clock"
        ),
        (_, "invalid_scope") => ": check the scopes",
        (_, "invalid_grant") => {
            ": what it signs in with has ended, was used before, or is not meant for this server; also check the clock"
        }
        _ => "",
    };
    let kind = if kind.is_empty() { String::new() } else { format!(" ({kind})") };
    let details = format!("{}{kind}{advice}", error.details);
    let may_be_elsewhere = matches!(status, 300..=399 | 401 | 404);
    Refused { error: failed(endpoint, Error { code: refusal_code(&error), details, ..error }), may_be_elsewhere }
}

fn failed(endpoint: &Url, error: Error) -> Error {
    Error { details: format!("the sign-in at {endpoint} failed: {}", error.details), ..error }.redacted()
}

#[cfg(test)]
mod tests;
