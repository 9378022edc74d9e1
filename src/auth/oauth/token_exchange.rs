//! Tokens of other issuers, exchanged for one of the workspace's: RFC 8693.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::header::AUTHORIZATION;
use reqwest::{Method, Request};
use serde::Deserialize;
use url::Url;

use super::client_secret::exactly;
use super::token_endpoint::{form, life};
use super::{claims, refusal_code};
use crate::auth::AuthHeaders;
use crate::auth::cache::{Life, Token};
use crate::auth::pat::bearer;
use crate::error::{Code, Error, Result};
use crate::secret::Secret;
use crate::transport::redact::Known;
use crate::transport::{Http, RequestKind, is_loopback, secret_value};

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// How long a token is sent as it is, which the workspace did not exchange and which does not say when it ends.
const UNTIL_ASKED_AGAIN: Duration = Duration::from_secs(3600);

/// A signed token of another issuer's.
#[derive(Clone)]
pub(in crate::auth) struct SubjectToken {
    token: Arc<Secret>,
    /// The service principal whose federation policy trusts the issuer; else the token is exchanged for the user whom it names.
    principal: Option<String>,
    _known: Known,
}

impl SubjectToken {
    pub(in crate::auth) fn new(token: &str, principal: Option<String>) -> Self {
        Self { token: Secret::new(token.to_owned()), principal, _known: Known::new(token) }
    }

    pub(super) fn request(&self, endpoint: &Url, scope: &str) -> Request {
        let principal = self.principal.as_deref().unwrap_or_default();
        let or_itself = if principal.is_empty() { "true" } else { "" };
        let fields = [
            ("grant_type", TOKEN_EXCHANGE),
            ("subject_token", self.token.expose()),
            ("subject_token_type", JWT),
            ("scope", scope),
            ("client_id", principal),
            ("return_original_token_if_authenticated", or_itself),
        ];
        form(endpoint, &fields)
    }

    /// The token that it was exchanged for; or itself, where the workspace did not exchange it and was not asked for somebody else's.
    pub(super) fn or_itself(&self, exchanged: Result<Token>) -> Result<Token> {
        let error = match exchanged {
            Err(error) if self.principal.is_none() => error,
            Err(error) => {
                let details =
                    format!("the token was not exchanged for one of the service principal: {}", error.details);
                return Err(Error { details, ..error });
            }
            Ok(token) => return Ok(token),
        };
        tracing::debug!(%error, "the token is sent as it is: the workspace did not exchange it");
        let authorization = bearer(self.token.expose(), "the token")?;
        let life = match life(None, self.token.expose(), SystemTime::now()) {
            Life::Open => Life::For(UNTIL_ASKED_AGAIN),
            life => life,
        };
        Ok(Token { headers: AuthHeaders::of(authorization), life })
    }
}

impl PartialEq for SubjectToken {
    fn eq(&self, other: &Self) -> bool {
        self.principal == other.principal && self.token.expose() == other.token.expose()
    }
}

impl Eq for SubjectToken {}

impl fmt::Debug for SubjectToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubjectToken").field("principal", &self.principal).finish_non_exhaustive()
    }
}

/// A workload whose tokens another issuer signs.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WorkloadIdentity {
    /// Where its token is. It is read, or asked for, at each sign-in.
    pub token: IdentityToken,
    /// The id of the service principal whose federation policy trusts the issuer; absent where the account's policy does.
    #[uniffi(default = None)]
    pub client_id: Option<String>,
    /// Whom the token is asked to be meant for, where it is asked for; what the host says when absent.
    #[uniffi(default = None)]
    pub audience: Option<String>,
}

/// Where a workload has its token from.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum IdentityToken {
    /// A file with nothing but the token, as Kubernetes writes it.
    File {
        /// The file's path.
        path: String,
    },
    /// A variable of the environment.
    Variable {
        /// The variable's name, such as `DATABRICKS_OIDC_TOKEN`.
        name: String,
    },
    /// The identity service of GitHub Actions. The job needs `permissions: id-token: write`.
    GitHub,
}

impl WorkloadIdentity {
    /// Errors: `InvalidArgument`.
    pub(in crate::auth) fn check(&self) -> Result<()> {
        self.client_id.as_deref().map_or(Ok(()), |id| exactly("client_id", id))
    }

    /// The workload's token of now. Errors: `Unauthenticated`, there is none.
    pub(super) async fn token(&self, http: &Http, audience: &str) -> Result<SubjectToken> {
        let token = match &self.token {
            IdentityToken::File { path } => {
                let text = tokio::fs::read_to_string(path).await.map_err(|error| {
                    missing(format!("the file {path:?} with the workload's token cannot be read: {error}"))
                })?;
                Secret::new(text)
            }
            IdentityToken::Variable { name } => variable(name, "it has to hold the workload's token")?,
            IdentityToken::GitHub => github(http, self.audience.as_deref().unwrap_or(audience)).await?,
        };
        let token = token.expose().trim();
        if claims(token).is_none() {
            return Err(missing("the workload's token is no signed one: a JWT is wanted".to_owned()));
        }
        Ok(SubjectToken::new(token, self.client_id.clone()))
    }
}

/// GitHub's token for `audience`.
async fn github(http: &Http, audience: &str) -> Result<Arc<Secret>> {
    #[derive(Deserialize)]
    struct Answer {
        value: String,
    }
    const ADVICE: &str = "GitHub Actions sets it in a job that has `permissions: id-token: write`";
    let url = variable("ACTIONS_ID_TOKEN_REQUEST_URL", ADVICE)?;
    let authorization = bearer(variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ADVICE)?.expose(), "GitHub's token")?;
    let mut url = Url::parse(url.expose())
        .ok()
        .filter(|url| url.scheme() == "https" || is_loopback(url))
        .ok_or_else(|| missing("ACTIONS_ID_TOKEN_REQUEST_URL is no URL that begins with https://".to_owned()))?;
    url.query_pairs_mut().append_pair("audience", audience);
    let request = || {
        let mut request = Request::new(Method::GET, url.clone());
        request.headers_mut().insert(AUTHORIZATION, secret_value("Authorization", authorization.expose())?);
        Ok(request)
    };
    let failed = |error: Error| {
        let details = format!("GitHub did not issue the workload's token: {}", error.details);
        Error { code: refusal_code(&error), details, ..error }
    };
    let reply = http.ask(RequestKind::Discovery, request).await.map_err(failed)?;
    let answer: Answer = reply.secret_json().map_err(|error| failed(Error { code: Code::Unauthenticated, ..error }))?;
    Ok(Secret::new(answer.value))
}

/// A variable of the environment, which must be set.
fn variable(name: &str, advice: &str) -> Result<Arc<Secret>> {
    let value = std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    value.map(Secret::new).ok_or_else(|| missing(format!("the variable {name} is not set: {advice}")))
}

fn missing(details: String) -> Error {
    Error::new(Code::Unauthenticated, details)
}

#[cfg(test)]
mod tests;
