//! The exported transfer that a statement asks for.

use std::sync::Arc;

use super::volume_transfer::Work;
use super::{VolumeReader, VolumeTransfer, VolumeWriter};
use crate::error::{Code, Error, KernelError, Result as Fallible};
use crate::volume::{FileOperation, Remote, VolumeOperationKind};

/// What a statement `PUT`, `GET` or `REMOVE` wants transferred. The link that the server gave stays inside, and is good for about 15 minutes.
///
/// Which local files may be touched is for the caller to decide: the path in the SQL is only a proposal.
#[derive(uniffi::Object)]
pub struct VolumeOperation {
    operation: FileOperation,
}

#[uniffi::export]
impl VolumeOperation {
    /// What is to be done.
    pub fn kind(&self) -> VolumeOperationKind {
        self.operation.kind
    }

    /// The local path in the SQL text; absent for `REMOVE`, and where the server names none.
    pub fn local_path(&self) -> Option<String> {
        self.operation.local_path.clone()
    }

    /// The upload of a local file, for `PUT`. Errors: `InvalidState` for another kind.
    pub fn put_file(&self, local_path: String) -> Result<Arc<VolumeTransfer>, KernelError> {
        let remote = self.remote(VolumeOperationKind::Put)?;
        // Whether a file may be replaced is in the SQL, and the server has looked.
        Ok(VolumeTransfer::new(Work::Put { remote, source: local_path.into(), overwrite: true }))
    }

    /// The upload of `length` bytes that the caller writes, for `PUT`. Errors: `InvalidState` for another kind, `InvalidArgument` for a negative length.
    pub fn put(&self, length: i64) -> Result<Arc<VolumeWriter>, KernelError> {
        VolumeWriter::new(self.remote(VolumeOperationKind::Put)?, length, true)
    }

    /// The download into a local file, for `GET`. Errors: `InvalidState` for another kind.
    #[uniffi::method(default(overwrite = false))]
    pub fn get_file(&self, local_path: String, overwrite: bool) -> Result<Arc<VolumeTransfer>, KernelError> {
        let remote = self.remote(VolumeOperationKind::Get)?;
        Ok(VolumeTransfer::new(Work::Get { remote, target: local_path.into(), overwrite }))
    }

    /// The download that the caller reads, for `GET`. Errors: `InvalidState` for another kind.
    pub fn get(&self) -> Result<Arc<VolumeReader>, KernelError> {
        Ok(VolumeReader::new(self.remote(VolumeOperationKind::Get)?))
    }

    /// The removal, for `REMOVE`. Errors: `InvalidState` for another kind.
    pub fn remove(&self) -> Result<Arc<VolumeTransfer>, KernelError> {
        Ok(VolumeTransfer::new(Work::Remove { remote: self.remote(VolumeOperationKind::Remove)? }))
    }
}

impl VolumeOperation {
    pub(super) fn new(operation: FileOperation) -> Arc<Self> {
        Arc::new(Self { operation })
    }

    fn remote(&self, wanted: VolumeOperationKind) -> Fallible<Remote> {
        if self.operation.kind == wanted {
            return Ok(self.operation.remote.clone());
        }
        Err(Error::new(Code::InvalidState, format!("the statement is a {:?}, not a {wanted:?}", self.operation.kind)))
    }
}
