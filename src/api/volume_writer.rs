//! The exported upload that the caller writes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::call::Call;
use crate::error::{Code, Error, KernelError, Result as Fallible};
use crate::fork::Local;
use crate::volume::{Progress, Remote, TransferProgress, put};

/// The pieces that wait for the network at most.
const QUEUE: usize = 4;

/// An upload of known length that the caller writes piece by piece. Meant for one writer at a time.
///
/// Nothing is in the volume before `finish` has answered. Dropped before that, the upload is broken off.
/// Contents of at most 8 MiB are held whole and sent again where that is safe; longer ones are sent as they come, once.
#[derive(uniffi::Object)]
pub struct VolumeWriter {
    length: u64,
    progress: Arc<Progress>,
    state: Local<Arc<Mutex<State>>>,
    write: Call<()>,
    finish: Call<()>,
}

enum State {
    New { remote: Remote, overwrite: bool },
    Running { pieces: mpsc::Sender<Bytes>, upload: AbortOnDropHandle<Fallible<()>>, written: u64 },
    Ended,
}

#[uniffi::export]
impl VolumeWriter {
    /// Takes the next bytes, and waits while too many are on their way. Errors: `InvalidArgument` when they are more than were announced, which
    /// breaks the upload off; `InvalidStatementHandle` after `finish` or `interrupt`; else as `VolumeTransfer.run`.
    pub fn write(&self, piece: Vec<u8>) -> Result<(), KernelError> {
        self.write.blocking(|| self.start_write(piece))
    }

    /// `write`, awaited. Dropping the wait may lose the bytes: then `finish` fails.
    pub async fn write_async(&self, piece: Vec<u8>) -> Result<(), KernelError> {
        self.write.future(|| self.start_write(piece)).await
    }

    /// `write`, waiting at most `limit`; false means not yet: call it again with the same bytes.
    pub fn write_within(&self, piece: Vec<u8>, limit: Duration) -> Result<bool, KernelError> {
        Ok(self.write.within(limit, || self.start_write(piece))?.is_some())
    }

    /// Waits until the store has confirmed the file. Errors: `InvalidState` when fewer bytes were written than announced, and nothing is kept of them;
    /// else as `VolumeTransfer.run`.
    pub fn finish(&self) -> Result<(), KernelError> {
        self.finish.blocking(|| self.start_finish())
    }

    /// `finish`, awaited. Dropping the wait breaks the upload off.
    pub async fn finish_async(&self) -> Result<(), KernelError> {
        self.finish.future(|| self.start_finish()).await
    }

    /// `finish`, waiting at most `limit`; false means not yet.
    pub fn finish_within(&self, limit: Duration) -> Result<bool, KernelError> {
        Ok(self.finish.within(limit, || self.start_finish())?.is_some())
    }

    /// How many bytes have left, of how many. From any thread, at any time.
    pub fn progress(&self) -> TransferProgress {
        self.progress.report()
    }

    /// Breaks the upload off; does nothing after `finish`.
    pub fn interrupt(&self) {
        if !self.state.is_here() {
            return;
        }
        self.write.abandon();
        self.finish.abandon();
        *lock(&self.state) = State::Ended;
    }
}

impl VolumeWriter {
    pub(super) fn new(remote: Remote, length: i64, overwrite: bool) -> Result<Arc<Self>, KernelError> {
        let length = u64::try_from(length).map_err(|error| {
            Error::invalid_argument(format!("the length {length} is negative: pass the content's length in bytes"))
                .because(error)
        })?;
        Ok(Arc::new(Self {
            length,
            progress: Progress::new(),
            state: Local::new(Arc::new(Mutex::new(State::New { remote, overwrite }))),
            write: Call::new(),
            finish: Call::new(),
        }))
    }

    fn start_write(&self, piece: Vec<u8>) -> impl Future<Output = Fallible<()>> + Send + 'static {
        let (state, progress, length) = (Arc::clone(&self.state), Arc::clone(&self.progress), self.length);
        async move {
            let pieces = accept(&state, &progress, length, piece.len() as u64)?;
            if piece.is_empty() || pieces.send(piece.into()).await.is_ok() {
                return Ok(());
            }
            // It takes no more: it has failed, and says why.
            drop(pieces);
            outcome(&state).await?;
            Err(Error::internal("an upload ended before its content did"))
        }
    }

    fn start_finish(&self) -> impl Future<Output = Fallible<()>> + Send + 'static {
        let (state, progress, length) = (Arc::clone(&self.state), Arc::clone(&self.progress), self.length);
        async move {
            drop(accept(&state, &progress, length, 0)?);
            outcome(&state).await
        }
    }
}

/// Counts bytes that are about to be sent, and starts the upload if it was not.
fn accept(state: &Mutex<State>, progress: &Arc<Progress>, length: u64, bytes: u64) -> Fallible<mpsc::Sender<Bytes>> {
    let mut state = lock(state);
    if let State::New { remote, overwrite } = &*state {
        let (pieces, receiver) = mpsc::channel(QUEUE);
        let upload = put(remote.clone(), receiver, length, *overwrite, Arc::clone(progress));
        *state = State::Running { pieces, upload: AbortOnDropHandle::new(tokio::spawn(upload)), written: 0 };
    }
    let State::Running { pieces, written, .. } = &mut *state else {
        return Err(Error::new(Code::InvalidStatementHandle, "the upload has ended"));
    };
    *written += bytes;
    if *written > length {
        *state = State::Ended;
        let details = format!("more was written than the {length} bytes that were announced: the upload is broken off");
        return Err(Error::invalid_argument(details));
    }
    Ok(pieces.clone())
}

/// What the upload came to, once no more is written.
async fn outcome(state: &Mutex<State>) -> Fallible<()> {
    let ended = std::mem::replace(&mut *lock(state), State::Ended);
    let State::Running { pieces, upload, .. } = ended else {
        return Err(Error::new(Code::InvalidStatementHandle, "the upload has ended"));
    };
    drop(pieces);
    upload.await.map_err(|error| Error::internal("an upload ended without an answer").because(error))?
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
