//! The managed identity of a machine of Azure: the instance metadata service of its network.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Request};
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::cloud::Cloud;
use super::managing;
use super::service_principal::resource_id;
use crate::auth::AuthHeaders;
use crate::auth::cache::Token;
use crate::auth::oauth::{exactly, life, refusal_code};
use crate::auth::pat::bearer;
use crate::error::{Code, Error, Result};
use crate::transport::{Http, RequestKind};

/// The service is on the machine's own network, or not at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// A managed identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct AzureManagedIdentity {
    /// The id of a user-assigned identity; the machine's own when absent.
    #[uniffi(default = None)]
    pub client_id: Option<String>,
    /// The id of the workspace's resource in Azure, `/subscriptions/…`: for an identity that may manage the workspace and is no user of it yet.
    #[uniffi(default = None)]
    pub workspace_resource_id: Option<String>,
}

impl AzureManagedIdentity {
    /// Errors: `InvalidArgument`.
    pub(in crate::auth) fn check(&self) -> Result<()> {
        self.client_id.as_deref().map_or(Ok(()), |id| exactly("azure_client_id", id))?;
        resource_id(self.workspace_resource_id.as_deref())
    }
}

/// An identity's sign-in to one workspace.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::auth) struct Identity {
    workspace: Url,
    cloud: Cloud,
    settings: Arc<AzureManagedIdentity>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    /// Seconds, as text.
    expires_in: Option<Value>,
}

impl Identity {
    /// Errors: `InvalidArgument`.
    pub(in crate::auth) fn new(settings: Arc<AzureManagedIdentity>, workspace: &Url) -> Result<Self> {
        Ok(Self { workspace: workspace.clone(), cloud: Cloud::of(workspace)?, settings })
    }

    /// Signs in. Errors: `Unauthenticated`, the machine has no such identity.
    pub(in crate::auth) async fn token(&self, http: &Http) -> Result<Token> {
        let token = self.ask(http, self.cloud.databricks).await?;
        let Some(resource_id) = &self.settings.workspace_resource_id else { return Ok(token) };
        Ok(managing(token, &self.ask(http, self.cloud.management).await?, resource_id))
    }

    async fn ask(&self, http: &Http, resource: &str) -> Result<Token> {
        let failed = |error: Error| {
            let code = if error.http_status.is_some() { refusal_code(&error) } else { Code::Unauthenticated };
            let details = format!(
                "the identity service of Azure's machines issued no token: {}; it answers on machines of Azure that have a managed identity",
                error.details
            );
            Error { code, details, ..error }.redacted()
        };
        let unusable = |error| Error::internal("a URL of the identity service").because(error);
        let mut url = self.cloud.machines.join("/metadata/identity/oauth2/token").map_err(unusable)?;
        url.query_pairs_mut().extend_pairs([("api-version", "2021-10-01"), ("resource", resource)]);
        if let Some(id) = &self.settings.client_id {
            url.query_pairs_mut().append_pair("client_id", id);
        }
        let request = || {
            let mut request = Request::new(Method::GET, url.clone());
            request.headers_mut().insert(HeaderName::from_static("metadata"), HeaderValue::from_static("true"));
            *request.timeout_mut() = Some(PATIENCE);
            Ok(request)
        };
        let reply = http.ask(RequestKind::Identity, request).await.map_err(failed)?;
        let answer: Answer = reply.secret_json().map_err(failed)?;
        let text = Zeroizing::new(answer.access_token);
        let authorization = bearer(&text, "the token that was issued").map_err(failed)?;
        let life = life(answer.expires_in.as_ref(), &text, SystemTime::now());
        Ok(Token { headers: AuthHeaders::of(authorization), life })
    }
}

#[cfg(test)]
mod tests;
