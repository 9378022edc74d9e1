//! Profiles: who signs in where, as databricks-sdk reads it from arguments, variables of the environment and `~/.databrickscfg`.
//!
//! Nothing here asks a server. `field` and `auth_type` are the tables, `settings` the order of precedence.

mod auth_type;
mod context;
mod credentials;
mod field;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod host;
mod ini;
mod settings;
mod sign_in;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::{Error, KernelError, Result};
use auth_type::choose;
use context::Context;
use field::Kind;
use host::Host;
use settings::{FileUse, Settings, Surroundings};
use sign_in::SignIn;

/// A value of a profile, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ProfileValue {
    /// The field's name, as in the file.
    pub name: String,
    /// The value; `***` for a secret.
    pub value: String,
    /// Where it came from, such as `the variable DATABRICKS_HOST` or `[dev] in ~/.databrickscfg`.
    pub source: String,
}

/// Who signs in where, as the official SDKs read it.
#[derive(uniffi::Object)]
#[uniffi::export(Debug)]
pub struct Profile {
    host: String,
    workspace_id: Option<String>,
    sign_ins: Vec<(&'static str, SignIn)>,
    settings: Settings,
}

#[uniffi::export]
impl Profile {
    /// Reads the profile `name`, with `arguments` by the fields' names. What is not given comes from variables of the environment, and what is
    /// not there from the file that `DATABRICKS_CONFIG_FILE` names, else `~/.databrickscfg`. Without a name it is that of `DATABRICKS_CONFIG_PROFILE`,
    /// of `default_profile` in the file's `[__settings__]`, or `DEFAULT`; the file is not read then when arguments or variables say who signs in or where.
    /// Errors: `InvalidArgument`, naming the file, the profile and the field, for what cannot be read, what contradicts itself, and a way to
    /// sign in that the kernel does not know.
    /// Source: <https://docs.databricks.com/en/dev-tools/auth/unified-auth.html>.
    #[uniffi::constructor(default(name = None, arguments))]
    pub fn read(name: Option<String>, arguments: HashMap<String, String>) -> Result<Arc<Self>, KernelError> {
        let mut given: Vec<_> = arguments.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect();
        if let Some(name) = name {
            given.retain(|(field, _)| field != "profile");
            given.push(("profile".to_owned(), Zeroizing::new(name)));
        }
        Ok(Arc::new(Self::resolve(given, &Process)?))
    }

    /// The workspace's address, `https://host` or `https://host:port`.
    pub fn host(&self) -> String {
        self.host.clone()
    }

    /// The warehouse's path, `/sql/1.0/warehouses/ID`, of `http_path` or `warehouse_id`, with `?o=ID` where the workspace is named.
    /// Errors: `InvalidArgument` when neither is set.
    pub fn http_path(&self) -> Result<String, KernelError> {
        let set = |name| self.settings.setting(name).filter(|setting| !setting.value().is_empty());
        let path = match (set("http_path"), set("warehouse_id")) {
            (Some(path), Some(id)) if id.source.rank() < path.source.rank() => warehouse_path(id.value()),
            (Some(path), _) => path.value().to_owned(),
            (None, Some(id)) => warehouse_path(id.value()),
            (None, None) => return Err(self.no_warehouse().into()),
        };
        Ok(match &self.workspace_id {
            Some(id) if !path.contains('?') => format!("{path}?o={id}"),
            _ => path,
        })
    }

    /// How it signs in, by the name that databricks-sdk has for it. Where the Azure CLI may turn out not to be signed in, this is `azure-cli`
    /// all the same.
    pub fn auth_type(&self) -> String {
        self.sign_ins.first().map(|(name, _)| (*name).to_owned()).unwrap_or_default()
    }

