//! Tokens from a provider that the caller implements.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;

use super::{AuthHeaders, pat::bearer};
use crate::callback::CallbackError;
use crate::error::{Code, Error, Result};
use crate::secret::Secret;
use crate::transport::HttpHeader;

/// A token with an expiry is renewed this long before it.
const EXPIRY_MARGIN: Duration = Duration::from_secs(30);

/// A source of tokens, implemented in the caller's language.
#[uniffi::export(rust, foreign)]
pub trait TokenProvider: Send + Sync {
    /// Answers a token that is valid now. Called on a thread that may wait, one call at a time; it must not call the kernel's session
    /// that asks. Errors: any; the session's call then fails with `Unauthenticated` and the error's text.
    fn token(&self) -> Result<ProvidedToken, CallbackError>;
}

/// A token, and how long it may be used.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ProvidedToken {
    /// The token itself, without a scheme such as `Bearer`.
    pub token: Arc<Secret>,
    /// When it ends. With an expiry it is kept until 30 s before it; without one the provider is asked before every request.
    #[uniffi(default = None)]
    pub expires_at: Option<SystemTime>,
    /// Further headers to send with each request to the server.
    #[uniffi(default = [])]
    pub headers: Vec<HttpHeader>,
}

pub(crate) struct Provider {
    source: Arc<dyn TokenProvider>,
    /// The last token with an expiry. Locked while the provider is asked, so that it is asked once for all waiting requests.
    cached: Arc<Mutex<Option<ProvidedToken>>>,
}

impl Provider {
    pub(crate) fn new(source: Arc<dyn TokenProvider>) -> Self {
        Self { source, cached: Arc::default() }
    }

    pub(crate) async fn headers(&self, refused: Option<&AuthHeaders>) -> Result<AuthHeaders> {
        let mut cached = Arc::clone(&self.cached).lock_owned().await;
        if let Some(token) = cached.as_ref().filter(|token| is_fresh(token, SystemTime::now())) {
            let headers = authenticate(token)?;
            if refused.is_none_or(|refused| refused.authorization.expose() != headers.authorization.expose()) {
                return Ok(headers);
            }
        }
        let source = Arc::clone(&self.source);
        // The lock goes with the question: a request that is dropped meanwhile does not let another one ask beside it.
        tokio::task::spawn_blocking(move || {
            *cached = None;
            let token = source.token().map_err(|error| {
                Error::new(Code::Unauthenticated, format!("the token provider failed: {error}")).because(error)
            })?;
            let headers = authenticate(&token)?;
            *cached = token.expires_at.is_some().then_some(token);
            Ok(headers)
        })
        .await
        .map_err(|error| Error::new(Code::Unauthenticated, "the token provider did not answer").because(error))?
    }
}

fn is_fresh(token: &ProvidedToken, now: SystemTime) -> bool {
    token.expires_at.is_some_and(|expiry| now + EXPIRY_MARGIN < expiry)
}

fn authenticate(token: &ProvidedToken) -> Result<AuthHeaders> {
    let authorization = bearer(token.token.expose(), "the token provider's token")
        .map_err(|error| Error { code: Code::Unauthenticated, ..error })?;
    Ok(AuthHeaders { authorization, extra: token.headers.clone() })
}

#[cfg(test)]
mod tests;
