//! Removing a file.

use super::Remote;
use crate::error::Result;
use crate::transport::RequestKind;

/// Removes a file. Never sent again once it may have been carried out.
pub(crate) async fn remove(remote: Remote) -> Result<()> {
    let mut attempts = remote.store().attempts();
    let link = remote.link(RequestKind::DeleteUrl).await?;
    match remote.store().remove(&link.url, Some(&link.headers), &mut attempts).await {
        Err(error) if remote.may_relink_after(&error) && !attempts.is_last() => {
            attempts.give_up();
            let link = remote.link(RequestKind::DeleteUrl).await?;
            remote.store().remove(&link.url, Some(&link.headers), &mut attempts).await
        }
        answer => answer,
    }
}
