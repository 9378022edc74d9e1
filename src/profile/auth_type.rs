//! The auth types of databricks-sdk, in the order in which it tries them, and what comes of each.

use std::path::Path;

use zeroize::Zeroizing;

use super::context::{Context, NotHere};
use super::field::Field;
use super::sign_in::{IdToken, SignIn};
use crate::error::{Error, Result};

/// The Databricks CLI of old, a script, could not print tokens; the one that can is larger than this.
const SMALLEST_CLI: u64 = 1024 * 1024;
const DEFAULT_APP: &str = "databricks-cli";

/// A way to sign in.
pub(super) struct AuthType {
    pub(super) name: &'static str,
    /// The fields without which it is passed over.
    pub(super) needs: &'static [&'static str],
    outcome: Outcome,
}

/// What the kernel makes of a way to sign in.
enum Outcome {
    Done(fn(&Context) -> Chosen),
    /// Not done: whether the SDK would choose it, and what to do instead.
    Refused(fn(&Context) -> Result<(), NotHere>, &'static str),
}

type Chosen = Result<SignIn, NotHere>;

const fn done(name: &'static str, needs: &'static [&'static str], choose: fn(&Context) -> Chosen) -> AuthType {
    AuthType { name, needs, outcome: Outcome::Done(choose) }
}

const fn refused(
    name: &'static str,
    needs: &'static [&'static str],
    is_here: fn(&Context) -> Result<(), NotHere>,
    instead: &'static str,
) -> AuthType {
    AuthType { name, needs, outcome: Outcome::Refused(is_here, instead) }
}

/// All of them, in databricks-sdk's order. `azure-msi`, which the one for Python has not, comes after what that one chooses for an
/// application of Entra's.
pub(super) static AUTH_TYPES: &[AuthType] = &[
    done("pat", &["token"], |on| Ok(SignIn::Token { token: on.secret("token")? })),
    refused(
        "basic",
        &["username", "password"],
        always,
        "Databricks takes passwords no more: use a token, or client_id and client_secret",
    ),
    refused("metadata-service", &["metadata_service_url"], always, "ask the service in a token provider of your own"),
    done("oauth-m2m", &["client_id", "client_secret"], |on| {
        Ok(SignIn::ClientSecret {
            client_id: on.text("client_id")?,
            client_secret: on.secret("client_secret")?,
            oauth: on.oauth(),
        })
    }),
    done("env-oidc", &[], |on| {
        let name = on.settings.owned("oidc_token_env").unwrap_or_else(|| "DATABRICKS_OIDC_TOKEN".to_owned());
        on.variable(&name)?;
        Ok(on.workload(IdToken::Variable(name)))
    }),
    done("file-oidc", &["oidc_token_filepath"], |on| {
        let path = on.text("oidc_token_filepath")?;
        match on.around.read(Path::new(&path)).map(Zeroizing::new) {
            Ok(bytes) if !bytes.trim_ascii().is_empty() => Ok(on.workload(IdToken::File(path))),
            Ok(_) => Err(NotHere::PassedOver(format!("a token in {path}, which is empty"))),
            Err(error) => Err(NotHere::PassedOver(format!("a token in {path}, which cannot be read ({error})"))),
        }
    }),
    done("github-oidc", &["client_id"], |on| {
        on.variables(&GITHUB)?;
        Ok(on.workload(IdToken::GitHub { audience: on.settings.owned("token_audience") }))
    }),
    done("azure-client-secret", &["azure_client_id", "azure_client_secret"], |on| {
        on.is_azure().map_err(NotHere::stops)?;
        Ok(SignIn::AzureClientSecret {
            client_id: on.text("azure_client_id")?,
            client_secret: on.secret("azure_client_secret")?,
            azure: on.azure(),
        })
    }),
    refused(
        "github-oidc-azure",
        &["azure_client_id"],
        |on| on.variables(&GITHUB),
        "give a service principal of Databricks's a federation policy for GitHub, and its id as client_id: that is github-oidc",
    ),
    done("azure-msi", &["azure_use_msi"], |on| {
        on.is_azure()?;
        if !on.settings.is_on("azure_use_msi") {
            return Err(NotHere::PassedOver("azure_use_msi to be true".to_owned()));
        }
        Ok(SignIn::AzureManagedIdentity { client_id: on.settings.owned("azure_client_id"), azure: on.azure() })
    }),
    done("azure-cli", &[], |on| {
        on.is_azure()?;
        let program = if cfg!(windows) { "az.cmd" } else { "az" };
        on.program(program, 0).ok_or_else(|| NotHere::PassedOver(format!("the Azure CLI, {program}, in PATH")))?;
        Ok(SignIn::AzureCli { azure: on.azure() })
    }),
    refused(
        "azure-devops-oidc",
        &["client_id"],
        |on| on.variables(&AZURE_DEVOPS),
        "let the pipeline ask for the id token, write it to a variable and name that by oidc_token_env: that is env-oidc",
    ),
    done("external-browser", &["auth_type"], |on| {
        if on.settings.text("auth_type") != Some("external-browser") {
            return Err(NotHere::PassedOver("to be asked for".to_owned()));
        }
        let (client_id, client_secret) = match on.settings.owned("client_id") {
            Some(id) => (id, on.settings.secret("client_secret")),
            None if on.settings.text("azure_client_id").is_some() => {
                return Err(NotHere::PassedOver(
                    "an app of Databricks's, client_id, in the place of azure_client_id".to_owned(),
                ));
            }
            None => (DEFAULT_APP.to_owned(), None),
        };
        let mut oauth = on.oauth();
        let offline_access = "offline_access".to_owned();
        if !on.settings.is_on("disable_oauth_refresh_token") && !oauth.scopes.contains(&offline_access) {
            oauth.scopes.push(offline_access);
        }
        Ok(SignIn::Browser { client_id, client_secret, oauth })
    }),
    done("databricks-cli", &[], |on| {
        let named = on.settings.owned("databricks_cli_path");
        let program = match named {
            Some(path) if path.contains('/') => path,
            named => {
                let name = named.unwrap_or_else(|| "databricks".to_owned());
                let found = on.program(&name, SMALLEST_CLI);
                let found =
                    found.or_else(|| on.program(&format!("{name}.exe"), SMALLEST_CLI).filter(|_| cfg!(windows)));
                found.ok_or_else(|| {
                    NotHere::PassedOver(format!("the Databricks CLI, {name}, in version 0.100 or newer, in PATH"))
                })?
            }
        };
        Ok(SignIn::DatabricksCli { program, profile: on.settings.owned("profile") })
    }),
    refused("runtime-oauth", &["scopes"], in_a_notebook, NOTEBOOK),
    refused("runtime", &[], in_a_notebook, NOTEBOOK),
    refused("google-credentials", &["google_credentials"], always, GOOGLE),
    refused("google-id", &["google_service_account"], always, GOOGLE),
    refused(
        "model-serving",
        &[],
        |on| {
            let is_serving = ["IS_IN_DB_MODEL_SERVING_ENV", "IS_IN_DATABRICKS_MODEL_SERVING_ENV"];
            let value = is_serving.iter().find_map(|name| on.around.variable(name).filter(|value| !value.is_empty()));
            if value.as_deref() == Some("true") {
                Ok(())
            } else {
                Err(NotHere::PassedOver("to run in Model Serving".to_owned()))
            }
        },
        "give the endpoint client_id and client_secret of a service principal as its secrets",
    ),
];

const GITHUB: [&str; 2] = ["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"];
const AZURE_DEVOPS: [&str; 6] = [
    "SYSTEM_ACCESSTOKEN",
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
    "SYSTEM_TEAMPROJECTID",
    "SYSTEM_PLANID",
    "SYSTEM_JOBID",
    "SYSTEM_HOSTTYPE",
];
const NOTEBOOK: &str = "pass a token provider that asks databricks-sdk's Config() in the notebook";
const GOOGLE: &str =
    "make an OAuth secret for a service principal of Databricks's, and give client_id and client_secret";

fn always(_: &Context) -> Result<(), NotHere> {
    Ok(())
}

fn in_a_notebook(on: &Context) -> Result<(), NotHere> {
    on.variable("DATABRICKS_RUNTIME_VERSION")
}

impl AuthType {
    /// What to do instead, for those that the kernel does not do.
    #[cfg(test)]
    pub(super) fn refusal(&self) -> Option<&'static str> {
        match self.outcome {
            Outcome::Done(_) => None,
            Outcome::Refused(_, instead) => Some(instead),
        }
    }

