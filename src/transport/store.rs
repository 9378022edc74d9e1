//! The store of results: presigned links, fetched without credentials.

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::sea::wire::ExternalLink;

/// The client for presigned links. It knows no credential and sends only a link's own headers.
pub(crate) struct Store {}

/// The body of a link's reply, as it arrives.
pub(crate) struct Body {}

impl Store {
    /// Opens a link. Errors: `NotFound` or `PermissionDenied` (the link may have expired: ask for a fresh one), `NetworkError`, `Unavailable`, `Timeout`.
    pub(crate) async fn get(&self, _link: &ExternalLink) -> Result<Body> {
        Err(Error::internal("not built"))
    }
}

impl Body {
    /// How many bytes the store announced.
    pub(crate) fn content_length(&self) -> Option<u64> {
        None
    }

    /// The next bytes; `None` after the last. A body that stalls longer than the configured time is a `Timeout`.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        Err(Error::internal("not built"))
    }
}
