//! A result's links, as the store takes them.

use super::wire::ExternalLink;
use crate::transport::{Body, ByteRange, Failure, Store};

impl Store {
    /// Opens a link of a result, or a range of it; as `open` otherwise. What a proxy has packed is unpacked.
    pub(crate) async fn get(
        &self,
        link: &ExternalLink,
        range: Option<ByteRange>,
        attempt: u32,
    ) -> Result<Body, Failure> {
        let body = self.open(&link.external_link, link.http_headers.as_ref(), range, attempt).await?;
        body.unpacked().map_err(Failure::from)
    }
}
