//! Tokens from a provider that the caller implements.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;

use super::{AuthHeaders, pat::bearer};
use crate::callback::CallbackError;
use crate::error::{Code, Error, Result};
use crate::secret::Secret;
use crate::shutdown::callbacks_have_ended;
use crate::transport::HttpHeader;
use crate::transport::redact::Known;

/// A token with an expiry is renewed this long before it, or when a third of its life is left, whichever comes later. Some servers
/// refuse a token in its last 30 s.
const EXPIRY_MARGIN: Duration = Duration::from_secs(40);
/// So many secrets of the provider's stay known, to be cut out of texts: a server may echo an earlier one.
const REMEMBERED: usize = 32;
/// What is shorter in a provider's header may be a word.
const SHORTEST_SECRET: usize = 16;

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

pub(crate) struct Provider {
    source: Arc<dyn TokenProvider>,
    /// Locked while the provider is asked, so that it is asked once for all waiting requests.
    memory: Arc<Mutex<Memory>>,
}

#[derive(Default)]
struct Memory {
    /// The last token with an expiry, and when it is to be renewed.
    cached: Option<(ProvidedToken, SystemTime)>,
    /// The last token, for when the provider cannot be asked any more.
    last: Option<ProvidedToken>,
    used: VecDeque<Known>,
}

impl Memory {
    /// Takes a token that the provider answered at `now`.
    fn keep(&mut self, token: ProvidedToken, now: SystemTime) {
        let headers = token.headers.iter().map(|header| header.value.expose());
        let secrets = headers.filter(|value| value.len() >= SHORTEST_SECRET).chain([token.token.expose()]);
        for secret in secrets {
            if !self.used.iter().any(|known| known.is(secret)) {
                self.used.push_back(Known::new(secret));
            }
        }
        let surplus = self.used.len().saturating_sub(REMEMBERED);
        self.used.drain(..surplus);
        self.cached = renewal(&token, now).map(|at| (token.clone(), at));
        self.last = Some(token);
    }
}

/// When a token that was answered at `now` is to be renewed; none is before every request.
fn renewal(token: &ProvidedToken, now: SystemTime) -> Option<SystemTime> {
    let expiry = token.expires_at?;
    let life = expiry.duration_since(now).ok()?;
    expiry.checked_sub(EXPIRY_MARGIN.min(life / 3))
}

impl Provider {
    pub(crate) fn new(source: Arc<dyn TokenProvider>) -> Self {
        Self { source, memory: Arc::default() }
    }

    pub(crate) async fn headers(&self, refused: Option<&AuthHeaders>) -> Result<AuthHeaders> {
        let mut memory = Arc::clone(&self.memory).lock_owned().await;
        if let Some((token, _)) = memory.cached.as_ref().filter(|(_, renewal)| SystemTime::now() < *renewal) {
            let headers = authenticate(token)?;
            if refused.is_none_or(|refused| refused.authorization.expose() != headers.authorization.expose()) {
                return Ok(headers);
            }
        }
        if callbacks_have_ended() {
            let ended = || Error::new(Code::Unauthenticated, "the token provider has ended");
            return authenticate(memory.last.as_ref().ok_or_else(ended)?);
        }
        let source = Arc::clone(&self.source);
        // The lock goes with the question: a request that is dropped meanwhile does not let another one ask beside it.
        tokio::task::spawn_blocking(move || {
            memory.cached = None;
            let token = source.token().map_err(|error| {
                Error::new(Code::Unauthenticated, format!("the token provider failed: {error}")).because(error)
            })?;
            let headers = authenticate(&token)?;
            memory.keep(token, SystemTime::now());
            Ok(headers)
        })
        .await
        .map_err(|error| Error::new(Code::Unauthenticated, "the token provider did not answer").because(error))?
    }
}

fn authenticate(token: &ProvidedToken) -> Result<AuthHeaders> {
    let authorization = bearer(token.token.expose(), "the token provider's token")
        .map_err(|error| Error { code: Code::Unauthenticated, ..error })?;
    Ok(AuthHeaders { authorization, extra: token.headers.clone() })
}

#[cfg(test)]
mod tests;
