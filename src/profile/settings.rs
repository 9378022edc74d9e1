//! What is set, and where: arguments before variables before the file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::field::{FIELDS, Field, Kind};
use super::ini::{DEFAULT, IniFile};
use crate::error::{Error, Result};
use crate::secret::Secret;

const DEFAULT_FILE: &str = "~/.databrickscfg";
/// A section that is no profile, and the key in it that names the profile to take.
const SETTINGS: &str = "__settings__";
const DEFAULT_PROFILE: &str = "default_profile";

/// What a profile is read from.
pub(super) trait Surroundings {
    fn variable(&self, name: &str) -> Option<String>;
    fn home(&self) -> Option<PathBuf>;
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The size of a file in bytes, if it is one.
    fn file_size(&self, path: &Path) -> Option<u64>;
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Argument(&'static str),
    Variable(&'static str),
    /// A section of the file.
    File {
        section: String,
        file: String,
    },
}

impl Source {
    /// The lower one hides the higher one.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Argument(_) => 0,
            Self::Variable(_) => 1,
            Self::File { .. } => 2,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(name) => write!(f, "the argument {name}"),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::File { section, file } => write!(f, "[{section}] in {file}"),
        }
    }
}

/// A field that is set. It may be empty: that hides what comes after it, as in databricks-sdk.
pub(super) struct Setting {
    pub(super) field: &'static Field,
    value: Arc<Secret>,
    pub(super) source: Source,
}

impl Setting {
    pub(super) fn value(&self) -> &str {
        self.value.expose()
    }
}

/// What became of the file.
pub(super) enum FileUse {
    /// What made it needless.
    NotNeeded(Source),
    /// There is none of that name.
    Absent(String),
    /// It has neither the section `DEFAULT` nor names another.
    NoDefault(String),
    Read(Source),
}

/// All fields that are set.
pub(super) struct Settings {
    settings: Vec<Setting>,
    pub(super) file_use: FileUse,
}

impl Settings {
    /// Errors: `InvalidArgument` naming the file, the profile and the field, never a secret.
    pub(super) fn read(arguments: Vec<(String, Zeroizing<String>)>, around: &dyn Surroundings) -> Result<Self> {
        let mut settings = Self { settings: Vec::new(), file_use: FileUse::Absent(DEFAULT_FILE.to_owned()) };
        for (name, value) in arguments {
            let field = Field::named(&name)
                .ok_or_else(|| Error::invalid_argument(format!("{name:?} is no field of a profile")))?;
            settings.add(field, &value, Source::Argument(field.name))?;
        }
        for field in FIELDS {
            let found = field
                .variables
                .iter()
                .find_map(|name| Some((name, around.variable(name)?)).filter(|(_, value)| !value.is_empty()));
            if let Some((name, value)) = found {
                settings.add(field, &Zeroizing::new(value), Source::Variable(name))?;
            }
        }
        settings.read_file(around)?;
        settings.settings.sort_by_key(|setting| FIELDS.iter().position(|field| field.name == setting.field.name));
        Ok(settings)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter()
    }

    /// A field that is set, also when it is empty.
    pub(super) fn setting(&self, name: &str) -> Option<&Setting> {
        debug_assert!(Field::named(name).is_some(), "{name} is no field");
        self.settings.iter().find(|setting| setting.field.name == name)
    }

