//! Who is calling: one file for each way to answer that, and one cache for the tokens of all.

mod authenticator;
mod azure;
mod cache;
mod command;
mod credentials;
mod federation;
pub(crate) mod oauth;
mod pat;
mod provider;

use std::sync::Arc;

use crate::error::Result;
use crate::secret::Secret;
use crate::transport::{Http, HttpHeader};

pub(crate) use authenticator::Authenticator;
pub use azure::{AzureManagedIdentity, AzureServicePrincipal};
use cache::Token;
pub(crate) use command::Command;
pub use command::CommandRunner;
pub use credentials::Credentials;
pub use oauth::{Browser, BrowserOptions, IdentityToken, OAuthOptions, SigningKey, TokenStorage, WorkloadIdentity};
pub use provider::{ProvidedToken, TokenProvider};

/// The headers that authenticate one request.
#[derive(Debug, Clone)]
pub(crate) struct AuthHeaders {
    /// The whole value of `Authorization`.
    pub(crate) authorization: Arc<Secret>,
    /// Further headers of a source's.
    pub(crate) extra: Vec<HttpHeader>,
}

impl AuthHeaders {
    /// Those of a source that has no further ones.
    fn of(authorization: Arc<Secret>) -> Self {
        Self { authorization, extra: Vec::new() }
    }

    /// The token itself, without its scheme.
    fn token(&self) -> &str {
        let value = self.authorization.expose();
        value.strip_prefix("Bearer ").unwrap_or(value)
    }
}

/// Why a source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Somebody waits for the token.
    Needed,
    /// The last token is still good: nobody is to be bothered.
    Ahead,
}

/// Where tokens come from.
enum Source {
    Provider(provider::Provider),
    Programs(Vec<command::Command>),
    Flow(Box<Flow>),
    #[cfg(test)]
    Scripted(Arc<cache::tests::Scripted>),
}

impl Source {
    async fn token(&self, http: &Http, asked: Asked) -> Result<Token> {
        match self {
            Self::Provider(provider) => provider.token().await,
            Self::Programs(programs) => command::token(programs).await,
            Self::Flow(flow) => flow.token(http, asked).await,
            #[cfg(test)]
            Self::Scripted(script) => script.token().await,
        }
    }

    /// Whether the next token may be asked for while the last one is still good. What runs in the caller's language is only asked when that is
    /// needed.
    fn renews_in_background(&self) -> bool {
        match self {
            Self::Provider(_) | Self::Programs(_) => false,
            Self::Flow(_) => true,
            #[cfg(test)]
            Self::Scripted(_) => true,
        }
    }
}

/// A way to sign in to one workspace. Sessions whose flows are equal share their tokens.
#[derive(Debug, PartialEq, Eq)]
enum Flow {
    Grant(oauth::Grant),
    Browser(oauth::Login),
    AzurePrincipal(azure::Principal),
    AzureIdentity(azure::Identity),
}

impl Flow {
    /// Signs in. Errors: `Unauthenticated`, with what to correct; or those of the network.
    async fn token(&self, http: &Http, asked: Asked) -> Result<Token> {
        match self {
            Self::Grant(grant) => grant.token(http).await,
            Self::Browser(login) => login.token(http, asked).await,
            Self::AzurePrincipal(principal) => principal.token(http).await,
            Self::AzureIdentity(identity) => identity.token(http).await,
        }
    }
}
