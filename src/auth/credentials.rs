//! How a session authenticates, as the caller says it.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::authenticator::{Authenticator, shared_cache};
use super::azure::{AzureManagedIdentity, AzureServicePrincipal, Identity, Principal};
use super::cache::TokenCache;
use super::command::{Command, CommandRunner};
use super::federation::Federation;
use super::oauth::{
    App, Browser, BrowserOptions, Client, ClientSecret, Grant, Login, OAuthOptions, PrivateKey, SignIn, SigningKey,
    WorkloadIdentity, exactly,
};
use super::pat::PersonalAccessToken;
use super::provider::{Provider, TokenProvider};
use super::{Flow, Source};
use crate::error::{KernelError, Result};
use crate::secret::Secret;

/// How a session authenticates.
#[derive(uniffi::Object)]
#[uniffi::export(Debug)]
pub struct Credentials {
    scheme: Scheme,
    /// The service principal that tokens of other issuers are exchanged for.
    principal: Option<String>,
}

#[derive(Clone)]
enum Scheme {
    Pat(Arc<PersonalAccessToken>),
    /// What the caller's own code brings.
    Callers(Arc<TokenCache>),
    SignIn(Arc<SignIn>),
    Browser(Arc<App>),
    AzurePrincipal(Arc<AzureServicePrincipal>),
    AzureIdentity(Arc<AzureManagedIdentity>),
}

#[uniffi::export]
impl Credentials {
    /// A personal access token. Errors: `InvalidArgument` when it is empty or has blanks or control characters.
    #[uniffi::constructor]
    pub fn personal_access_token(token: Arc<Secret>) -> Result<Arc<Self>, KernelError> {
        Ok(Self::of(Scheme::Pat(Arc::new(PersonalAccessToken::new(token)?))))
    }

    /// A provider of tokens, implemented by the caller. It is asked on a thread of its own, never on two at once.
    #[uniffi::constructor]
    pub fn from_provider(provider: Arc<dyn TokenProvider>) -> Arc<Self> {
        Self::callers(Source::Provider(Provider::new(provider)))
    }

    /// A service principal that signs in with an OAuth secret of Databricks's. Its tokens are renewed before they end, and shared by all sessions
    /// of the process with the same host, client, secret and options. Errors: `InvalidArgument` when the id or the secret is empty or cannot
    /// have been issued so, or for a scope that is none. A session's calls fail with `Unauthenticated` when the sign-in is refused.
    /// Source: `POST HOST/oidc/v1/token`, `grant_type=client_credentials` (RFC 6749, section 4.4).
    #[uniffi::constructor(default(options = None))]
    pub fn oauth_m2m(
        client_id: String,
        client_secret: Arc<Secret>,
        options: Option<OAuthOptions>,
    ) -> Result<Arc<Self>, KernelError> {
        Self::sign_in(Client::Secret(ClientSecret::new(client_id, client_secret)?), options)
    }

    /// A service principal that signs in with a private key, whose public half is registered for it. As `oauth_m2m` in everything else. Errors:
    /// `InvalidArgument` also when the key is not one, is not for the algorithm, or cannot be decrypted.
    /// Source: `POST HOST/oidc/v1/token`, with a `client_assertion` (RFC 7523, section 2.2).
    #[uniffi::constructor(default(options = None))]
    pub fn oauth_m2m_jwt(
        client_id: String,
        key: SigningKey,
        options: Option<OAuthOptions>,
    ) -> Result<Arc<Self>, KernelError> {
        Self::sign_in(Client::Key(PrivateKey::new(client_id, &key)?), options)
    }

    /// A person who signs in with a browser. `browser` shows the page; without one, or where it shows none, the page's address is logged as a
    /// warning, and named in the error when nobody came there in time. Sessions of a process with the same host, client and scopes share one
    /// sign-in, and its token is renewed without the person while the service allows it. The default scopes are `sql` and `offline_access`.
    /// Errors: `InvalidArgument`. A session's calls fail with `Unauthenticated` when nobody signed in.
    /// Source: `GET HOST/oidc/v1/authorize` (RFC 6749, section 4.1, with RFC 7636 and RFC 8252).
    #[uniffi::constructor(default(options = None, oauth = None))]
    pub fn oauth_u2m(
        browser: Option<Arc<dyn Browser>>,
        options: Option<BrowserOptions>,
        oauth: Option<OAuthOptions>,
    ) -> Result<Arc<Self>, KernelError> {
        let app = App::new(browser, options.unwrap_or_default(), oauth.unwrap_or_default())?;
        Ok(Self::of(Scheme::Browser(Arc::new(app))))
    }

    /// A workload, such as a job of GitHub Actions, that has a token of an issuer which the account trusts (workload identity federation).
    /// Errors: `InvalidArgument`. A session's calls fail with `Unauthenticated` when there is no token or it is refused.
    /// Source: `POST HOST/oidc/v1/token`, `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693).
    #[uniffi::constructor(default(options = None))]
    pub fn workload_identity(
        workload: WorkloadIdentity,
        options: Option<OAuthOptions>,
    ) -> Result<Arc<Self>, KernelError> {
        workload.check()?;
        Self::sign_in(Client::Workload(workload), options)
    }

    /// A service principal of Microsoft Entra's with a client secret of Entra's. Errors: `InvalidArgument`. A session's calls fail with
    /// `Unauthenticated` when the sign-in is refused, or when the tenant is not given and the workspace does not name it.
    /// Source: `POST https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`; other hosts for US Government and China.
    #[uniffi::constructor]
    pub fn azure_service_principal(principal: AzureServicePrincipal) -> Result<Arc<Self>, KernelError> {
        principal.check()?;
        Ok(Self::of(Scheme::AzurePrincipal(Arc::new(principal))))
    }

