//! Microsoft's side of an Azure workspace: Entra's token endpoints and the identity of a machine.

use std::collections::HashMap;

use serde_json::json;
use url::Url;

use super::apps::{AZURE_RESOURCE, Authority};
use super::client_credentials::secrets;
use super::form::Form;
use super::tokens::{Family, Grant, Purpose};
use super::{Issued, Issuer, Refusal, TokenRequest};

/// The ids of the workspaces' resource: of the service, of `.dev.azuredatabricks.net` and of `.staging.azuredatabricks.net`.
const RESOURCES: [&str; 3] =
    [AZURE_RESOURCE, "62a912ac-b58e-4c1d-89ea-b2dbfc7358fc", "4a67d088-db5c-48f1-9ff2-0aace800ae68"];

/// A cloud of Microsoft's: where its workspaces lie, where they sign in, and the address of its Resource Manager.
struct Cloud {
    workspaces: &'static str,
    login: &'static str,
    management: &'static str,
}

const CLOUDS: [Cloud; 3] = [
    Cloud {
        workspaces: ".azuredatabricks.net",
        login: "login.microsoftonline.com",
        management: "https://management.core.windows.net",
    },
    Cloud {
        workspaces: ".databricks.azure.us",
        login: "login.microsoftonline.us",
        management: "https://management.core.usgovcloudapi.net",
    },
    Cloud {
        workspaces: ".databricks.azure.cn",
        login: "login.chinacloudapi.cn",
        management: "https://management.core.chinacloudapi.cn",
    },
];

const MISSING: Refusal = Refusal {
    error: "invalid_request",
    description: "AADSTS900144: The request body is missing a parameter, or has one twice.",
};
const UNKNOWN_TENANT: Refusal =
    Refusal { error: "invalid_request", description: "AADSTS90002: The tenant was not found." };
const UNKNOWN_APP: Refusal = Refusal {
    error: "unauthorized_client",
    description: "AADSTS700016: The application was not found in the directory.",
};
const WRONG_SECRET: Refusal =
    Refusal { error: "invalid_client", description: "AADSTS7000215: Invalid client secret provided." };
const UNKNOWN_RESOURCE: Refusal = Refusal {
    error: "invalid_resource",
    description: "AADSTS500011: The resource principal was not found in the tenant.",
};
const NOT_CROSS_ORIGIN: Refusal = Refusal {
    error: "invalid_request",
    description: "AADSTS9002327: Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.",
};
const NO_METADATA: Refusal =
    Refusal { error: "invalid_request", description: "Required metadata header not specified" };
const UNKNOWN_IDENTITY: Refusal = Refusal { error: "invalid_request", description: "Identity not found" };

/// A tenant of Microsoft Entra with its service principals.
#[derive(Clone)]
pub struct AzureConfig {
    /// The tenant's id.
    pub tenant: String,
    /// Service principals, by id and secret. They are the machine's identities too.
    pub clients: Vec<(String, String)>,
    /// Single-Page apps, which may be led back to any port of this machine.
    pub apps: Vec<String>,
}

pub(super) struct Azure {
    tenant: String,
    clients: HashMap<String, String>,
}

/// Which of Entra's two token endpoints is asked: they name the resource differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

/// A token of Microsoft's, as it is answered.
#[derive(Debug)]
pub(crate) struct AzureToken {
    pub(crate) issued: Issued,
    pub(crate) resource: String,
    pub(crate) client: String,
}

/// Stand for any tenant, for users.
const ANY_TENANT: [&str; 2] = ["organizations", "common"];

impl Azure {
    pub(super) fn new(config: AzureConfig) -> Self {
        Self { tenant: config.tenant, clients: config.clients.into_iter().collect() }
    }
}

/// Whether this is a host of Microsoft's that people and programs sign in at.
pub(super) fn is_login_host(host: &str) -> bool {
    CLOUDS.iter().any(|cloud| cloud.login == host)
}

impl Issuer {
    /// Where the workspace `host` sends those to who sign in at Entra; `base` is this server, for a workspace that is not at Azure. `None`
    /// without a tenant.
    pub(crate) fn azure_login(&self, host: &str, base: &str) -> Option<String> {
        let mut location = Url::parse(&format!("{}/oauth2/authorize", self.tenant_url(host, base)?)).ok()?;
        location
            .query_pairs_mut()
            .append_pair("client_id", AZURE_RESOURCE)
            .append_pair("redirect_uri", &format!("{base}/login.html"))
            .append_pair("response_type", "code id_token");
        Some(location.into())
    }

    /// Where the workspace `host` sends a browser whose app Entra knows, with all that it asks. `None` when the workspace answers itself.
    pub(crate) fn entra_authorize(&self, host: &str, base: &str, query: &str) -> Option<String> {
        let form = Form::parse(query.as_bytes());
        let authority = form.get("client_id").and_then(|client| self.apps.authority(client));
        let endpoint = format!("{}/oauth2/v2.0/authorize", self.tenant_url(host, base)?);
        let location = if query.is_empty() { endpoint } else { format!("{endpoint}?{query}") };
        (authority != Some(Authority::Workspace)).then_some(location)
    }

