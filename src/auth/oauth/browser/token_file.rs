//! A sign-in that outlives its program: one file for each host and app.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::super::token_endpoint::Issued;
use super::sealed::{Sealed, Sealer};
use crate::auth::cache::Life;
use crate::error::{Code, Error, Result};
use crate::secret::Secret;

/// How often a file that another program holds is tried again: the system tells nobody when it is let go.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Where a sign-in is kept.
#[derive(Debug, Clone, uniffi::Record)]
pub struct TokenStorage {
    /// The folder, which is made when it is not there; the user's folder for settings when absent. Only the user may read what is in it.
    #[uniffi(default = None)]
    pub directory: Option<String>,
    /// What the files are sealed with (AES-256-GCM, with a key by PBKDF2). Without it whoever can read the user's files can read them.
    #[uniffi(default = None)]
    pub passphrase: Option<Arc<Secret>>,
}

impl PartialEq for TokenStorage {
    fn eq(&self, other: &Self) -> bool {
        let passphrase = |storage: &Self| {
            storage.passphrase.as_ref().map(|passphrase| Zeroizing::new(passphrase.expose().to_owned()))
        };
        self.directory == other.directory && passphrase(self) == passphrase(other)
    }
}

impl Eq for TokenStorage {}

/// What a file keeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Stored {
    pub(super) access: Option<Arc<Secret>>,
    pub(super) refresh: Option<Arc<Secret>>,
    pub(super) expires_at: Option<SystemTime>,
}

/// `Stored` as JSON.
#[derive(Serialize, Deserialize)]
struct Document {
    access_token: Option<String>,
    refresh_token: Option<String>,
    /// Seconds since 1970.
    expires_at: Option<u64>,
}

/// A file's content.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Content {
    Sealed(Sealed),
    Open(Document),
}

/// One file.
#[derive(Debug)]
pub(super) struct TokenFile {
    directory: PathBuf,
    /// Without an ending.
    name: String,
    sealer: Option<Arc<Sealer>>,
}

/// The file, which no other program reads or writes meanwhile.
pub(super) struct Locked<'a> {
    file: &'a TokenFile,
    /// The lock goes with it. None where the folder cannot be written.
    _lock: Option<File>,
}

impl Stored {
    pub(super) fn new(issued: &Issued, now: SystemTime) -> Self {
        let access = Secret::new(issued.token.headers.token().to_owned());
        let expires_at = match issued.token.life {
            Life::For(life) => now.checked_add(life),
            Life::Once | Life::Open => None,
        };
        Self { access: Some(access), refresh: issued.refresh.clone(), expires_at }
    }
}

impl TokenFile {
    /// The file of whoever `whose` names. Errors: `InvalidArgument`, no folder is given and the user has none.
    pub(super) fn new(storage: &TokenStorage, whose: &[String]) -> Result<Self> {
        let directory = match &storage.directory {
            Some(directory) => PathBuf::from(directory),
            None => {
                settings().map(|settings| settings.join("databricks-sql-kernel").join("oauth")).ok_or_else(|| {
                    Error::invalid_argument(
                        "the user has no folder for settings to keep the sign-in in: name a directory",
                    )
                })?
            }
        };
        let hash = digest(&SHA256, serde_json::json!(whose).to_string().as_bytes());
        let name = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            directory,
            name,
            sealer: storage.passphrase.clone().map(|passphrase| Arc::new(Sealer::new(passphrase))),
        })
    }

    /// Waits until no other program has the file. Errors: `Unauthenticated`, that took longer than `patience`.
    pub(super) async fn lock(&self, patience: Duration) -> Result<Locked<'_>> {
        let until = Instant::now() + patience;
        let lock = match self.lock_file() {
            Ok(lock) => lock,
            Err(error) => {
                self.warn("cannot be used", &error);
                return Ok(Locked { file: self, _lock: None });
            }
        };
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Locked { file: self, _lock: Some(lock) }),
                Err(TryLockError::WouldBlock) if Instant::now() < until => tokio::time::sleep(BETWEEN_TRIES).await,
                Err(TryLockError::WouldBlock) => {
                    let details = "another program has been waiting for somebody to sign in: finish that, or end it";
                    return Err(Error::new(Code::Unauthenticated, details));
                }
                // Some network file systems have no locks.
                Err(TryLockError::Error(error)) => {
                    self.warn("cannot be locked", &error);
                    return Ok(Locked { file: self, _lock: None });
                }
            }
        }
    }

    fn lock_file(&self) -> io::Result<File> {
        let mut folders = DirBuilder::new();
        folders.recursive(true);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
            folders.mode(0o700);
            options.mode(0o600);
        }
        folders.create(&self.directory)?;
        options.open(self.path("lock"))
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.directory.join(format!("{}.{ending}", self.name))
    }

    fn warn(&self, what: &str, error: &dyn std::error::Error) {
        tracing::warn!("the file {} of a sign-in {what}: {error}", self.path("json").display());
    }
}

