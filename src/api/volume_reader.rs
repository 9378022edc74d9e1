//! The exported download that the caller reads.

use std::sync::Arc;
use std::time::Duration;

use crate::call::Call;
use crate::error::{Code, Error, KernelError, Result as Fallible};
use crate::fork::Local;
use crate::runtime::in_background;
use crate::volume::{Download, Progress, Remote, TransferProgress};

/// At least so many bytes are handed over at once, so that crossings are few.
const PIECE_BYTES: usize = 1024 * 1024;

/// The content of a file, read piece by piece in order. Meant for one reader at a time.
#[derive(uniffi::Object)]
pub struct VolumeReader {
    progress: Arc<Progress>,
    /// Gone after `end`. Behind an async lock, because one call reads while it waits.
    download: Local<Arc<tokio::sync::Mutex<Option<Partly>>>>,
    next: Call<Option<Vec<u8>>>,
}

/// A download, and the beginning of the piece that is being read: a dropped wait keeps it.
struct Partly {
    download: Download,
    piece: Vec<u8>,
}

/// What `next_within` found.
#[derive(Clone, uniffi::Enum)]
pub enum PieceStep {
    /// The next bytes.
    Ready {
        /// They.
        piece: Vec<u8>,
    },
    /// All bytes were read that the store announced.
    Finished,
    /// Not yet: call again to go on waiting.
    Waiting,
}

#[uniffi::export]
impl VolumeReader {
    /// The next bytes, 1 MiB or somewhat more at a time; none after the last, when all that the store announced were delivered.
    /// A download that breaks off goes on where it was. Errors: `NotFound`, `PermissionDenied`, `DataLoss` (the file changed meanwhile), `NetworkError`,
    /// `Timeout`, `InvalidStatementHandle` after `end`. Source: `POST /api/2.0/fs/create-download-url`.
    pub fn next(&self) -> Result<Option<Vec<u8>>, KernelError> {
        self.next.blocking(|| read(Arc::clone(&self.download)))
    }

    /// `next`, awaited. Dropping the wait loses no bytes.
    pub async fn next_async(&self) -> Result<Option<Vec<u8>>, KernelError> {
        self.next.future(|| read(Arc::clone(&self.download))).await
    }

    /// Waits, awaited, until `next_within` has the answer. For languages whose tasks may be cancelled at any time: no answer is lost.
    pub async fn next_ready(&self) -> Result<(), KernelError> {
        self.next.ready(|| read(Arc::clone(&self.download))).await
    }

    /// `next`, waiting at most `limit`.
    pub fn next_within(&self, limit: Duration) -> Result<PieceStep, KernelError> {
        Ok(match self.next.within(limit, || read(Arc::clone(&self.download)))? {
            Some(Some(piece)) => PieceStep::Ready { piece },
            Some(None) => PieceStep::Finished,
            None => PieceStep::Waiting,
        })
    }

    /// How many bytes have arrived, and how many there are; the latter is known after the first piece. From any thread, at any time.
    pub fn progress(&self) -> TransferProgress {
        self.progress.report()
    }

    /// Ends the download; does nothing when it has ended.
    pub fn end(&self) {
        if !self.download.is_here() {
            return;
        }
        self.next.abandon();
        if let Ok(mut download) = self.download.try_lock() {
            download.take();
            return;
        }
        let download = Arc::clone(&self.download);
        in_background(async move { drop(download.lock_owned().await.take()) });
    }
}

impl VolumeReader {
    pub(super) fn new(remote: Remote) -> Arc<Self> {
        let progress = Progress::new();
        let partly = Partly { download: Download::new(remote, Arc::clone(&progress)), piece: Vec::new() };
        Arc::new(Self {
            progress,
            download: Local::new(Arc::new(tokio::sync::Mutex::new(Some(partly)))),
            next: Call::lossless(),
        })
    }
}

async fn read(download: Arc<tokio::sync::Mutex<Option<Partly>>>) -> Fallible<Option<Vec<u8>>> {
    let mut download = download.lock().await;
    let Some(Partly { download, piece }) = download.as_mut() else {
        return Err(Error::new(Code::InvalidStatementHandle, "the download was ended"));
    };
    while piece.len() < PIECE_BYTES {
        match download.next().await? {
            Some(bytes) => piece.extend_from_slice(&bytes),
            None => break,
        }
    }
    Ok(Some(std::mem::take(piece)).filter(|piece| !piece.is_empty()))
}
