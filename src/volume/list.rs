//! What is in a folder.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use super::VolumePath;
use crate::error::{Error, Result};
use crate::sea::client::SeaClient;
use crate::sea::files::FileInfo;

/// A file or a folder of a volume.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VolumeFile {
    /// The whole path, `/Volumes/…`.
    pub path: String,
    /// The last part of the path.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// The size in bytes; absent for a folder.
    pub size_bytes: Option<i64>,
    /// When it was last written; absent when the server does not say, or says a time outside of the years 1970 to 9999.
    pub modified_at: Option<SystemTime>,
}

/// The last millisecond of the year 9999: not every language can hold a later time.
const LATEST_TIME: u64 = 253_402_300_799_999;

/// A list whose pages hold nothing more often than this would have no end.
const MOST_EMPTY_PAGES: u32 = 100;

/// The files and folders directly in a folder, in the server's order. Errors: `NotFound`.
pub(crate) async fn list(client: &SeaClient, folder: &str) -> Result<Vec<VolumeFile>> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut token = None;
    let mut empty = 0;
    loop {
        let page = client.list_folder(folder, token.as_deref()).await?;
        empty = if page.files.is_empty() { empty + 1 } else { 0 };
        found.extend(page.files.into_iter().map(of_wire));
        token = page.next_page_token.filter(|token| !token.is_empty());
        match &token {
            None => return Ok(found),
            Some(next) if !seen.insert(next.clone()) => {
                return Err(Error::internal("the server's list of files leads back to a page of its own"));
            }
            Some(_) if empty >= MOST_EMPTY_PAGES => {
                return Err(Error::internal(format!(
                    "the server's list of files has {empty} pages in a row without one"
                )));
            }
            Some(_) => {}
        }
    }
}

/// Whether there is a file or folder at this path. A folder that is missing has none.
pub(super) async fn exists(client: &SeaClient, path: &VolumePath) -> Result<bool> {
    match list(client, path.parent()).await {
        Ok(files) => Ok(files.iter().any(|file| file.name == path.name())),
        Err(error) if error.code == crate::error::Code::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn of_wire(file: FileInfo) -> VolumeFile {
    let path = file.path.trim_end_matches('/').to_owned();
    let name = match file.name.is_empty() {
        true => path.rsplit('/').next().unwrap_or_default().to_owned(),
        false => file.name.trim_end_matches('/').to_owned(),
    };
    let modified = file.modification_time.and_then(|milliseconds| u64::try_from(milliseconds).ok());
    let modified = modified.filter(|milliseconds| *milliseconds <= LATEST_TIME);
    VolumeFile {
        name,
        is_folder: file.is_dir,
        size_bytes: file.file_size.filter(|size| *size >= 0 && !file.is_dir),
        modified_at: modified.and_then(|ms| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms))),
        path,
    }
}