    /// How it signs in; an error when the kernel does not do it.
    fn choose(&self, on: &Context) -> Result<Result<SignIn>, NotHere> {
        if let Some(missing) = self.needs.iter().find(|need| on.settings.text(need).is_none()) {
            let variables = Field::named(missing).map(|field| field.variables).unwrap_or_default();
            let variable = variables.first().map(|name| format!(" (variable {name})")).unwrap_or_default();
            return Err(NotHere::PassedOver(format!("{missing}{variable}")));
        }
        match &self.outcome {
            Outcome::Done(choose) => choose(on).map(Ok),
            Outcome::Refused(is_here, instead) => {
                is_here(on)?;
                Ok(Err(Error::invalid_argument(format!("the kernel does not sign in by {}: {instead}", self.name))))
            }
        }
    }
}

/// The ways to sign in, the first of which that finds somebody signed in counts: only the Azure CLI may find nobody.
/// Errors: `InvalidArgument`.
pub(super) fn choose(on: &Context) -> Result<Vec<(&'static str, SignIn)>> {
    if let Some(asked) = on.settings.setting("auth_type").filter(|setting| !setting.value().is_empty()) {
        let name = asked.value();
        let all = || AUTH_TYPES.iter().map(|known| known.name).collect::<Vec<_>>().join(", ");
        let unknown = || format!("the auth_type {name:?} of {} is none of {}", asked.source, all());
        let known = AUTH_TYPES.iter().find(|known| known.name == name);
        let known = known.ok_or_else(|| Error::invalid_argument(unknown()))?;
        let wants = |missing: NotHere| {
            Error::invalid_argument(format!("the auth_type {name} of {} needs {}", asked.source, missing.what()))
        };
        return Ok(vec![(known.name, known.choose(on).map_err(wants)??)]);
    }
    let mut chosen = Vec::new();
    for auth_type in AUTH_TYPES {
        match auth_type.choose(on) {
            Err(NotHere::PassedOver(_)) => {}
            Err(NotHere::Stops(what)) => {
                return Err(Error::invalid_argument(format!("the auth type {} needs {what}", auth_type.name)));
            }
            Ok(Err(_)) if !chosen.is_empty() => break,
            Ok(sign_in) => {
                let sign_in = sign_in?;
                let may_find_nobody = matches!(sign_in, SignIn::AzureCli { .. });
                chosen.push((auth_type.name, sign_in));
                if !may_find_nobody {
                    break;
                }
            }
        }
    }
    Ok(chosen)
}
