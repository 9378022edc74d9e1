//! What lies behind a link, by the replies that bring it or parts of it.

use std::future::Future;
use std::sync::Mutex;

use bytes::Bytes;
use reqwest::header::HeaderValue;

use super::body::{Body, SentRange};
use crate::error::Result;
use crate::fork::lock;

/// The body of a link's reply.
pub(crate) trait ReplyBody: Send + 'static {
    /// How many bytes were announced.
    fn content_length(&self) -> Option<u64>;

    /// Which part of the whole this is; absent when it is the whole.
    fn sent_range(&self) -> Option<SentRange>;

    /// Whether the store sends parts where it is asked for them.
    fn takes_ranges(&self) -> bool;

    /// What tells this version of the content from another one under the same link.
    fn version(&self) -> Option<&[u8]>;

    /// The next bytes; `None` after the last. Cancel-safe.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>>> + Send;
}

/// What the replies say of one content; all must say the same.
#[derive(Default)]
pub(crate) struct Content(Mutex<Option<Found>>);

#[derive(Clone, PartialEq, Eq)]
struct Found {
    total: Option<u64>,
    version: Option<Vec<u8>>,
}

impl Content {
    /// The length of the whole, once a reply has told it.
    pub(crate) fn total(&self) -> Option<u64> {
        lock(&self.0).as_ref()?.total
    }

    /// Takes what `body` says of its `total` and version. Answers whether it fits what others said.
    pub(super) fn agrees(&self, total: Option<u64>, body: &impl ReplyBody) -> bool {
        let reply = Found { total, version: body.version().map(<[u8]>::to_vec) };
        *lock(&self.0).get_or_insert_with(|| reply.clone()) == reply
    }
}

impl ReplyBody for Body {
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
