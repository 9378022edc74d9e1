//! The exported transfer of one file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::call::Call;
use crate::error::{Error, KernelError, Result as Fallible};
use crate::volume::{Progress, Remote, TransferProgress, get_file, put_file, remove};

/// An upload of a local file, a download into one, or a removal: ready to be run, once.
#[derive(uniffi::Object)]
pub struct VolumeTransfer {
    work: Work,
    progress: Arc<Progress>,
    run: Call<i64>,
}

/// What a transfer does.
#[derive(Clone)]
pub(super) enum Work {
    Put { remote: Remote, source: PathBuf, overwrite: bool },
    Get { remote: Remote, target: PathBuf, overwrite: bool },
    Remove { remote: Remote },
}

#[uniffi::export]
impl VolumeTransfer {
    /// Does it, and answers how many bytes were transferred; 0 for a removal. It waits for as long as bytes move.
    ///
    /// A download that breaks off goes on where it was, and its target appears when it is whole: no failure leaves a part of it.
    /// An upload or a removal is sent again only when it certainly was not carried out; where that is not known, the error says so.
    /// Errors: `InvalidArgument` (a path is not usable, the local file cannot be read or written), `InvalidState` (something is there already and
    /// `overwrite` was not given; the local file changed meanwhile), `NotFound`, `PermissionDenied`, `DataLoss`, `ResourceExhausted` (the disk is full),
    /// `NetworkError`, `Timeout`.
    /// Source: `POST /api/2.0/fs/create-upload-url`, `create-download-url`, `create-delete-url`, and the link that they answer.
    pub fn run(&self) -> Result<i64, KernelError> {
        self.run.blocking(|| self.start())
    }

    /// `run`, awaited. Dropping the wait breaks the transfer off.
    pub async fn run_async(&self) -> Result<i64, KernelError> {
        self.run.future(|| self.start()).await
    }

    /// `run`, waiting at most `limit`; none means not yet.
    pub fn run_within(&self, limit: Duration) -> Result<Option<i64>, KernelError> {
        self.run.within(limit, || self.start())
    }

    /// How far it is. From any thread, at any time.
    pub fn progress(&self) -> TransferProgress {
        self.progress.report()
    }

    /// Breaks off what `run_within` left unfinished. An upload that is broken off leaves the file as it was, unless the store had all of it.
    pub fn interrupt(&self) {
        self.run.abandon();
    }
}

impl VolumeTransfer {
    pub(super) fn new(work: Work) -> Arc<Self> {
        Arc::new(Self { work, progress: Progress::new(), run: Call::new() })
    }

    fn start(&self) -> impl Future<Output = Fallible<i64>> + Send + 'static {
        let (work, progress) = (self.work.clone(), Arc::clone(&self.progress));
        async move {
            let length = match work {
                Work::Put { remote, source, overwrite } => put_file(remote, source, overwrite, progress).await?,
                Work::Get { remote, target, overwrite } => get_file(remote, target, overwrite, progress).await?,
                Work::Remove { remote } => remove(remote).await.map(|()| 0)?,
            };
            i64::try_from(length).map_err(|error| Error::internal("a file's length is not usable").because(error))
        }
    }
}
