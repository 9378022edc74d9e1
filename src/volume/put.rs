//! Uploading what the caller produces.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::{Mutex, mpsc};

use super::put_file::refuse_existing;
use super::{Progress, Remote};
use crate::error::{Code, Error, Result};
use crate::transport::{Attempts, Outgoing, RequestKind, Upload};

/// A content of at most this length is held whole, so that it can be sent again.
const HELD_BYTES: u64 = 8 * 1024 * 1024;

/// Uploads `length` bytes that arrive in pieces. A longer content than can be held is sent as it comes, once.
/// Content that ends early, or goes on, is an error, and the store keeps nothing of it.
pub(crate) async fn put(
    remote: Remote,
    mut pieces: mpsc::Receiver<Bytes>,
    length: u64,
    overwrite: bool,
    progress: Arc<Progress>,
) -> Result<()> {
    progress.set_total(length);
    refuse_existing(&remote, overwrite).await?;
    let mut attempts = remote.store().attempts();
    if length > HELD_BYTES {
        let pieces = Mutex::new(pieces);
        let feed = |outgoing| pass_on(&pieces, length, outgoing);
        return upload(&remote, length, false, &progress, &mut attempts, feed).await;
    }
    let mut held = BytesMut::new();
    while let Some(piece) = pieces.recv().await {
        held.extend_from_slice(&piece);
    }
    if held.len() as u64 != length {
        return Err(short(held.len() as u64, length));
    }
    let held = held.freeze();
    let feed = |outgoing: Outgoing| {
        let held = held.clone();
        async move {
            // Nobody who takes it: the store has answered already.
            let _ = outgoing.send(held).await;
            Ok(())
        }
    };
    match upload(&remote, length, true, &progress, &mut attempts, feed).await {
        Err(error) if remote.may_relink_after(&error) && !attempts.is_last() => {
            attempts.give_up();
            upload(&remote, length, true, &progress, &mut attempts, feed).await
        }
        answer => answer,
    }
}

async fn upload<F>(
    remote: &Remote,
    length: u64,
    repeatable: bool,
    progress: &Progress,
    attempts: &mut Attempts,
    feed: impl Fn(Outgoing) -> F + Send + Sync,
) -> Result<()>
where
    F: Future<Output = Result<()>> + Send,
{
    let link = remote.link(RequestKind::UploadUrl).await?;
    let (headers, sent) = (Some(&link.headers), &progress.transferred);
    remote.store().upload(Upload { link: &link.url, headers, length, sent, repeatable }, attempts, feed).await
}

/// Passes pieces on, always one behind: the last leaves when it is certain that no more follow, as the store keeps what is complete.
async fn pass_on(pieces: &Mutex<mpsc::Receiver<Bytes>>, length: u64, outgoing: Outgoing) -> Result<()> {
    let mut pieces = pieces.lock().await;
    let (mut given, mut behind) = (0, None);
    while let Some(piece) = pieces.recv().await {
        given += piece.len() as u64;
        if let Some(before) = behind.replace(piece)
            && outgoing.send(before).await.is_err()
        {
            return Ok(());
        }
    }
    if given != length {
        return Err(short(given, length));
    }
    if let Some(last) = behind {
        // Nobody who takes it: the store has answered already.
        let _ = outgoing.send(last).await;
    }
    Ok(())
}

fn short(given: u64, length: u64) -> Error {
    let details = format!("the content ended after {given} of {length} bytes: nothing was written");
    Error::new(Code::InvalidState, details)
}
