//! Tokens that another issuer than the workspace signed are exchanged for the workspace's own: RFC 8693.

use std::sync::{Arc, Mutex};

use url::Url;

use super::authenticator::{Authenticator, shared_cache};
use super::cache::TokenCache;
use super::oauth::{Client, Grant, OAuthOptions, SignIn, SubjectToken, claims};
use super::{AuthHeaders, Flow};
use crate::error::Result;
use crate::fork::lock;
use crate::secret::Secret;
use crate::transport::Http;

/// What authenticates a session, with what its tokens are exchanged for.
pub(crate) struct Federation {
    source: Authenticator,
    workspace: Url,
    /// The service principal that tokens are exchanged for; else it is the user whom they name.
    principal: Option<String>,
    last: Mutex<Option<Seen>>,
}

/// A token of the source's, and who exchanges it; nobody where the workspace issued it.
#[derive(Clone)]
struct Seen {
    authorization: Arc<Secret>,
    exchange: Option<Arc<TokenCache>>,
}

impl Federation {
    pub(super) fn new(source: Authenticator, workspace: Url, principal: Option<String>) -> Self {
        Self { source, workspace, principal, last: Mutex::new(None) }
    }

    pub(super) async fn headers(&self, http: &Arc<Http>, refused: Option<&AuthHeaders>) -> Result<AuthHeaders> {
        let headers = self.source.headers(http, refused).await?;
        let Some(exchange) = self.exchange(&headers)? else { return Ok(headers) };
        let exchanged = exchange.headers(http, refused).await?;
        Ok(AuthHeaders { authorization: exchanged.authorization, ..headers })
    }

    /// Whether asking again can bring another token.
    pub(super) fn can_renew(&self) -> bool {
        self.source.can_renew() || lock(&self.last).as_ref().is_some_and(|seen| seen.exchange.is_some())
    }

    /// Who exchanges a token of the source's, if it has to be.
    fn exchange(&self, headers: &AuthHeaders) -> Result<Option<Arc<TokenCache>>> {
        let authorization = &headers.authorization;
        let mut last = lock(&self.last);
        if let Some(seen) = last.as_ref().filter(|seen| seen.authorization.expose() == authorization.expose()) {
            return Ok(seen.exchange.clone());
        }
        let exchange = if self.is_foreign(headers.token()) { Some(self.cache(headers.token())?) } else { None };
        *last = Some(Seen { authorization: Arc::clone(authorization), exchange: exchange.clone() });
        Ok(exchange)
    }

    /// Whether another host than the workspace signed a token.
    fn is_foreign(&self, token: &str) -> bool {
        let claims = claims(token);
        let issuer = claims.as_ref().and_then(|claims| claims.get("iss")?.as_str());
        let is_own = |issuer: &str| Url::parse(issuer).is_ok_and(|issuer| issuer.host() == self.workspace.host());
        issuer.is_some_and(|issuer| !is_own(issuer))
    }

    fn cache(&self, token: &str) -> Result<Arc<TokenCache>> {
        let subject = SubjectToken::new(token, self.principal.clone());
        let sign_in = SignIn::new(Client::Subject(subject), OAuthOptions::default())?;
        Ok(shared_cache(Flow::Grant(Grant::new(Arc::new(sign_in), &self.workspace)?)))
    }
}

#[cfg(test)]
mod tests;
