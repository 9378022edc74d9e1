//! What a result needs of the server: chunk calls and the store behind the links.

use std::future::Future;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use reqwest::header::HeaderValue;

use crate::error::Result;
use crate::sea::wire::{ExternalLink, ResultData};
use crate::statement::StatementHandle;
use crate::transport::{Body, ByteRange, LineRecord, SentRange};

/// The server's side of one result.
pub(in crate::result) trait Backend: Send + Sync + 'static {
    type Body: Pieces;

    /// One chunk's link or data, and possibly those of the chunks behind it.
    fn chunk(&self, index: i64) -> impl Future<Output = Result<ResultData>> + Send;

    /// Opens a link, or a range of what is behind it.
    fn open(&self, link: &ExternalLink, range: Option<ByteRange>) -> impl Future<Output = Result<Self::Body>> + Send;

    /// What was measured of the line to the store.
    fn line(&self) -> Arc<Mutex<LineRecord>>;

    /// The result will not be asked for again.
    fn finished(&self);
}

/// The body of a link's reply.
pub(in crate::result) trait Pieces: Send + 'static {
    /// How many bytes were announced.
    fn content_length(&self) -> Option<u64>;

    /// Which part of the whole this is; absent when it is the whole.
    fn sent_range(&self) -> Option<SentRange>;

    /// Whether the store sends parts where it is asked for them.
    fn takes_ranges(&self) -> bool;

    /// What tells this version of the body from another one under the same link.
    fn version(&self) -> Option<&[u8]>;

    /// The next bytes; `None` after the last.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>>> + Send;
}

impl Backend for StatementHandle {
    type Body = Body;

    async fn chunk(&self, index: i64) -> Result<ResultData> {
        self.client.chunk(&self.id, index).await
    }

    async fn open(&self, link: &ExternalLink, range: Option<ByteRange>) -> Result<Body> {
        self.client.store().get(link, range).await
    }

    fn line(&self) -> Arc<Mutex<LineRecord>> {
        Arc::clone(self.client.store().line())
    }

    fn finished(&self) {
        self.result_finished();
    }
}

impl Pieces for Body {
    fn content_length(&self) -> Option<u64> {
        Self::content_length(self)
    }

    fn sent_range(&self) -> Option<SentRange> {
        Self::sent_range(self)
    }

    fn takes_ranges(&self) -> bool {
        Self::takes_ranges(self)
    }

    fn version(&self) -> Option<&[u8]> {
        self.entity_tag().map(HeaderValue::as_bytes)
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        Self::next(self).await
    }
}
