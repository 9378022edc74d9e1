//! The ways to sign in that a profile can ask for, each with what it needs.

use std::sync::Arc;

use crate::secret::Secret;

/// What signs in.
#[derive(Debug, Clone)]
pub(crate) enum SignIn {
    /// A personal access token, or any other that is good as it is.
    Token { token: Arc<Secret> },
    /// A service principal with an OAuth secret of Databricks's.
    ClientSecret { client_id: String, client_secret: Arc<Secret>, oauth: OAuth },
    /// A workload with a token of an issuer's that the account, or the service principal, trusts.
    Workload { client_id: Option<String>, token: IdToken, oauth: OAuth },
    /// A person with a browser, by an app that may have a secret. The redirect goes to `http://localhost:8020`.
    Browser { client_id: String, client_secret: Option<Arc<Secret>>, oauth: OAuth },
    /// A service principal of Microsoft Entra's.
    AzureClientSecret { client_id: String, client_secret: Arc<Secret>, azure: Azure },
    /// The managed identity of a machine of Azure's; the one with `client_id`, where the machine has several.
    AzureManagedIdentity { client_id: Option<String>, azure: Azure },
    /// Whoever is signed in to the Azure CLI.
    AzureCli { azure: Azure },
    /// Whoever is signed in to the Databricks CLI, at `program`.
    DatabricksCli { program: String, profile: Option<String> },
}

/// Where the token of a workload's is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdToken {
    Variable(String),
    File(String),
    /// The identity service of GitHub Actions, asked for a token for `audience`; for what the host says when absent.
    GitHub {
        audience: Option<String>,
    },
}

/// What sign-ins by OAuth share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OAuth {
    /// Sorted, and each once; never empty.
    pub(crate) scopes: Vec<String>,
    /// The document that names the token endpoint; the host's own when absent.
    pub(crate) discovery_url: Option<String>,
}

/// What sign-ins by Microsoft Entra share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Azure {
    /// The workspace's own when absent.
    pub(crate) tenant_id: Option<String>,
    /// `/subscriptions/…`, for those who are no users of the workspace.
    pub(crate) workspace_resource_id: Option<String>,
}
