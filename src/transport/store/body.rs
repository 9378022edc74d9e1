//! The body of a link's reply: the whole of what lies there, or a part of it.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, HeaderValue, TRANSFER_ENCODING};
use reqwest::{Response, StatusCode};

use super::stalled;
use crate::error::{Code, Error, Result};
use crate::transport::RequestKind;
use crate::transport::content_coding::{Unpacker, Unusable, damaged, foreign, is_gzip};
use crate::transport::network_error::{Peer, network_failure};

/// The body of a link's reply, as it arrives.
pub(crate) struct Body {
    response: Response,
    sent: Option<SentRange>,
    /// What unpacks a body that somebody on the way has packed.
    unpacker: Option<Unpacker>,
    stall_timeout: Duration,
}

/// The part of a body that was asked for: from `start` to before `end`, or to the last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteRange {
    pub(crate) start: u64,
    pub(crate) end: Option<u64>,
}

/// The part of a body that a store sent, by its own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SentRange {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The length of the whole body.
    pub(crate) total: u64,
}

impl Body {
    /// Errors: `NetworkError` when the reply is a part and does not say which; taken for another one it would be wrong data.
    pub(super) fn new(response: Response, stall_timeout: Duration) -> Result<Self> {
        let is_part = response.status() == StatusCode::PARTIAL_CONTENT;
        let sent = is_part.then(|| {
            let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
            range
                .and_then(SentRange::parse)
                .ok_or_else(|| Error::new(Code::NetworkError, "the store sent a part without saying which"))
        });
        Ok(Self { sent: sent.transpose()?, response, unpacker: None, stall_timeout })
    }

    /// The body without a `Content-Encoding` that nobody asked for, as a proxy may add it. Gzip is unpacked, of a whole body alone: then
    /// its length is not known, and it has no parts. Errors: `NetworkError`, which names another encoding.
    pub(crate) fn unpacked(mut self) -> Result<Self> {
        let headers = self.response.headers();
        match is_gzip(headers) {
            Ok(false) => Ok(self),
            Ok(true) if self.sent.is_none() => {
                self.unpacker = Unpacker::new(headers, u64::MAX).ok();
                Ok(self)
            }
            Ok(true) => Err(foreign("store's", "gzip of a part")),
            Err(name) => Err(foreign("store's", &name)),
        }
    }

    /// How many bytes the store announced.
    pub(crate) fn content_length(&self) -> Option<u64> {
        if self.unpacker.is_some() { None } else { self.response.content_length() }
    }

    /// Which part of the whole this is; absent when it is the whole.
    pub(crate) fn sent_range(&self) -> Option<SentRange> {
        self.sent
    }

    /// Whether the end of the body is marked, so that a connection that ends before it is an error and not the end of the file.
    pub(crate) fn is_delimited(&self) -> bool {
        self.response.content_length().is_some() || self.response.headers().contains_key(TRANSFER_ENCODING)
    }

    /// Whether the store sends parts where it is asked for them.
    pub(crate) fn takes_ranges(&self) -> bool {
        let announces = || self.response.headers().get(ACCEPT_RANGES).is_some_and(|unit| unit == "bytes");
        self.unpacker.is_none() && (self.sent.is_some() || announces())
    }

    /// What tells two contents under the same link apart.
    pub(crate) fn entity_tag(&self) -> Option<&HeaderValue> {
        self.response.headers().get(ETAG)
    }

    /// The next bytes; `None` after the last that the store announced. Cancel-safe.
    /// Errors: `Timeout` when nothing comes for the stall timeout, `NetworkError` when the body ends early; both are retryable, from the start.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            let bytes = self.read().await?;
            let Some(unpacker) = &mut self.unpacker else { return Ok(bytes) };
            let unusable = |error| match error {
                Unusable::Damaged(error) => damaged("store's", error),
                Unusable::TooLarge => Error::data_loss("the store's reply is longer than can be counted"),
            };
            let Some(bytes) = bytes else { return unpacker.finish().map(|()| None).map_err(unusable) };
            let mut content = Vec::new();
            unpacker.push(&bytes, &mut content).map_err(unusable)?;
            if !content.is_empty() {
                return Ok(Some(content.into()));
            }
        }
    }

    async fn read(&mut self) -> Result<Option<Bytes>> {
        match tokio::time::timeout(self.stall_timeout, self.response.chunk()).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => {
                let store = Peer { url: self.response.url(), proxy: None };
                Err(network_failure(RequestKind::Link, &store, error).error)
            }
            Err(_) => Err(stalled(RequestKind::Link, self.stall_timeout)),
        }
    }

    /// The first part of the body, as much of it as comes within `limit`.
    pub(super) async fn beginning(&mut self, limit: Duration) -> Vec<u8> {
        let mut beginning = Vec::new();
        let most = RequestKind::Link.reply_limit() as usize;
        let reading = async {
            while beginning.len() < most {
                match self.next().await {
                    Ok(Some(bytes)) => beginning.extend_from_slice(&bytes[..bytes.len().min(most)]),
                    Ok(None) | Err(_) => break,
                }
            }
        };
        // What has come by then is what there is.
        let _ = tokio::time::timeout(limit, reading).await;
        beginning
    }
}

impl SentRange {
    /// Reads `bytes 0-99/1000`.
    fn parse(text: &str) -> Option<Self> {
        let (extent, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let (start, last) = extent.split_once('-')?;
        let range = Self {
            start: start.parse().ok()?,
            end: last.parse::<u64>().ok()?.checked_add(1)?,
            total: total.parse().ok()?,
        };
        (range.start < range.end && range.end <= range.total).then_some(range)
    }
}
