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
#[derive(Deserialize)]
struct HostConfig {
    /// May have the place `{account_id}` in it.
    oidc_endpoint: Option<String>,
    account_id: Option<String>,
}

/// What `/.well-known/oauth-authorization-server` says.
#[derive(Deserialize)]
struct Metadata {
    token_endpoint: String,
}

/// The token endpoints of this process's hosts, and since when they are known.
static KNOWN: PerProcess<HashMap<String, (Url, Instant)>> = PerProcess::new();

/// The token endpoint of a workspace, as it says itself. Errors: `Unauthenticated` when it names a stranger's; those of the network.
pub(super) async fn token_endpoint(http: &Http, workspace: &Url) -> Result<Url> {
    let known =
        KNOWN.lock().get(workspace.as_str()).filter(|(_, since)| since.elapsed() < KEPT).map(|(url, _)| url.clone());
    if let Some(url) = known {
        return Ok(url);
    }
    let url = ask(http, workspace).await?;
    KNOWN.lock().insert(workspace.to_string(), (url.clone(), Instant::now()));
    Ok(url)
}

/// Asks the host again next time.
pub(super) fn forget(workspace: &Url) {
    KNOWN.lock().remove(workspace.as_str());
}

async fn ask(http: &Http, workspace: &Url) -> Result<Url> {
    let issuer = issuer(http, workspace).await?;
    let document = beneath(&issuer, ".well-known/oauth-authorization-server")?;
    let reply = match http.ask(RequestKind::Discovery, || Ok(Request::new(Method::GET, document.clone()))).await {
        Ok(reply) => reply,
        // A host from before it could be asked.
        Err(error) if error.http_status == Some(404) => {
            return trust::found(beneath(&issuer, "v1/token")?.as_str(), workspace);
        }
        Err(error) => return Err(failed(&document, error)),
    };
    let metadata: Metadata =
        reply.json().map_err(|error| failed(&document, Error { code: Code::Unauthenticated, ..error }))?;
    trust::found(&metadata.token_endpoint, workspace)
}

/// Who issues the tokens of a host: itself, unless it is one that many workspaces share. A host that does not know the question is one
/// from before there was another answer.
async fn issuer(http: &Http, workspace: &Url) -> Result<Url> {
    let question = beneath(workspace, ".well-known/databricks-config")?;
    let request = || {
        let mut request = Request::new(Method::GET, question.clone());
        *request.timeout_mut() = Some(PATIENCE);
        Ok(request)
    };
    let config: Result<HostConfig> =
        http.ask_once(RequestKind::Discovery, request).await.and_then(|reply| reply.json());
    let config = config.inspect_err(|error| tracing::debug!(%error, "the host does not say who issues its tokens"));
    match config.ok().and_then(|config| config.issuer()) {
        Some(issuer) => trust::found(&issuer, workspace),
        None => beneath(workspace, "oidc"),
    }
}

impl HostConfig {
    fn issuer(self) -> Option<String> {
        let endpoint = self.oidc_endpoint.filter(|endpoint| !endpoint.is_empty())?;
        let account = self.account_id.unwrap_or_default();
        let place = endpoint.contains("{account_id}");
        (!place || !account.is_empty()).then(|| endpoint.replace("{account_id}", &account))
    }
}

/// A path below a URL's own.
fn beneath(url: &Url, path: &str) -> Result<Url> {
    let whole = format!("{}/{path}", url.as_str().trim_end_matches('/'));
    Url::parse(&whole).map_err(|error| Error::internal("a URL of the sign-in is not usable").because(error))
}

fn failed(document: &Url, error: Error) -> Error {
    let details = format!("{document}, which says where to sign in, could not be read: {}", error.details);
    Error { code: refusal_code(&error), details, ..error }
}

#[cfg(test)]
mod tests;
