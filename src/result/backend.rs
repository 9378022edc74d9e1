//! What a result needs of the server: chunk calls and the store behind the links.

use std::future::Future;

use bytes::Bytes;

use crate::error::Result;
use crate::sea::wire::{ExternalLink, ResultData};
use crate::statement::StatementHandle;
use crate::transport::Body;

/// The server's side of one result.
pub(super) trait Backend: Send + Sync + 'static {
    type Body: Pieces;

    /// One chunk's link or data, and possibly those of the chunks behind it.
    fn chunk(&self, index: i64) -> impl Future<Output = Result<ResultData>> + Send;

    /// Opens a link.
    fn open(&self, link: &ExternalLink) -> impl Future<Output = Result<Self::Body>> + Send;

    /// The result will not be asked for again.
    fn finished(&self);
}

/// The body of a link's reply.
pub(super) trait Pieces: Send {
    /// How many bytes were announced.
    fn content_length(&self) -> Option<u64>;

    /// The next bytes; `None` after the last.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>>> + Send;
}

impl Backend for StatementHandle {
    type Body = Body;

    async fn chunk(&self, index: i64) -> Result<ResultData> {
        self.client.chunk(&self.id, index).await
    }

    async fn open(&self, link: &ExternalLink) -> Result<Body> {
        self.client.store().get(link).await
    }

    fn finished(&self) {
        self.result_finished();
    }
}

impl Pieces for Body {
    fn content_length(&self) -> Option<u64> {
        Self::content_length(self)
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        Self::next(self).await
    }
}
