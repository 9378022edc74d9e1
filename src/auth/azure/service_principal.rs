//! A service principal of Microsoft Entra's: RFC 6749, section 4.4, at the tenant's endpoint.

use std::sync::Arc;

use tokio::sync::OnceCell;
use url::Url;

use super::cloud::{Cloud, is_tenant};
use super::managing;
use crate::auth::cache::Token;
use crate::auth::oauth::{ClientSecret, Issued, ask, exactly, form};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::transport::{Http, RequestKind};

/// A service principal of Microsoft Entra's.
#[derive(Debug, Clone, uniffi::Record)]
pub struct AzureServicePrincipal {
    /// Its application's id.
    pub client_id: String,
    /// A client secret of Entra's, not an OAuth secret of Databricks's.
    pub client_secret: Arc<Secret>,
    /// The tenant's id; asked of the workspace when absent.
    #[uniffi(default = None)]
    pub tenant_id: Option<String>,
    /// The id of the workspace's resource in Azure, `/subscriptions/…`: for a principal that may manage the workspace and is no user of it yet.
    #[uniffi(default = None)]
    pub workspace_resource_id: Option<String>,
}

impl AzureServicePrincipal {
    /// Errors: `InvalidArgument`.
    pub(in crate::auth) fn check(&self) -> Result<()> {
        exactly("azure_client_id", &self.client_id)?;
        exactly("azure_client_secret", self.client_secret.expose())?;
        if let Some(tenant) = self.tenant_id.as_deref().filter(|tenant| !is_tenant(tenant)) {
            let details = format!("azure_tenant_id {tenant:?} is none: pass the tenant's id or its domain");
            return Err(Error::invalid_argument(details));
        }
        resource_id(self.workspace_resource_id.as_deref())
    }
}

/// Refuses what cannot be the id of a workspace's resource. Errors: `InvalidArgument`.
pub(super) fn resource_id(id: Option<&str>) -> Result<()> {
    match id {
        Some(id) if !id.starts_with("/subscriptions/") || !id.bytes().all(|byte| byte.is_ascii_graphic()) => {
            let details = format!("azure_workspace_resource_id {id:?} is none: it begins with /subscriptions/");
            Err(Error::invalid_argument(details))
        }
        _ => Ok(()),
    }
}

impl PartialEq for AzureServicePrincipal {
    fn eq(&self, other: &Self) -> bool {
        (&self.client_id, &self.tenant_id, &self.workspace_resource_id)
            == (&other.client_id, &other.tenant_id, &other.workspace_resource_id)
            && self.client_secret.expose() == other.client_secret.expose()
    }
}

impl Eq for AzureServicePrincipal {}

/// A principal's sign-in to one workspace.
#[derive(Debug)]
pub(in crate::auth) struct Principal {
    workspace: Url,
    cloud: Cloud,
    settings: Arc<AzureServicePrincipal>,
    client: ClientSecret,
    /// The workspace's, where none was given.
    tenant: OnceCell<String>,
}

impl PartialEq for Principal {
    fn eq(&self, other: &Self) -> bool {
        self.workspace == other.workspace && self.settings == other.settings
    }
}

impl Eq for Principal {}

impl Principal {
    /// Errors: `InvalidArgument`.
    pub(in crate::auth) fn new(settings: Arc<AzureServicePrincipal>, workspace: &Url) -> Result<Self> {
        let client = ClientSecret::new(settings.client_id.clone(), Arc::clone(&settings.client_secret))?;
        let tenant = OnceCell::new_with(settings.tenant_id.clone());
        Ok(Self { workspace: workspace.clone(), cloud: Cloud::of(workspace)?, settings, client, tenant })
    }

    /// Signs in. Errors: `Unauthenticated`, with what to correct; or those of the network.
    pub(in crate::auth) async fn token(&self, http: &Http) -> Result<Token> {
        let tenant = self.tenant.get_or_try_init(|| self.cloud.tenant(http, &self.workspace)).await?;
        let endpoint = self.cloud.endpoint(tenant, "v2.0/token")?;
        let scope = format!("{}/.default", self.cloud.databricks);
        let request = || self.client.request(&endpoint, &scope);
        let Issued { token, .. } = ask(http, RequestKind::Token, &endpoint, request).await?;
        let Some(resource_id) = &self.settings.workspace_resource_id else { return Ok(token) };
        Ok(managing(token, &self.manager(http, tenant).await?, resource_id))
    }

    /// A token that shows that the principal may manage the workspace. Entra's older endpoint issues it.
    async fn manager(&self, http: &Http, tenant: &str) -> Result<Token> {
        let endpoint = self.cloud.endpoint(tenant, "token")?;
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", self.settings.client_id.as_str()),
            ("client_secret", self.settings.client_secret.expose()),
            ("resource", self.cloud.management),
        ];
        let Issued { token, .. } = ask(http, RequestKind::Token, &endpoint, || Ok(form(&endpoint, &fields))).await?;
        Ok(token)
    }
}

#[cfg(test)]
mod tests;
