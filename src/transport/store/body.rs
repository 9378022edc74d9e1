//! The body of a link's reply: the whole of what lies there, or a part of it.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, HeaderValue, TRANSFER_ENCODING};
use reqwest::{Response, StatusCode};

use super::stalled;
use crate::error::{Code, Error, Result};
use crate::transport::RequestKind;
use crate::transport::error_map::network_failure;

/// How much of an error's body is read: a store's errors are a few hundred bytes.
const ERROR_BODY_LIMIT: usize = 16 * 1024;

/// The body of a link's reply, as it arrives.
pub(crate) struct Body {
    response: Response,
    sent: Option<SentRange>,
    /// What was read and given back.
    returned: Option<Bytes>,
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
        Ok(Self { sent: sent.transpose()?, response, returned: None, stall_timeout })
    }

    /// How many bytes the store announced.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// Which part of the whole this is; absent when it is the whole.
    pub(crate) fn sent_range(&self) -> Option<SentRange> {
        self.sent
    }

    /// How long the whole is. Absent when the store did not say: then only `is_delimited` tells whether a short body is noticed.
    pub(crate) fn whole_length(&self) -> Option<u64> {
        self.sent.map(|sent| sent.total).or_else(|| self.content_length())
    }

    /// Whether the end of the body is marked, so that a connection that ends before it is an error and not the end of the file.
    pub(crate) fn is_delimited(&self) -> bool {
        self.content_length().is_some() || self.response.headers().contains_key(TRANSFER_ENCODING)
    }

    /// Whether the store sends parts where it is asked for them.
    pub(crate) fn takes_ranges(&self) -> bool {
        self.sent.is_some() || self.response.headers().get(ACCEPT_RANGES).is_some_and(|unit| unit == "bytes")
    }

    /// What tells two contents under the same link apart.
    pub(crate) fn entity_tag(&self) -> Option<&HeaderValue> {
        self.response.headers().get(ETAG)
    }

    /// The next bytes; `None` after the last that the store announced. Cancel-safe.
    /// Errors: `Timeout` when nothing comes for the stall timeout, `NetworkError` when the body ends early; both are retryable, from the start.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        if let Some(bytes) = self.returned.take() {
            return Ok(Some(bytes));
        }
        match tokio::time::timeout(self.stall_timeout, self.response.chunk()).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => {
                let host = self.response.url().host_str().unwrap_or_default();
                Err(network_failure(RequestKind::Link, host, error).error)
            }
            Err(_) => Err(stalled(RequestKind::Link, self.stall_timeout)),
        }
    }

    /// Makes these bytes, the last that were read, the next to be read again.
    pub(crate) fn put_back(&mut self, bytes: Bytes) {
        self.returned = Some(bytes);
    }

    /// The first part of the body, as much of it as comes.
    pub(super) async fn beginning(&mut self) -> Vec<u8> {
        let mut beginning = Vec::new();
        while beginning.len() < ERROR_BODY_LIMIT {
            match self.next().await {
                Ok(Some(bytes)) => beginning.extend_from_slice(&bytes),
                Ok(None) | Err(_) => break,
            }
        }
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
