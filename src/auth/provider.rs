//! Tokens from a provider that the caller implements.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::cache::{Life, Token};
use super::{AuthHeaders, pat::bearer};
use crate::callback::CallbackError;
use crate::error::{Code, Error, Result};
use crate::fork::lock;
use crate::secret::Secret;
use crate::shutdown::callbacks_have_ended;
use crate::transport::HttpHeader;

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
    /// When it ends. With an expiry it is kept until 40 s before it, or until a third of its life is left where that is
    /// less; without one the provider is asked before every request.
    #[uniffi(default = None)]
    pub expires_at: Option<SystemTime>,
    /// Further headers to send with each request to the server.
    #[uniffi(default = [])]
    pub headers: Vec<HttpHeader>,
}

/// Asks the caller's provider.
pub(super) struct Provider {
    source: Arc<dyn TokenProvider>,
    /// The last token, for when the provider cannot be asked any more.
    last: Arc<Mutex<Option<ProvidedToken>>>,
}

impl Provider {
    pub(super) fn new(source: Arc<dyn TokenProvider>) -> Self {
        Self { source, last: Arc::default() }
    }

    /// The provider's next token. Errors: `Unauthenticated`.
    pub(super) async fn token(&self) -> Result<Token> {
        let (source, last) = (Arc::clone(&self.source), Arc::clone(&self.last));
        if callbacks_have_ended() {
            let ended = || Error::new(Code::Unauthenticated, "the token provider has ended");
            return usable(lock(&last).as_ref().ok_or_else(ended)?);
        }
        let ask = move || {
            let provided = source.token().map_err(|error| {
                Error::new(Code::Unauthenticated, format!("the token provider failed: {error}")).because(error)
            })?;
            let token = usable(&provided)?;
            *lock(&last) = Some(provided);
            Ok(token)
        };
        let answer = tokio::task::spawn_blocking(ask).await;
        answer.map_err(|error| Error::new(Code::Unauthenticated, "the token provider did not answer").because(error))?
    }
}

fn usable(provided: &ProvidedToken) -> Result<Token> {
    let authorization = bearer(provided.token.expose(), "the token provider's token")
        .map_err(|error| Error { code: Code::Unauthenticated, ..error })?;
    let left = provided.expires_at.and_then(|expiry| expiry.duration_since(SystemTime::now()).ok());
    let headers = AuthHeaders { authorization, extra: provided.headers.clone() };
    Ok(Token { headers, life: left.map_or(Life::Once, Life::For) })
}

#[cfg(test)]
mod tests;