impl Locked<'_> {
    /// What the file keeps; none when there is no such file, or it cannot be read.
    pub(super) async fn read(&self) -> Option<Stored> {
        let (path, name, sealer) = (self.file.path("json"), self.file.name.clone(), self.file.sealer.clone());
        let read = tokio::task::spawn_blocking(move || read(&path, &name, sealer.as_deref())).await.ok()?;
        read.inspect_err(|error| self.file.warn("cannot be read, so that somebody has to sign in", error)).ok()?
    }

    /// Replaces the file. What was there stays when that fails.
    pub(super) async fn write(&self, stored: Stored) {
        let (directory, path) = (self.file.directory.clone(), self.file.path("json"));
        let (name, sealer) = (self.file.name.clone(), self.file.sealer.clone());
        let write = move || -> Result<()> {
            let content = content(&stored, &name, sealer.as_deref())?;
            replace(&directory, &path, &content).map_err(|error| Error::internal(error.to_string()).because(error))
        };
        if let Ok(Err(error)) = tokio::task::spawn_blocking(write).await {
            self.file.warn("could not be written", &error);
        }
    }

    pub(super) fn remove(&self) {
        match fs::remove_file(self.file.path("json")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => self.file.warn("could not be removed", &error),
            _ => {}
        }
    }
}

fn read(path: &Path, name: &str, sealer: Option<&Sealer>) -> Result<Option<Stored>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::internal(error.to_string()).because(error)),
    };
    let unusable = |why: &str| Error::internal(why.to_owned());
    let content: Content = serde_json::from_str(&text).map_err(|_| unusable("it is damaged"))?;
    let document = match (content, sealer) {
        (Content::Sealed(sealed), Some(sealer)) => {
            let text = sealer.open(&sealed, name).ok_or_else(|| unusable("it was sealed with another passphrase"))?;
            serde_json::from_str(&text).map_err(|_| unusable("it is damaged"))?
        }
        (Content::Sealed(_), None) => return Err(unusable("it is sealed, and no passphrase was given")),
        (Content::Open(document), _) => document,
    };
    let Document { access_token, refresh_token, expires_at } = document;
    let expires_at = expires_at.and_then(|at| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(at)));
    Ok(Some(Stored { access: access_token.map(Secret::new), refresh: refresh_token.map(Secret::new), expires_at }))
}

fn content(stored: &Stored, name: &str, sealer: Option<&Sealer>) -> Result<Zeroizing<String>> {
    let text = |secret: &Option<Arc<Secret>>| secret.as_ref().map(|secret| secret.expose().to_owned());
    let since_epoch = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs());
    let document = Document {
        access_token: text(&stored.access),
        refresh_token: text(&stored.refresh),
        expires_at: stored.expires_at.and_then(since_epoch),
    };
    let written = |content: &Content| {
        let text = serde_json::to_string(content).map(Zeroizing::new);
        text.map_err(|error| Error::internal("a sign-in could not be written as JSON").because(error))
    };
    let open = written(&Content::Open(document))?;
    match sealer {
        Some(sealer) => written(&Content::Sealed(sealer.seal(&open, name)?)),
        None => Ok(open),
    }
}

/// Puts `content` in the place of the file at once. A temporary file is its user's alone.
fn replace(directory: &Path, path: &Path, content: &str) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".").tempfile_in(directory)?;
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// The user's folder for settings.
fn settings() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return named("APPDATA");
    }
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    if cfg!(target_os = "macos") {
        return Some(home?.join("Library/Application Support"));
    }
    named("XDG_CONFIG_HOME").or_else(|| Some(home?.join(".config")))
}

#[cfg(test)]
mod tests;