    /// The managed identity of the machine of Azure that this runs on. Errors: `InvalidArgument`. A session's calls fail with `Unauthenticated`
    /// where the machine has none.
    /// Source: `GET http://169.254.169.254/metadata/identity/oauth2/token`.
    #[uniffi::constructor]
    pub fn azure_managed_identity(identity: AzureManagedIdentity) -> Result<Arc<Self>, KernelError> {
        identity.check()?;
        Ok(Self::of(Scheme::AzureIdentity(Arc::new(identity))))
    }

    /// Whoever is signed in to the Azure CLI: `az account get-access-token`, run by `runner` when a token is needed. Of a resource's id the
    /// subscription is taken, else `tenant_id`, where they are given. Errors: `InvalidArgument`. A session's calls fail with
    /// `Unauthenticated` and the command's words when it fails.
    #[uniffi::constructor(default(workspace_resource_id = None, tenant_id = None))]
    pub fn azure_cli(
        runner: Arc<dyn CommandRunner>,
        workspace_resource_id: Option<String>,
        tenant_id: Option<String>,
    ) -> Result<Arc<Self>, KernelError> {
        Ok(Self::programs(vec![Command::azure(runner, workspace_resource_id.as_deref(), tenant_id.as_deref())?]))
    }

    /// Whoever is signed in to the Databricks CLI (`databricks auth login`): `databricks auth token`, run by `runner` when a token is needed.
    /// `program` is the CLI's path, `databricks` when absent; the profile is named where one is given, else the host. Errors:
    /// `InvalidArgument`. A session's calls fail with `Unauthenticated` and the command's words when it fails.
    #[uniffi::constructor(default(profile = None, program = None))]
    pub fn databricks_cli(
        runner: Arc<dyn CommandRunner>,
        host: String,
        profile: Option<String>,
        program: Option<String>,
    ) -> Result<Arc<Self>, KernelError> {
        Ok(Self::programs(vec![Command::databricks(runner, &host, profile.as_deref(), program.as_deref())?]))
    }

    /// The same, for a service principal with a federation policy: tokens that another issuer than the workspace signed are exchanged for
    /// one of the principal's, and an exchange that fails is `Unauthenticated`. Without this such tokens are exchanged for the user whom
    /// they name, and sent as they are where the workspace does not exchange them. Errors: `InvalidArgument` when the id is not one.
    /// Source: `POST HOST/oidc/v1/token`, `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693).
    pub fn for_service_principal(&self, client_id: String) -> Result<Arc<Self>, KernelError> {
        exactly("identity_federation_client_id", &client_id)?;
        Ok(Arc::new(Self { scheme: self.scheme.clone(), principal: Some(client_id) }))
    }
}

impl Credentials {
    fn of(scheme: Scheme) -> Arc<Self> {
        Arc::new(Self { scheme, principal: None })
    }

    fn callers(source: Source) -> Arc<Self> {
        Self::of(Scheme::Callers(Arc::new(TokenCache::new(source))))
    }

    /// Whoever is signed in to the first of these programs that anybody is signed in to.
    pub(crate) fn programs(programs: Vec<Command>) -> Arc<Self> {
        Self::callers(Source::Programs(programs))
    }

    fn sign_in(client: Client, options: Option<OAuthOptions>) -> Result<Arc<Self>, KernelError> {
        Ok(Self::of(Scheme::SignIn(Arc::new(SignIn::new(client, options.unwrap_or_default())?))))
    }

    /// What authenticates the requests of one session with `workspace`. Errors: `InvalidArgument`.
    pub(crate) fn authenticator(&self, workspace: &Url) -> Result<Authenticator> {
        let flow = match &self.scheme {
            Scheme::Pat(token) => return Ok(self.federated(Authenticator::Fixed(Arc::clone(token)), workspace)),
            Scheme::Callers(cache) => {
                return Ok(self.federated(Authenticator::Renewed(Arc::clone(cache)), workspace));
            }
            Scheme::SignIn(sign_in) => Flow::Grant(Grant::new(Arc::clone(sign_in), workspace)?),
            Scheme::Browser(app) => Flow::Browser(Login::new(Arc::clone(app), workspace)?),
            Scheme::AzurePrincipal(principal) => {
                Flow::AzurePrincipal(Principal::new(Arc::clone(principal), workspace)?)
            }
            Scheme::AzureIdentity(identity) => Flow::AzureIdentity(Identity::new(Arc::clone(identity), workspace)?),
        };
        let authenticator = Authenticator::Renewed(shared_cache(flow));
        Ok(if self.principal.is_some() { self.federated(authenticator, workspace) } else { authenticator })
    }

    fn federated(&self, source: Authenticator, workspace: &Url) -> Authenticator {
        Authenticator::Federated(Box::new(Federation::new(source, workspace.clone(), self.principal.clone())))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scheme {
            Scheme::Pat(_) => "Credentials(personal access token)",
            Scheme::Callers(_) => "Credentials(token provider)",
            Scheme::SignIn(_) => "Credentials(OAuth)",
            Scheme::Browser(_) => "Credentials(browser)",
            Scheme::AzurePrincipal(_) => "Credentials(Azure service principal)",
            Scheme::AzureIdentity(_) => "Credentials(Azure managed identity)",
        })
    }
}
