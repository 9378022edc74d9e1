//! Downloading into a local file.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;

use super::local::{self, Partial};
use super::{Download, Progress, Remote};
use crate::error::Result;

/// Downloads a file, and answers its length. The target appears when it is whole: neither a failure nor a dropped call leaves a part of it.
pub(crate) async fn get_file(remote: Remote, target: PathBuf, overwrite: bool, progress: Arc<Progress>) -> Result<u64> {
    let partial = Partial::create(target, overwrite).await?;
    let unwritable = |error| local::failed("written", partial.target(), error);
    let mut writer = partial.writer()?;
    let mut download = Download::new(remote, progress);
    let mut length = 0;
    while let Some(bytes) = download.next().await? {
        writer.write_all(&bytes).await.map_err(unwritable)?;
        length += bytes.len() as u64;
    }
    writer.flush().await.map_err(unwritable)?;
    partial.finish().await?;
    Ok(length)
}
