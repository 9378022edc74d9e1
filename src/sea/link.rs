//! A result's links, as the store takes them.

use super::wire::ExternalLink;
use crate::error::Result;
use crate::transport::{Body, ByteRange, Store};

impl Store {
    /// Opens a link of a result, or a range of it; as `open` otherwise.
    pub(crate) async fn get(&self, link: &ExternalLink, range: Option<ByteRange>) -> Result<Body> {
        self.open(&link.external_link, link.http_headers.as_ref(), range).await
    }
}
