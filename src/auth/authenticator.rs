//! Authenticates the requests of one session.

use std::sync::{Arc, Weak};

use super::cache::TokenCache;
use super::federation::Federation;
use super::pat::PersonalAccessToken;
use super::{AuthHeaders, Flow, Source};
use crate::error::Result;
use crate::fork::PerProcess;
use crate::transport::Http;

/// Authenticates the requests of one session.
pub(crate) enum Authenticator {
    Fixed(Arc<PersonalAccessToken>),
    Renewed(Arc<TokenCache>),
    /// What another one has, exchanged where somebody else than the workspace issued it.
    Federated(Box<Federation>),
}

impl Authenticator {
    /// The headers for the next request. `refused` are those that the server has just refused: they are not answered from memory again.
    pub(crate) async fn headers(&self, http: &Arc<Http>, refused: Option<&AuthHeaders>) -> Result<AuthHeaders> {
        match self {
            Self::Fixed(token) => Ok(token.headers()),
            Self::Renewed(cache) => cache.headers(http, refused).await,
            Self::Federated(federation) => Box::pin(federation.headers(http, refused)).await,
        }
    }

    /// Whether asking again can bring another token.
    pub(crate) fn can_renew(&self) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Renewed(_) => true,
            Self::Federated(federation) => federation.can_renew(),
        }
    }
}

/// The caches of this process's sign-ins. A forked child begins with none, and signs in by itself.
static CACHES: PerProcess<Vec<Weak<TokenCache>>> = PerProcess::new();

/// The cache that all sessions with this sign-in share; it goes with the last of them.
pub(super) fn shared_cache(flow: Flow) -> Arc<TokenCache> {
    let mut caches = CACHES.lock();
    caches.retain(|cache| cache.strong_count() > 0);
    let same = |cache: &Arc<TokenCache>| matches!(cache.source(), Source::Flow(other) if **other == flow);
    if let Some(cache) = caches.iter().filter_map(Weak::upgrade).find(same) {
        return cache;
    }
    let cache = Arc::new(TokenCache::new(Source::Flow(Box::new(flow))));
    caches.push(Arc::downgrade(&cache));
    cache
}