    /// The value of a field that is set and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.setting(name).map(Setting::value).filter(|value| !value.is_empty())
    }

    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(super) fn secret(&self, name: &str) -> Option<Arc<Secret>> {
        self.setting(name).map(|setting| Arc::clone(&setting.value)).filter(|value| !value.expose().is_empty())
    }

    /// Whether a switch is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.text(name).and_then(switch).unwrap_or(false)
    }

    /// Sets a field, unless something before it has.
    fn add(&mut self, field: &'static Field, value: &str, source: Source) -> Result<()> {
        if self.setting(field.name).is_some() {
            return Ok(());
        }
        if let Some(wanted) = unreadable(field.kind, value) {
            return Err(Error::invalid_argument(format!("{} of {source} is not {wanted}", field.name)));
        }
        self.settings.push(Setting { field, value: Secret::new(value.to_owned()), source });
        Ok(())
    }

    fn read_file(&mut self, around: &dyn Surroundings) -> Result<()> {
        if self.text("profile").is_none()
            && let Some(source) = self.signs_in_already()
        {
            self.file_use = FileUse::NotNeeded(source);
            return Ok(());
        }
        let name = self.text("config_file").unwrap_or(DEFAULT_FILE).to_owned();
        let path = expanded(&name, around)?;
        let bytes = match around.read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                self.file_use = FileUse::Absent(name);
                return Ok(());
            }
            Err(error) => return Err(Error::invalid_argument(format!("{name} cannot be read: {error}"))),
        };
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Error::invalid_argument(format!("{name} is not UTF-8: save it so")))?;
        let ini = IniFile::parse(text).map_err(|defect| {
            Error::invalid_argument(format!("line {} of {name} cannot be read: {}", defect.line, defect.what))
        })?;
        self.read_section(&ini, name)
    }

    fn read_section(&mut self, ini: &IniFile, file: String) -> Result<()> {
        let source = |section: &str| Source::File { section: section.to_owned(), file: file.clone() };
        let by_settings = ini.value(SETTINGS, DEFAULT_PROFILE).map(str::trim).filter(|name| !name.is_empty());
        let (profile, named_by) = match (self.setting("profile"), by_settings) {
            (Some(named), _) => (named.value().to_owned(), Some(named.source.clone())),
            (None, Some(name)) => (name.to_owned(), Some(source(SETTINGS))),
            (None, None) => (DEFAULT.to_owned(), None),
        };
        if let Some(named_by) = &named_by
            && profile == SETTINGS
        {
            return Err(Error::invalid_argument(format!("the profile of {named_by} is [{SETTINGS}], which is none")));
        }
        let Some(values) = ini.section(&profile) else {
            let Some(named_by) = named_by else {
                self.file_use = FileUse::NoDefault(file);
                return Ok(());
            };
            let there: Vec<_> = ini.names().filter(|name| *name != SETTINGS).collect();
            let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
            return Err(Error::invalid_argument(format!(
                "there is no profile [{profile}], which {named_by} names, in {file}; the profiles there: {there}"
            )));
        };
        self.file_use = FileUse::Read(source(&profile));
        for (field, value) in values.filter_map(|(key, value)| Some((Field::named(key)?, value))) {
            self.add(field, value, source(&profile))?;
        }
        if let Some(named_by) = named_by
            && self.setting("profile").is_none_or(|setting| setting.value() != profile)
        {
            self.settings.retain(|setting| setting.field.name != "profile");
            let field = Field::named("profile").ok_or_else(|| Error::internal("there is no field profile"))?;
            self.add(field, &profile, named_by)?;
        }
        Ok(())
    }

    /// What says who signs in, or where: the file is for those who have said neither.
    fn signs_in_already(&self) -> Option<Source> {
        let says = |setting: &&Setting| {
            let field = setting.field;
            !setting.value().is_empty()
                && (field.family.is_some() || matches!(field.name, "host" | "azure_workspace_resource_id"))
        };
        self.settings.iter().find(says).map(|setting| setting.source.clone())
    }
}

/// What a value should have been, when it is not.
fn unreadable(kind: Kind, value: &str) -> Option<&'static str> {
    let digits = || value.trim().replace('_', "");
    let (is_readable, wanted) = match kind {
        Kind::Text | Kind::Secret => (true, ""),
        Kind::Switch => (value.is_empty() || switch(value).is_some(), "true or false"),
        Kind::Integer => (digits().parse::<i64>().is_ok(), "a whole number"),
        Kind::Number => (digits().parse::<f64>().is_ok(), "a number"),
    };
    (!is_readable).then_some(wanted)
}

/// The spellings that databricks-sdk for Go takes; the one for Python takes any text for true.
fn switch(value: &str) -> Option<bool> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A path with the home folder in the place of `~`.
fn expanded(name: &str, around: &dyn Surroundings) -> Result<PathBuf> {
    let Some(rest) = name.strip_prefix('~') else { return Ok(PathBuf::from(name)) };
    let unknown =
        || Error::invalid_argument(format!("config_file {name:?} leads to an unknown home folder: write its path out"));
    let mut path = around.home().ok_or_else(unknown)?;
    match rest.strip_prefix(['/', std::path::MAIN_SEPARATOR]) {
        Some(below) => path.push(below.trim_start_matches('/')),
        None if rest.is_empty() => {}
        None => return Err(unknown()),
    }
    Ok(path)
}
