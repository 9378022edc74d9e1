//! The clouds of Azure: who signs in to a workspace, and who manages it.

use url::{Host, Url};

use super::DATABRICKS_RESOURCE;
use crate::error::{Code, Error, Result};
use crate::transport::{Http, RequestKind, is_loopback};
use reqwest::{Method, Request};

/// Where workspaces of one cloud sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cloud {
    /// Where tokens are issued.
    pub(super) login: Url,
    /// What manages resources, as a resource that tokens are asked for.
    pub(super) management: &'static str,
    /// Databricks, likewise.
    pub(super) databricks: &'static str,
    /// The identity service of machines.
    pub(super) machines: Url,
}

const PUBLIC: (&str, &str) = ("https://login.microsoftonline.com/", "https://management.core.windows.net/");
const GOVERNMENT: (&str, &str) = ("https://login.microsoftonline.us/", "https://management.core.usgovcloudapi.net/");
const CHINA: (&str, &str) = ("https://login.chinacloudapi.cn/", "https://management.core.chinacloudapi.cn/");
const MACHINES: &str = "http://169.254.169.254/";

impl Cloud {
    /// The cloud of a workspace, by its host. A workspace on this machine is a cloud of its own. Errors: `InvalidArgument`, it cannot be of Azure.
    pub(super) fn of(workspace: &Url) -> Result<Self> {
        let host = match workspace.host() {
            Some(Host::Domain(host)) => host,
            _ => "",
        };
        let databricks = match host {
            host if host.ends_with(".dev.azuredatabricks.net") => "62a912ac-b58e-4c1d-89ea-b2dbfc7358fc",
            host if host.ends_with(".staging.azuredatabricks.net") => "4a67d088-db5c-48f1-9ff2-0aace800ae68",
            _ => DATABRICKS_RESOURCE,
        };
        let (login, management) = match host {
            host if host.ends_with(".databricks.azure.us") => GOVERNMENT,
            host if host.ends_with(".databricks.azure.cn") => CHINA,
            _ => PUBLIC,
        };
        let parsed = |url: &str| Url::parse(url).map_err(|error| Error::internal("a URL of Azure's").because(error));
        let (login, machines) = if is_loopback(workspace) {
            (workspace.clone(), workspace.clone())
        } else {
            (parsed(login)?, parsed(MACHINES)?)
        };
        Ok(Self { login, management, databricks, machines })
    }

    /// An endpoint of a tenant's.
    pub(super) fn endpoint(&self, tenant: &str, path: &str) -> Result<Url> {
        let endpoint = self.login.join(&format!("/{tenant}/oauth2/{path}"));
        endpoint.map_err(|error| Error::invalid_argument("the tenant is none").because(error))
    }

    /// The tenant of a workspace, which it names by where it would have a browser sign in. Errors: `Unauthenticated`, it names none.
    pub(super) async fn tenant(&self, http: &Http, workspace: &Url) -> Result<String> {
        let unknown = |why: String| {
            let details =
                format!("the workspace does not name its tenant of Microsoft Entra ({why}): pass azure_tenant_id");
            Error::new(Code::Unauthenticated, details)
        };
        let question = workspace.join("/aad/auth").map_err(|error| unknown(error.to_string()))?;
        let reply = http.ask(RequestKind::Tenant, || Ok(Request::new(Method::GET, question.clone()))).await;
        let reply = reply.map_err(|error| match error.http_status {
            Some(_) => unknown(error.details),
            None => error,
        })?;
        let location = reply.location().and_then(|location| question.join(location).ok());
        let location = location.ok_or_else(|| unknown("it leads nowhere".to_owned()))?;
        if location.origin() != self.login.origin() {
            return Err(unknown(format!("it leads to {}", location.host_str().unwrap_or_default())));
        }
        let tenant = location.path_segments().and_then(|mut path| path.next()).unwrap_or_default();
        if is_tenant(tenant) { Ok(tenant.to_owned()) } else { Err(unknown("it leads elsewhere".to_owned())) }
    }
}

/// Whether a text can be the id or the domain of a tenant.
pub(super) fn is_tenant(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
}

#[cfg(test)]
mod tests;
