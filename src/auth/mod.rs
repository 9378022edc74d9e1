//! Who is calling: one file for each way to answer that.

mod pat;
mod provider;

use std::fmt;
use std::sync::Arc;

use crate::error::{KernelError, Result};
use crate::secret::Secret;
use crate::transport::HttpHeader;

pub use provider::{ProvidedToken, TokenProvider};

/// How a session authenticates.
#[derive(uniffi::Object)]
#[uniffi::export(Debug)]
pub struct Credentials {
    scheme: Scheme,
}

enum Scheme {
    Pat(pat::PersonalAccessToken),
    Provider(provider::Provider),
}

#[uniffi::export]
impl Credentials {
    /// A personal access token. Errors: `InvalidArgument` when it is empty or has blanks or control characters.
    #[uniffi::constructor]
    pub fn personal_access_token(token: Arc<Secret>) -> Result<Arc<Self>, KernelError> {
        Ok(Arc::new(Self { scheme: Scheme::Pat(pat::PersonalAccessToken::new(token)?) }))
    }

    /// A provider of tokens, implemented by the caller. It is asked on a thread of its own, never on two at once.
    #[uniffi::constructor]
    pub fn from_provider(provider: Arc<dyn TokenProvider>) -> Arc<Self> {
        Arc::new(Self { scheme: Scheme::Provider(provider::Provider::new(provider)) })
    }
}

/// The headers that authenticate one request.
#[derive(Debug, Clone)]
pub(crate) struct AuthHeaders {
    /// The whole value of `Authorization`.
    pub(crate) authorization: Arc<Secret>,
    /// Further headers of a provider's.
    pub(crate) extra: Vec<HttpHeader>,
}

impl Credentials {
    /// The headers for the next request. `refused` are those that the server has just refused: they are not answered from memory again.
    pub(crate) async fn headers(&self, refused: Option<&AuthHeaders>) -> Result<AuthHeaders> {
        match &self.scheme {
            Scheme::Pat(token) => Ok(token.headers()),
            Scheme::Provider(provider) => provider.headers(refused).await,
        }
    }

    /// Whether asking again can bring another token.
    pub(crate) fn can_renew(&self) -> bool {
        matches!(self.scheme, Scheme::Provider(_))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scheme {
            Scheme::Pat(_) => "Credentials(personal access token)",
            Scheme::Provider(_) => "Credentials(token provider)",
        })
    }
}
