//! A result's links, as the store takes them.

use super::wire::ExternalLink;
use crate::error::Result;
use crate::transport::{Body, Store};

impl Store {
    /// Opens a link of a result; as `open` otherwise.
    pub(crate) async fn get(&self, link: &ExternalLink) -> Result<Body> {
        self.open(&link.external_link, link.http_headers.as_ref()).await
    }
}
