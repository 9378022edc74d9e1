//! The near end of a transfer: a local file.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Code, Error, Result};

/// A failure of the local file system, with the file's name.
pub(super) fn failed(action: &str, path: &Path, error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::ResourceExhausted,
        _ => Code::InvalidArgument,
    };
    Error::new(code, format!("the local file {} could not be {action}: {error}", path.display())).because(error)
}

/// Runs work that the file system may hold up.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::internal("work on a local file ended without an answer").because(error))?
}

/// The length of a file that can be uploaded.
pub(super) async fn length(path: &Path) -> Result<u64> {
    let metadata = tokio::fs::metadata(path).await.map_err(|error| failed("read", path, error))?;
    regular(path, &metadata)?;
    Ok(metadata.len())
}

fn regular(path: &Path, metadata: &Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() { "a folder" } else { "not a regular file" };
    Err(Error::invalid_argument(format!("the local path {} is {what}: pass the path of a file", path.display())))
}

/// A file in the making: it lies beside its final place, goes there in one step when it is whole, and is removed when it is dropped.
pub(super) struct Partial {
    file: NamedTempFile,
    target: PathBuf,
    overwrite: bool,
}

impl Partial {
    pub(super) async fn create(target: PathBuf, overwrite: bool) -> Result<Self> {
        blocking(move || {
            match std::fs::metadata(&target) {
                Ok(metadata) => {
                    regular(&target, &metadata)?;
                    if !overwrite {
                        return Err(exists(&target));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed("written", &target, error)),
            }
            // What a link points to is written, not the link.
            let target = std::fs::canonicalize(&target).unwrap_or(target);
            let folder = match target.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let mut builder = tempfile::Builder::new();
            builder.prefix(".download-").suffix(".part");
            // Those of any file that a program makes, not the narrow ones of a temporary file.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            let file = builder.tempfile_in(folder).map_err(|error| failed("written", &target, error))?;
            Ok(Self { file, target, overwrite })
        })
        .await
    }

    /// A handle to write with.
    pub(super) fn writer(&self) -> Result<tokio::fs::File> {
        let file = self.file.as_file().try_clone().map_err(|error| failed("written", &self.target, error))?;
        Ok(tokio::fs::File::from_std(file))
    }

    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Puts the file in its place.
    pub(super) async fn finish(self) -> Result<()> {
        blocking(move || {
            let Self { file, target, overwrite } = self;
            let kept = if overwrite { file.persist(&target) } else { file.persist_noclobber(&target) };
            kept.map(drop).map_err(|error| match error.error.kind() {
                io::ErrorKind::AlreadyExists => exists(&target),
                _ => failed("written", &target, error.error),
            })
        })
        .await
    }
}

fn exists(path: &Path) -> Error {
    let details = format!("the local file {} exists already: pass overwrite to replace it", path.display());
    Error::new(Code::InvalidState, details)
}
