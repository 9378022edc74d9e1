//! Uploading a local file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::{Progress, Remote, list, local};
use crate::error::{Code, Error, Result};
use crate::transport::{Attempts, Outgoing, RequestKind, Upload};

/// The bytes of one read, and of one piece on its way.
const PIECE_BYTES: usize = 256 * 1024;

/// Uploads a file, and answers its length. It is read as it leaves, and anew for each attempt.
pub(crate) async fn put_file(remote: Remote, source: PathBuf, overwrite: bool, progress: Arc<Progress>) -> Result<u64> {
    let length = local::length(&source).await?;
    progress.set_total(length);
    refuse_existing(&remote, overwrite).await?;
    let mut attempts = remote.store().attempts();
    match upload(&remote, &source, length, &progress, &mut attempts).await {
        Err(error) if remote.may_relink_after(&error) && !attempts.is_last() => {
            attempts.give_up();
            upload(&remote, &source, length, &progress, &mut attempts).await?;
        }
        answer => answer?,
    }
    Ok(length)
}

/// Without `overwrite`, refuses a path where something is. Another writer may still come between this look and the upload.
pub(super) async fn refuse_existing(remote: &Remote, overwrite: bool) -> Result<()> {
    let Some(path) = remote.path().filter(|_| !overwrite) else { return Ok(()) };
    if list::exists(remote.client(), path).await? {
        let details = format!("{} exists already: pass overwrite to replace it", path.as_str());
        return Err(Error::new(Code::InvalidState, details));
    }
    Ok(())
}

async fn upload(
    remote: &Remote,
    source: &Path,
    length: u64,
    progress: &Progress,
    attempts: &mut Attempts,
) -> Result<()> {
    let link = remote.link(RequestKind::UploadUrl).await?;
    let upload =
        Upload { link: &link.url, headers: Some(&link.headers), length, sent: &progress.transferred, repeatable: true };
    remote.store().upload(upload, attempts, |outgoing| feed(source, length, outgoing)).await
}

/// Reads exactly `length` bytes. A file that has become shorter or longer meanwhile is an error, as nobody knows what was uploaded of it.
async fn feed(source: &Path, length: u64, outgoing: Outgoing) -> Result<()> {
    let unreadable = |error| local::failed("read", source, error);
    let mut file = File::open(source).await.map_err(unreadable)?;
    let mut left = length;
    while left > 0 {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        let read = (&mut file).take(left.min(PIECE_BYTES as u64)).read_buf(&mut piece).await.map_err(unreadable)?;
        if read == 0 {
            return Err(changed(source));
        }
        left -= read as u64;
        if left == 0 && file.read(&mut [0]).await.map_err(unreadable)? != 0 {
            return Err(changed(source));
        }
        if outgoing.send(Bytes::from(piece)).await.is_err() {
            // The store has answered without wanting more: its answer says what that means.
            return Ok(());
        }
    }
    Ok(())
}

fn changed(source: &Path) -> Error {
    let details = format!("the local file {} changed while it was uploaded: nothing was written", source.display());
    Error::new(Code::InvalidState, details)
}
