//! What ways to sign in are chosen by.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::field::Field;
use super::host::Host;
use super::settings::{Settings, Surroundings};
use super::sign_in::{Azure, IdToken, OAuth, SignIn};
use crate::secret::Secret;

/// What is set, and where.
pub(super) struct Context<'a> {
    pub(super) settings: &'a Settings,
    pub(super) host: &'a Host,
    pub(super) around: &'a dyn Surroundings,
}

/// What a way to sign in needs is not here.
pub(super) enum NotHere {
    /// The next way is tried.
    PassedOver(String),
    /// No other is tried.
    Stops(String),
}

impl NotHere {
    pub(super) fn what(self) -> String {
        match self {
            Self::PassedOver(what) | Self::Stops(what) => what,
        }
    }

    pub(super) fn stops(self) -> Self {
        Self::Stops(self.what())
    }
}

impl Context<'_> {
    pub(super) fn text(&self, name: &str) -> Result<String, NotHere> {
        self.settings.owned(name).ok_or_else(|| NotHere::PassedOver(name.to_owned()))
    }

    pub(super) fn secret(&self, name: &str) -> Result<Arc<Secret>, NotHere> {
        self.settings.secret(name).ok_or_else(|| NotHere::PassedOver(name.to_owned()))
    }

    pub(super) fn variable(&self, name: &str) -> Result<(), NotHere> {
        let is_set = self.around.variable(name).map(Zeroizing::new).is_some_and(|value| !value.is_empty());
        if is_set { Ok(()) } else { Err(NotHere::PassedOver(format!("the variable {name}"))) }
    }

    pub(super) fn variables(&self, names: &[&str]) -> Result<(), NotHere> {
        names.iter().try_for_each(|name| self.variable(name))
    }

    pub(super) fn is_azure(&self) -> Result<(), NotHere> {
        let may_be_a_double = self.host.is_here() && self.asks_for_azure();
        if self.host.is_azure() || may_be_a_double {
            Ok(())
        } else {
            Err(NotHere::PassedOver("a workspace of Azure's as host".to_owned()))
        }
    }

    fn asks_for_azure(&self) -> bool {
        let is_azures = |field: &Field| field.family == Some("azure");
        let by_name = self.settings.text("auth_type").is_some_and(|name| name.starts_with("azure-"));
        by_name || self.settings.iter().any(|setting| is_azures(setting.field))
    }

    pub(super) fn oauth(&self) -> OAuth {
        let scopes =
            self.settings.text("scopes").unwrap_or_default().split([',', ' ']).filter(|scope| !scope.is_empty());
        let mut scopes: Vec<_> = scopes.map(str::to_owned).collect();
        scopes.sort();
        scopes.dedup();
        if scopes.is_empty() {
            scopes.push("all-apis".to_owned());
        }
        OAuth { scopes, discovery_url: self.settings.owned("discovery_url") }
    }

    pub(super) fn workload(&self, token: IdToken) -> SignIn {
        SignIn::Workload { client_id: self.settings.owned("client_id"), token, oauth: self.oauth() }
    }

    pub(super) fn azure(&self) -> Azure {
        Azure {
            tenant_id: self.settings.owned("azure_tenant_id"),
            workspace_resource_id: self.settings.owned("azure_workspace_resource_id"),
        }
    }

    /// The first file of a name in the folders of PATH that is large enough.
    pub(super) fn program(&self, name: &str, smallest: u64) -> Option<String> {
        let folders = self.around.variable("PATH")?;
        let paths = std::env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty());
        let mut paths = paths.map(|folder| folder.join(name));
        let found = paths.find(|path| self.around.file_size(path).is_some_and(|size| size >= smallest));
        found.map(|path| path.to_string_lossy().into_owned())
    }
}
