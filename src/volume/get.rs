//! Downloading, piece by piece.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderValue;

use super::{Progress, Remote};
use crate::error::{Error, Result};
use crate::sea::files::FileLink;
use crate::transport::{Body, ByteRange, RequestKind};

/// How often in a row a download may break off without a byte in between.
const FAILURES: u32 = 5;
/// The wait before going on; it doubles with each further failure.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The content of a file, whole and in order. A download that breaks off goes on where it was.
pub(crate) struct Download {
    remote: Remote,
    progress: Arc<Progress>,
    link: Option<Arc<FileLink>>,
    body: Option<Body>,
    /// How many bytes were handed out.
    at: u64,
    whole: Option<u64>,
    tag: Option<HeaderValue>,
    finished: bool,
}

impl Download {
    /// Nothing is asked for yet.
    pub(crate) fn new(remote: Remote, progress: Arc<Progress>) -> Self {
        Self { remote, progress, link: None, body: None, at: 0, whole: None, tag: None, finished: false }
    }

    /// The next bytes; none when all that the store announced were handed out. Cancel-safe.
    /// Errors: `NotFound`, `PermissionDenied`, `DataLoss` (the file changed meanwhile), `NetworkError`, `Timeout`.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        let mut failures = 0;
        loop {
            match self.attempt().await {
                Ok(bytes) => return Ok(bytes),
                // Without a body it is the request that failed, and that was tried again already.
                Err(error) if !error.retryable || failures == FAILURES || self.body.is_none() => return Err(error),
                Err(error) => {
                    tracing::debug!(at = self.at, %error, "download goes on where it broke off");
                    self.body = None;
                    tokio::time::sleep(FIRST_WAIT.saturating_mul(1 << failures)).await;
                    failures += 1;
                }
            }
        }
    }

    async fn attempt(&mut self) -> Result<Option<Bytes>> {
        while !self.finished {
            let body = match &mut self.body {
                Some(body) => body,
                None => {
                    let body = self.open().await?;
                    self.body.insert(body)
                }
            };
            let Some(bytes) = body.next().await? else {
                self.body = None;
                self.finished = true;
                if self.whole.is_some_and(|whole| whole != self.at) {
                    return Err(Error::data_loss(format!(
                        "the file's content ended after {} of {} bytes",
                        self.at,
                        self.whole.unwrap_or_default()
                    )));
                }
                break;
            };
            if !bytes.is_empty() {
                self.at += bytes.len() as u64;
                self.progress.set_transferred(self.at);
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// The body from where the download stands.
    async fn open(&mut self) -> Result<Body> {
        let known = self.link.is_some();
        let mut body = match self.open_link().await {
            // One that was good before may have ended since; a new one may be refused for a clock that is behind.
            Err(error) if self.remote.may_relink_after(&error) => {
                tracing::debug!(known, %error, "another link is asked for");
                self.link = None;
                self.open_link().await?
            }
            body => body?,
        };
        if !body.is_delimited() {
            return Err(Error::data_loss("the store did not say how long the file is: it could end early unnoticed"));
        }
        let (whole, tag) = (body.whole_length(), body.entity_tag().cloned());
        if self.at == 0 {
            (self.whole, self.tag) = (whole, tag);
            if let Some(whole) = whole {
                self.progress.set_total(whole);
            }
        } else if whole != self.whole || tag != self.tag {
            return Err(changed());
        }
        skip(&mut body, self.at).await?;
        Ok(body)
    }

    async fn open_link(&mut self) -> Result<Body> {
        let link = match &self.link {
            Some(link) => Arc::clone(link),
            None => {
                let link = self.remote.link(RequestKind::DownloadUrl).await?;
                Arc::clone(self.link.insert(link))
            }
        };
        let rest = (self.at > 0).then_some(ByteRange { start: self.at, end: None });
        self.remote.store().open(&link.url, Some(&link.headers), rest).await
    }
}

/// Reads past what was handed out before, where the store did not go by the range that was asked for.
async fn skip(body: &mut Body, at: u64) -> Result<()> {
    let mut position = body.sent_range().map_or(0, |sent| sent.start);
    while position < at {
        let Some(bytes) = body.next().await? else { return Err(changed()) };
        position += bytes.len() as u64;
        if position > at {
            let surplus = usize::try_from(position - at).unwrap_or(bytes.len());
            body.put_back(bytes.slice(bytes.len() - surplus..));
            return Ok(());
        }
    }
    if position == at { Ok(()) } else { Err(changed()) }
}

fn changed() -> Error {
    Error::data_loss("the file changed while it was downloaded: download it again")
}