    /// All values that are set, and where each came from.
    pub fn values(&self) -> Vec<ProfileValue> {
        let shown = |setting: &settings::Setting| ProfileValue {
            name: setting.field.name.to_owned(),
            value: if setting.field.kind == Kind::Secret { "***".to_owned() } else { setting.value().to_owned() },
            source: setting.source.to_string(),
        };
        self.settings.iter().filter(|setting| !setting.value().is_empty()).map(shown).collect()
    }
}

impl Profile {
    /// The ways to sign in, of which the first one that finds somebody signed in counts.
    fn sign_ins(&self) -> impl Iterator<Item = &SignIn> {
        self.sign_ins.iter().map(|(_, sign_in)| sign_in)
    }

    fn resolve(arguments: Vec<(String, Zeroizing<String>)>, around: &dyn Surroundings) -> Result<Self> {
        let settings = Settings::read(arguments, around)?;
        one_family(&settings)?;
        let Some(host) = settings.setting("host").filter(|setting| !setting.value().trim().is_empty()) else {
            return Err(missing("the host of the workspace", "host, or set DATABRICKS_HOST", &settings));
        };
        let host = Host::parse(host)?;
        for setting in settings.iter().filter(|setting| !setting.value().is_empty()) {
            if let Some(why) = setting.field.refused {
                return Err(Error::invalid_argument(format!("{} of {}: {why}", setting.field.name, setting.source)));
            }
        }
        let sign_ins = choose(&Context { settings: &settings, host: &host, around })?;
        if sign_ins.is_empty() {
            return Err(missing("a way to sign in", "token, or client_id and client_secret, or auth_type", &settings));
        }
        let workspace_id = settings.owned("workspace_id").or_else(|| host.workspace_id.clone());
        Ok(Self { host: host.address(), workspace_id, sign_ins, settings })
    }

    fn no_warehouse(&self) -> Error {
        let cluster = self.settings.setting("cluster_id").map(|setting| &setting.source);
        let cluster =
            cluster.map(|source| format!("; the cluster of {source} is no SQL warehouse")).unwrap_or_default();
        let error =
            missing("the warehouse", "http_path or warehouse_id, or set DATABRICKS_WAREHOUSE_ID", &self.settings);
        Error { details: error.details + &cluster, ..error }
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Profile({}", self.auth_type())?;
        for ProfileValue { name, value, source } in self.values() {
            write!(f, ", {name}={value} from {source}")?;
        }
        f.write_str(")")
    }
}

fn warehouse_path(id: &str) -> String {
    format!("/sql/1.0/warehouses/{id}")
}

/// Refuses fields of two families, unless `auth_type` chooses.
fn one_family(settings: &Settings) -> Result<()> {
    if settings.text("auth_type").is_some() {
        return Ok(());
    }
    let of_families: Vec<_> = settings.iter().filter_map(|setting| Some((setting.field.family?, setting))).collect();
    let Some((first, _)) = of_families.first() else { return Ok(()) };
    if of_families.iter().all(|(family, _)| family == first) {
        return Ok(());
    }
    let named: Vec<_> =
        of_families.iter().map(|(_, setting)| format!("{} ({})", setting.field.name, setting.source)).collect();
    Err(Error::invalid_argument(format!(
        "more than one way to sign in is set: {}; leave all but one out, or choose by auth_type",
        named.join(", ")
    )))
}

/// The error for what is set nowhere.
fn missing(what: &str, how: &str, settings: &Settings) -> Error {
    let file = match &settings.file_use {
        FileUse::NotNeeded(source) => {
            format!("no file was read, because {source} is set: name a profile to have it read all the same")
        }
        FileUse::Absent(file) => format!("there is no file {file}"),
        FileUse::NoDefault(file) => format!("{file} has no [DEFAULT]: name a profile"),
        FileUse::Read(section) => format!("{section} does not say it either"),
    };
    Error::invalid_argument(format!("nothing says {what}: give {how}; {file}"))
}

/// This process.
struct Process;

impl Surroundings for Process {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn home(&self) -> Option<PathBuf> {
        std::env::home_dir()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn file_size(&self, path: &Path) -> Option<u64> {
        std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|found| found.len())
    }
}

#[cfg(test)]
mod tests;
