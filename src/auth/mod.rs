//! Who is calling: one file for each way to answer that, and one cache for the tokens of all.

mod cache;
mod oauth;
mod pat;
mod provider;

use std::fmt;
use std::sync::{Arc, Weak};

use url::Url;

use crate::error::{KernelError, Result};
use crate::fork::PerProcess;
use crate::secret::Secret;
use crate::transport::{Http, HttpHeader};

use cache::{Token, TokenCache};
use oauth::{Client, ClientSecret, Flow, PrivateKey, SignIn};
pub use oauth::{OAuthOptions, SigningKey};
pub use provider::{ProvidedToken, TokenProvider};

/// How a session authenticates.
#[derive(uniffi::Object)]
#[uniffi::export(Debug)]
pub struct Credentials {
    scheme: Scheme,
}

enum Scheme {
    Pat(Arc<pat::PersonalAccessToken>),
    Provider(Arc<TokenCache>),
    OAuth(SignIn),
}

#[uniffi::export]
impl Credentials {
    /// A personal access token. Errors: `InvalidArgument` when it is empty or has blanks or control characters.
    #[uniffi::constructor]
    pub fn personal_access_token(token: Arc<Secret>) -> Result<Arc<Self>, KernelError> {
        Ok(Arc::new(Self { scheme: Scheme::Pat(Arc::new(pat::PersonalAccessToken::new(token)?)) }))
    }

    /// A provider of tokens, implemented by the caller. It is asked on a thread of its own, never on two at once.
    #[uniffi::constructor]
    pub fn from_provider(provider: Arc<dyn TokenProvider>) -> Arc<Self> {
        let source = Source::Provider(provider::Provider::new(provider));
        Arc::new(Self { scheme: Scheme::Provider(Arc::new(TokenCache::new(source))) })
    }

    /// A service principal that signs in with an OAuth secret of Databricks's. Its tokens are renewed before they end, and shared by all sessions
    /// of the process with the same host, client, secret and options. Errors: `InvalidArgument` when the id or the secret is empty or cannot
    /// have been issued so, or for a scope that is none. A session's calls fail with `Unauthenticated` when the sign-in is refused.
    /// Source: `POST HOST/oidc/v1/token`, `grant_type=client_credentials` (RFC 6749, section 4.4).
    #[uniffi::constructor(default(options = None))]
    pub fn oauth_m2m(
        client_id: String,
        client_secret: Arc<Secret>,
        options: Option<OAuthOptions>,
    ) -> Result<Arc<Self>, KernelError> {
        Self::oauth(Client::Secret(ClientSecret::new(client_id, client_secret)?), options)
    }

    /// A service principal that signs in with a private key, whose public half is registered for it. As `oauth_m2m` in everything else. Errors:
    /// `InvalidArgument` also when the key is not one, is not for the algorithm, or cannot be decrypted.
    /// Source: `POST HOST/oidc/v1/token`, with a `client_assertion` (RFC 7523, section 2.2).
    #[uniffi::constructor(default(options = None))]
    pub fn oauth_m2m_jwt(
        client_id: String,
        key: SigningKey,
        options: Option<OAuthOptions>,
    ) -> Result<Arc<Self>, KernelError> {
        Self::oauth(Client::Key(PrivateKey::new(client_id, &key)?), options)
    }
}

impl Credentials {
    fn oauth(client: Client, options: Option<OAuthOptions>) -> Result<Arc<Self>, KernelError> {
        Ok(Arc::new(Self { scheme: Scheme::OAuth(SignIn::new(client, options.unwrap_or_default())?) }))
    }

    /// What authenticates the requests of one session with `workspace`. Errors: `InvalidArgument`.
    pub(crate) fn authenticator(&self, workspace: &Url) -> Result<Authenticator> {
        Ok(match &self.scheme {
            Scheme::Pat(token) => Authenticator::Fixed(Arc::clone(token)),
            Scheme::Provider(cache) => Authenticator::Renewed(Arc::clone(cache)),
            Scheme::OAuth(sign_in) => Authenticator::Renewed(shared_cache(Flow::new(sign_in, workspace)?)),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scheme {
            Scheme::Pat(_) => "Credentials(personal access token)",
            Scheme::Provider(_) => "Credentials(token provider)",
            Scheme::OAuth(_) => "Credentials(OAuth)",
        })
    }
}

/// The headers that authenticate one request.
#[derive(Debug, Clone)]
pub(crate) struct AuthHeaders {
    /// The whole value of `Authorization`.
    pub(crate) authorization: Arc<Secret>,
    /// Further headers of a source's.
    pub(crate) extra: Vec<HttpHeader>,
}

/// Authenticates the requests of one session.
pub(crate) enum Authenticator {
    Fixed(Arc<pat::PersonalAccessToken>),
    Renewed(Arc<TokenCache>),
}

impl Authenticator {
    /// The headers for the next request. `refused` are those that the server has just refused: they are not answered from memory again.
    pub(crate) async fn headers(&self, http: &Arc<Http>, refused: Option<&AuthHeaders>) -> Result<AuthHeaders> {
        match self {
            Self::Fixed(token) => Ok(token.headers()),
            Self::Renewed(cache) => cache.headers(http, refused).await,
        }
    }

    /// Whether asking again can bring another token.
    pub(crate) fn can_renew(&self) -> bool {
        matches!(self, Self::Renewed(_))
    }
}

/// The caches of this process's sign-ins. A forked child begins with none, and signs in by itself.
static CACHES: PerProcess<Vec<Weak<TokenCache>>> = PerProcess::new();

/// The cache that all sessions with this sign-in share; it goes with the last of them.
fn shared_cache(flow: Flow) -> Arc<TokenCache> {
    let mut caches = CACHES.lock();
    caches.retain(|cache| cache.strong_count() > 0);
    let same = |cache: &Arc<TokenCache>| matches!(cache.source(), Source::OAuth(other) if **other == flow);
    if let Some(cache) = caches.iter().filter_map(Weak::upgrade).find(same) {
        return cache;
    }
    let cache = Arc::new(TokenCache::new(Source::OAuth(Box::new(flow))));
    caches.push(Arc::downgrade(&cache));
    cache
}

/// Where tokens come from.
enum Source {
    Provider(provider::Provider),
    OAuth(Box<Flow>),
    #[cfg(test)]
    Scripted(Arc<cache::tests::Scripted>),
}

impl Source {
    async fn token(&self, http: &Http) -> Result<Token> {
        match self {
            Self::Provider(provider) => provider.token().await,
            Self::OAuth(flow) => flow.token(http).await,
            #[cfg(test)]
            Self::Scripted(script) => script.token().await,
        }
    }

    /// Whether the next token may be asked for while the last one is still good. A provider is only asked when that is needed.
    fn renews_in_background(&self) -> bool {
        match self {
            Self::Provider(_) => false,
            Self::OAuth(_) => true,
            #[cfg(test)]
            Self::Scripted(_) => true,
        }
    }
}
