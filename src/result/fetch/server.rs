//! What a result needs of the server: chunk calls and the store behind the links.

use std::future::Future;
use std::sync::{Arc, Mutex};

use crate::error::Result;
use crate::sea::wire::{ExternalLink, ResultData};
use crate::statement::StatementHandle;
use crate::transport::{Attempts, Body, ByteRange, Failure, LineRecord, ReplyBody};

/// The server's side of one result.
pub(in crate::result) trait Backend: Send + Sync + 'static {
    type Body: ReplyBody;

    /// One chunk's link or data, and possibly those of the chunks behind it.
    fn chunk(&self, index: i64) -> impl Future<Output = Result<ResultData>> + Send;

    /// Opens a link, or a range of what is behind it, by one request; `attempt` is its number.
    fn open(
        &self,
        link: &ExternalLink,
        range: Option<ByteRange>,
        attempt: u32,
    ) -> impl Future<Output = Result<Self::Body, Failure>> + Send;

    /// How often a chunk may be asked for, all that it takes counted together.
    fn attempts(&self) -> Attempts;

    /// What was measured of the line to the store.
    fn line(&self) -> Arc<Mutex<LineRecord>>;

    /// The result will not be asked for again.
    fn finished(&self);
}

impl Backend for StatementHandle {
    type Body = Body;

    async fn chunk(&self, index: i64) -> Result<ResultData> {
        self.client.chunk(&self.id, index).await
    }

    async fn open(&self, link: &ExternalLink, range: Option<ByteRange>, attempt: u32) -> Result<Body, Failure> {
        self.client.store().get(link, range, attempt).await
    }

    fn attempts(&self) -> Attempts {
        self.client.store().attempts()
    }

    fn line(&self) -> Arc<Mutex<LineRecord>> {
        Arc::clone(self.client.store().line())
    }

    fn finished(&self) {
        self.result_finished();
    }
}