    /// The address of the tenant, in the cloud of a workspace.
    fn tenant_url(&self, host: &str, base: &str) -> Option<String> {
        let cloud = CLOUDS.iter().find(|cloud| host.ends_with(cloud.workspaces));
        let login = cloud.map_or(base.to_owned(), |cloud| format!("https://{}", cloud.login));
        Some(format!("{login}/{}", self.azure.as_ref()?.tenant))
    }

    /// Whether users of this tenant sign in here.
    pub(crate) fn has_users_of(&self, tenant: &str) -> bool {
        self.azure.as_ref().is_some_and(|azure| azure.tenant == tenant) || ANY_TENANT.contains(&tenant)
    }

    /// Whether there is a tenant of Entra.
    pub(crate) fn has_azure(&self) -> bool {
        self.azure.is_some()
    }

    /// Answers a request at a token endpoint of a tenant's; `host` is what it was sent to. Users' apps ask the second endpoint.
    pub(crate) fn entra(
        &self,
        version: Version,
        tenant: &str,
        host: &str,
        request: &TokenRequest<'_>,
    ) -> Result<AzureToken, Refusal> {
        let is_user =
            matches!(Form::parse(request.form).get("grant_type"), Some("authorization_code" | "refresh_token"));
        if is_user && version == Version::V2 && self.has_users_of(tenant) {
            let issued = self.entra_user(request)?;
            return Ok(AzureToken { issued, resource: AZURE_RESOURCE.to_owned(), client: String::new() });
        }
        self.entra_client(version, tenant, host, request)
    }

    fn entra_client(
        &self,
        version: Version,
        tenant: &str,
        host: &str,
        request: &TokenRequest<'_>,
    ) -> Result<AzureToken, Refusal> {
        let azure = self.azure.as_ref().filter(|azure| azure.tenant == tenant).ok_or(UNKNOWN_TENANT)?;
        let form = Form::parse(request.form);
        if form.get("grant_type") != Some("client_credentials") || !form.is_unambiguous() {
            return Err(MISSING);
        }
        let sent = secrets(request.authorization, &form)?;
        if !sent.iter().any(|(id, _)| azure.clients.contains_key(id)) {
            return Err(UNKNOWN_APP);
        }
        let known = sent.into_iter().find(|(id, secret)| azure.clients.get(id) == Some(secret));
        let (client, _) = known.ok_or(WRONG_SECRET)?;
        let resource = match version {
            Version::V1 => form.get("resource"),
            Version::V2 => form.get("scope").and_then(|scope| scope.strip_suffix("/.default")),
        };
        self.issue_azure(Grant::Azure, azure, &client, resource.ok_or(MISSING)?, host)
    }

    /// Answers a user's app.
    pub(crate) fn entra_user(&self, request: &TokenRequest<'_>) -> Result<Issued, Refusal> {
        let form = Form::parse(request.form);
        let is_single_page = form.get("client_id").is_some_and(|client| self.apps.is_single_page(client));
        if is_single_page && request.origin.is_none() {
            return Err(NOT_CROSS_ORIGIN);
        }
        match form.get("grant_type").filter(|_| form.is_unambiguous()) {
            Some("authorization_code") => self.authorization_code(request.base, Authority::Entra, &form),
            Some("refresh_token") => self.refresh_token(request.base, Authority::Entra, &form),
            _ => Err(MISSING),
        }
    }

    /// Answers a request to the machine's own endpoint: `is_local` says that it has the header which no browser and no proxy adds.
    pub(crate) fn managed_identity(&self, query: &str, is_local: bool) -> Result<AzureToken, Refusal> {
        let azure = self.azure.as_ref().ok_or(UNKNOWN_IDENTITY)?;
        let query = Form::parse(query.as_bytes());
        if !is_local {
            return Err(NO_METADATA);
        }
        query.get("api-version").ok_or(MISSING)?;
        let client = match query.get("client_id") {
            Some(id) => azure.clients.get_key_value(id).map(|(id, _)| id.as_str()).ok_or(UNKNOWN_IDENTITY)?,
            None => "system-assigned",
        };
        self.issue_azure(Grant::ManagedIdentity, azure, client, query.get("resource").ok_or(MISSING)?, "")
    }

    fn issue_azure(
        &self,
        grant: Grant,
        azure: &Azure,
        client: &str,
        resource: &str,
        host: &str,
    ) -> Result<AzureToken, Refusal> {
        let purpose = purpose(resource, host).ok_or(UNKNOWN_RESOURCE)?;
        let claims = json!({"iss": format!("https://sts.windows.net/{}/", azure.tenant), "tid": azure.tenant,
            "appid": client, "sub": client, "aud": resource});
        let token = self.tokens.issue(grant, purpose, Family::default(), claims)?;
        let issued = Issued::new(token, self.tokens.life(), "");
        Ok(AzureToken { issued, resource: resource.to_owned(), client: client.to_owned() })
    }
}

/// What a resource's tokens are good for. A login host knows the Resource Manager of its own cloud alone.
fn purpose(resource: &str, host: &str) -> Option<Purpose> {
    let resource = resource.trim_end_matches('/');
    if RESOURCES.contains(&resource) {
        return Some(Purpose::Api);
    }
    let mut reachable = CLOUDS.iter().filter(|cloud| cloud.login == host || !is_login_host(host));
    reachable.any(|cloud| cloud.management == resource).then_some(Purpose::Management)
}
