//! Downloading, piece by piece.

use std::sync::Arc;

use bytes::Bytes;

use super::{Progress, Remote};
use crate::error::{Error, Result};
use crate::sea::files::FileLink;
use crate::transport::{Body, ByteRange, Content, Failure, RequestKind, Resume, resume};

/// The content of a file, whole and in order. A download that breaks off goes on where it was.
pub(crate) struct Download {
    content: Content,
    source: Resume<Source>,
    progress: Arc<Progress>,
}

impl Download {
    /// Nothing is asked for yet.
    pub(crate) fn new(remote: Remote, progress: Arc<Progress>) -> Self {
        let attempts = remote.store().attempts();
        let source = Source { remote, link: None, was_good: true };
        Self { content: Content::default(), source: Resume::whole(source, attempts), progress }
    }

    /// The next bytes; none when all that the store announced were handed out. Cancel-safe.
    /// Errors: `NotFound`, `PermissionDenied`, `DataLoss` (the file changed meanwhile), `NetworkError`, `Timeout`.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        let bytes = self.source.next(&self.content).await.map_err(|broken| match broken {
            resume::Broken::Refused(error) | resume::Broken::Interrupted(error) => error,
            resume::Broken::Mismatch(_) => {
                Error::data_loss("the file changed while it was downloaded: download it again")
            }
        })?;
        if let Some(total) = self.content.total() {
            self.progress.set_total(total);
        }
        self.progress.set_transferred(self.source.position());
        Ok(bytes)
    }
}

/// The store, by a link that is asked for again when it has ended.
struct Source {
    remote: Remote,
    link: Option<Arc<FileLink>>,
    /// Whether a link of this file worked since one was last asked for.
    was_good: bool,
}

impl resume::Origin for Source {
    type Body = Body;

    const IS_ENDLESS: bool = true;

    async fn open(&mut self, range: Option<ByteRange>, turn: resume::Turn) -> Result<Body, Failure> {
        let link = match &self.link {
            Some(link) => Arc::clone(link),
            None => {
                let link = self.remote.link(RequestKind::DownloadUrl).await?;
                Arc::clone(self.link.insert(link))
            }
        };
        let body = match self.remote.store().open(&link.url, Some(&link.headers), range, turn.number).await {
            // One that was good before may have ended since; a new one may be refused for a clock that is behind.
            Err(failure) if self.was_good && !turn.is_last && self.remote.may_relink_after(&failure.error) => {
                tracing::debug!(error = %failure.error, "another link is asked for");
                (self.link, self.was_good) = (None, false);
                return Err(Failure::reply_lost(failure.error));
            }
            body => body?,
        };
        if !body.is_delimited() {
            let details = "the store did not say how long the file is: it could end early unnoticed";
            return Err(Error::data_loss(details).into());
        }
        self.was_good = true;
        Ok(body)
    }
}
