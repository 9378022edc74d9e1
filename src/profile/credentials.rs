//! The credentials of a profile.

use std::sync::Arc;

use super::Profile;
use super::sign_in::{Azure, IdToken, OAuth, SignIn};
use crate::auth::{
    AzureManagedIdentity, AzureServicePrincipal, Browser, BrowserOptions, Command, CommandRunner, Credentials,
    IdentityToken, OAuthOptions, WorkloadIdentity,
};
use crate::error::{Error, KernelError, Result};

/// Where the apps of databricks-sdk are led back to.
const REDIRECT_PORT: u16 = 8020;

#[uniffi::export]
impl Profile {
    /// Who signs in. `runner` runs the command lines of Azure and Databricks, when a token is needed; where the profile names neither, the first
    /// that somebody is signed in to counts. `browser` shows the page of a browser's sign-in. Errors: `InvalidArgument` for a value that is not one.
    #[uniffi::method(default(browser = None))]
    pub fn credentials(
        &self,
        runner: Arc<dyn CommandRunner>,
        browser: Option<Arc<dyn Browser>>,
    ) -> Result<Arc<Credentials>, KernelError> {
        let programs: Option<Result<Vec<_>>> =
            self.sign_ins().map(|sign_in| self.program(sign_in, Arc::clone(&runner))).collect();
        match (programs, self.sign_ins().next()) {
            (Some(programs), _) => Ok(Credentials::programs(programs?)),
            (None, Some(sign_in)) => credentials(sign_in, browser),
            (None, None) => Err(Error::internal("a profile has no way to sign in").into()),
        }
    }
}

impl Profile {
    /// The program that has a token, where one has.
    fn program(&self, sign_in: &SignIn, runner: Arc<dyn CommandRunner>) -> Option<Result<Command>> {
        Some(match sign_in {
            SignIn::AzureCli { azure: Azure { tenant_id, workspace_resource_id } } => {
                Command::azure(runner, workspace_resource_id.as_deref(), tenant_id.as_deref())
            }
            SignIn::DatabricksCli { program, profile } => {
                Command::databricks(runner, &self.host, profile.as_deref(), Some(program))
            }
            _ => return None,
        })
    }
}

fn credentials(sign_in: &SignIn, browser: Option<Arc<dyn Browser>>) -> Result<Arc<Credentials>, KernelError> {
    let options = |oauth: &OAuth| {
        let OAuth { scopes, discovery_url } = oauth.clone();
        Some(OAuthOptions { scopes, token_url: None, discovery_url })
    };
    match sign_in.clone() {
        SignIn::Token { token } => Credentials::personal_access_token(token),
        SignIn::ClientSecret { client_id, client_secret, oauth } => {
            Credentials::oauth_m2m(client_id, client_secret, options(&oauth))
        }
        SignIn::Workload { client_id, token, oauth } => {
            let (token, audience) = match token {
                IdToken::Variable(name) => (IdentityToken::Variable { name }, None),
                IdToken::File(path) => (IdentityToken::File { path }, None),
                IdToken::GitHub { audience } => (IdentityToken::GitHub, audience),
            };
            Credentials::workload_identity(WorkloadIdentity { token, client_id, audience }, options(&oauth))
        }
        SignIn::Browser { client_id, client_secret, oauth } => {
            let app = BrowserOptions {
                client_id: Some(client_id),
                client_secret,
                redirect_ports: vec![REDIRECT_PORT],
                ..BrowserOptions::default()
            };
            Credentials::oauth_u2m(browser, Some(app), options(&oauth))
        }
        SignIn::AzureClientSecret { client_id, client_secret, azure: Azure { tenant_id, workspace_resource_id } } => {
            let principal = AzureServicePrincipal { client_id, client_secret, tenant_id, workspace_resource_id };
            Credentials::azure_service_principal(principal)
        }
        SignIn::AzureManagedIdentity { client_id, azure: Azure { workspace_resource_id, .. } } => {
            Credentials::azure_managed_identity(AzureManagedIdentity { client_id, workspace_resource_id })
        }
        SignIn::AzureCli { .. } | SignIn::DatabricksCli { .. } => {
            Err(Error::internal("a program's sign-in is the program's").into())
        }
    }
}
