//! Removing a file.

use super::Remote;
use crate::error::Result;
use crate::transport::RequestKind;

/// Removes a file. Never sent again once it may have been carried out.
pub(crate) async fn remove(remote: Remote) -> Result<()> {
    let link = remote.link(RequestKind::DeleteUrl).await?;
    match remote.store().remove(&link.url, Some(&link.headers)).await {
        Err(error) if remote.may_relink_after(&error) => {
            let link = remote.link(RequestKind::DeleteUrl).await?;
            remote.store().remove(&link.url, Some(&link.headers)).await
        }
        answer => answer,
    }
}
