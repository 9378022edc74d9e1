//! The far end of a transfer.

use std::sync::Arc;

use super::VolumePath;
use crate::error::{Error, Result};
use crate::sea::client::SeaClient;
use crate::sea::files::FileLink;
use crate::transport::{RequestKind, Store};

/// A file of a volume: by its path, for which links are asked for, or by the one link that a statement answered.
#[derive(Clone)]
pub(crate) struct Remote {
    client: Arc<SeaClient>,
    place: Place,
}

#[derive(Clone)]
enum Place {
    Path(VolumePath),
    Link(Arc<FileLink>),
}

impl Remote {
    pub(crate) fn at_path(client: Arc<SeaClient>, path: VolumePath) -> Self {
        Self { client, place: Place::Path(path) }
    }

    pub(super) fn at_link(client: Arc<SeaClient>, link: FileLink) -> Self {
        Self { client, place: Place::Link(Arc::new(link)) }
    }

    /// A link for a request of this kind, made anew if there is a path to make it for.
    pub(super) async fn link(&self, kind: RequestKind) -> Result<Arc<FileLink>> {
        match &self.place {
            Place::Path(path) => Ok(Arc::new(self.client.file_link(kind, path.as_str()).await?)),
            Place::Link(link) => {
                self.client.origin.check()?;
                Ok(Arc::clone(link))
            }
        }
    }

    /// Whether another link may mend this failure: a link that has ended is refused like one that never was good.
    pub(super) fn may_relink_after(&self, error: &Error) -> bool {
        matches!(self.place, Place::Path(_)) && matches!(error.http_status, Some(400 | 403))
    }

    pub(super) fn store(&self) -> &Store {
        self.client.store()
    }

    pub(super) fn client(&self) -> &SeaClient {
        &self.client
    }

    pub(super) fn path(&self) -> Option<&VolumePath> {
        match &self.place {
            Place::Path(path) => Some(path),
            Place::Link(_) => None,
        }
    }
}
