//! Where a host has its token endpoint: RFC 8414, and the document by which Databricks says where that lies.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::{Method, Request};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use super::{refusal_code, trust};
use crate::error::{Code, Error, Result};
use crate::fork::PerProcess;
use crate::transport::{Http, RequestKind};

/// How long an answer is believed.
const KEPT: Duration = Duration::from_secs(3600);
/// How long the first question is waited for, which an older host may not know.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `/.well-known/databricks-config` says.
#[derive(Default, Deserialize)]
struct HostConfig {
    /// May have the place `{account_id}` in it.
    oidc_endpoint: Option<String>,
    account_id: Option<String>,
    #[serde(default)]
    token_federation_default_oidc_audiences: Vec<String>,
}

/// What `/.well-known/oauth-authorization-server` says.
#[derive(Deserialize)]
struct Metadata {
    token_endpoint: String,
    authorization_endpoint: Option<String>,
}

/// Where to sign in to a host.
#[derive(Debug, Clone)]
pub(super) struct Endpoints {
    pub(super) token: Url,
    pub(super) authorization: Url,
    /// Whom tokens of other issuers must be meant for.
    pub(super) audience: String,
}

/// What says where the endpoints of a workspace are.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) workspace: &'a Url,
    /// The caller's own; what the host has when absent.
    pub(super) named: Option<&'a Url>,
}

impl Document<'_> {
    fn key(self) -> (String, String) {
        (self.workspace.to_string(), self.named.map_or_else(String::new, Url::to_string))
    }
}

/// The endpoints that this process has found, and since when they are known.
static KNOWN: PerProcess<HashMap<(String, String), (Endpoints, Instant)>> = PerProcess::new();

/// The endpoints of a workspace, as it says itself. Errors: `Unauthenticated` when it names a stranger's; those of the network.
pub(super) async fn endpoints(http: &Http, document: Document<'_>) -> Result<Endpoints> {
    let is_fresh = |(_, since): &&(Endpoints, Instant)| since.elapsed() < KEPT;
    let known = KNOWN.lock().get(&document.key()).filter(is_fresh).map(|(endpoints, _)| endpoints.clone());
    if let Some(endpoints) = known {
        return Ok(endpoints);
    }
    let endpoints = ask(http, document).await?;
    KNOWN.lock().insert(document.key(), (endpoints.clone(), Instant::now()));
    Ok(endpoints)
}

/// Asks the host again next time.
pub(super) fn forget(document: Document<'_>) {
    KNOWN.lock().remove(&document.key());
}

async fn ask(http: &Http, Document { workspace, named }: Document<'_>) -> Result<Endpoints> {
    let config = host_config(http, workspace).await?;
    let issuer = match config.issuer() {
        Some(issuer) => trust::found(&issuer, workspace)?,
        None => beneath(workspace, "oidc")?,
    };
    let document = match named {
        Some(document) => document.clone(),
        None => beneath(&issuer, ".well-known/oauth-authorization-server")?,
    };
    let reply = http.ask(RequestKind::Discovery, || Ok(Request::new(Method::GET, document.clone()))).await;
    let metadata: Option<Metadata> = match reply {
        Ok(reply) => {
            let metadata = reply.json();
            Some(metadata.map_err(|error| failed(&document, Error { code: Code::Unauthenticated, ..error }))?)
        }
        // A host from before it could be asked.
        Err(error) if error.http_status == Some(404) && named.is_none() => None,
        Err(error) => return Err(failed(&document, error)),
    };
    let (token, authorization) =
        metadata.map_or((None, None), |metadata| (Some(metadata.token_endpoint), metadata.authorization_endpoint));
    let place = |named: Option<String>, usual: &str| match named {
        Some(url) => trust::found(&url, workspace),
        None => beneath(&issuer, usual),
    };
    let token = place(token, "v1/token")?;
    let audience = config.token_federation_default_oidc_audiences.into_iter().find(|audience| !audience.is_empty());
    Ok(Endpoints {
        authorization: place(authorization, "v1/authorize")?,
        audience: audience.unwrap_or_else(|| token.to_string()),
        token,
    })
}

/// What a host says of itself: who issues its tokens, where it is one that many workspaces share. A host that does not know the question
/// is one from before there was another answer.
async fn host_config(http: &Http, workspace: &Url) -> Result<HostConfig> {
    let question = beneath(workspace, ".well-known/databricks-config")?;
    let request = || {
        let mut request = Request::new(Method::GET, question.clone());
        *request.timeout_mut() = Some(PATIENCE);
        Ok(request)
    };
    let config: Result<HostConfig> =
        http.ask_once(RequestKind::Discovery, request).await.and_then(|reply| reply.json());
    let config = config.inspect_err(|error| tracing::debug!(%error, "the host does not say who issues its tokens"));
    Ok(config.unwrap_or_default())
}

impl HostConfig {
    fn issuer(&self) -> Option<String> {
        let endpoint = self.oidc_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())?;
        let account = self.account_id.as_deref().unwrap_or_default();
        let place = endpoint.contains("{account_id}");
        (!place || !account.is_empty()).then(|| endpoint.replace("{account_id}", account))
    }
}

/// A path below a URL's own.
pub(super) fn beneath(url: &Url, path: &str) -> Result<Url> {
    let whole = format!("{}/{path}", url.as_str().trim_end_matches('/'));
    Url::parse(&whole).map_err(|error| Error::internal("a URL of the sign-in is not usable").because(error))
}

fn failed(document: &Url, error: Error) -> Error {
    let details = format!("{document}, which says where to sign in, could not be read: {}", error.details);
    Error { code: refusal_code(&error), details, ..error }
}

#[cfg(test)]
mod tests;
