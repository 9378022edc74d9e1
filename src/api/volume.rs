//! The exported files of volumes.

use std::sync::Arc;
use std::time::Duration;

use super::volume_transfer::Work;
use super::{VolumeReader, VolumeTransfer, VolumeWriter};
use crate::call::Call;
use crate::error::KernelError;
use crate::sea::client::SeaClient;
use crate::volume::{Remote, VolumeFile, VolumePath, list};

/// The files of volumes, by their paths `/Volumes/CATALOG/SCHEMA/VOLUME/…`. Any number of threads may use it at once.
///
/// Bytes go between the caller and the cloud's store, over links that the server makes; the store is sent no credential. Each method
/// checks its arguments and answers an object that does the work: nothing is sent before.
#[derive(uniffi::Object)]
pub struct Volume {
    client: Arc<SeaClient>,
}

#[uniffi::export]
impl Volume {
    /// Uploads a local file. Without `overwrite` a path where something is is refused with `InvalidState`, before anything is uploaded.
    #[uniffi::method(default(overwrite = false))]
    pub fn put_file(
        &self,
        local_path: String,
        path: String,
        overwrite: bool,
    ) -> Result<Arc<VolumeTransfer>, KernelError> {
        let remote = self.file(&path)?;
        Ok(VolumeTransfer::new(Work::Put { remote, source: local_path.into(), overwrite }))
    }

    /// Downloads into a local file. Without `overwrite` a local file that exists is refused with `InvalidState`.
    #[uniffi::method(default(overwrite = false))]
    pub fn get_file(
        &self,
        path: String,
        local_path: String,
        overwrite: bool,
    ) -> Result<Arc<VolumeTransfer>, KernelError> {
        let remote = self.file(&path)?;
        Ok(VolumeTransfer::new(Work::Get { remote, target: local_path.into(), overwrite }))
    }

    /// Uploads `length` bytes that the caller writes. `overwrite` as for `put_file`. Errors: `InvalidArgument` for a negative length.
    #[uniffi::method(default(overwrite = false))]
    pub fn put(&self, path: String, length: i64, overwrite: bool) -> Result<Arc<VolumeWriter>, KernelError> {
        VolumeWriter::new(self.file(&path)?, length, overwrite)
    }

    /// Downloads a file for the caller to read.
    pub fn get(&self, path: String) -> Result<Arc<VolumeReader>, KernelError> {
        Ok(VolumeReader::new(self.file(&path)?))
    }

    /// Removes a file.
    pub fn remove(&self, path: String) -> Result<Arc<VolumeTransfer>, KernelError> {
        Ok(VolumeTransfer::new(Work::Remove { remote: self.file(&path)? }))
    }

    /// Lists what is directly in a folder, the volume itself included.
    pub fn list(&self, path: String) -> Result<Arc<VolumeListing>, KernelError> {
        let folder = VolumePath::folder(&path)?;
        Ok(Arc::new(VolumeListing { client: Arc::clone(&self.client), folder, fetch: Call::new() }))
    }
}

impl Volume {
    pub(super) fn new(client: Arc<SeaClient>) -> Arc<Self> {
        Arc::new(Self { client })
    }

    fn file(&self, path: &str) -> Result<Remote, KernelError> {
        Ok(Remote::at_path(Arc::clone(&self.client), VolumePath::file(path)?))
    }
}

/// A question for what is in a folder, ready to be asked.
#[derive(uniffi::Object)]
pub struct VolumeListing {
    client: Arc<SeaClient>,
    folder: VolumePath,
    fetch: Call<Vec<VolumeFile>>,
}

#[uniffi::export]
impl VolumeListing {
    /// Asks, and answers all files and folders, in the server's order; none for an empty folder.
    /// Errors: `NotFound`, `PermissionDenied`, `NetworkError`, … Source: `GET /api/2.0/fs/list`.
    pub fn fetch(&self) -> Result<Vec<VolumeFile>, KernelError> {
        self.fetch.blocking(|| self.start())
    }

    /// `fetch`, awaited.
    pub async fn fetch_async(&self) -> Result<Vec<VolumeFile>, KernelError> {
        self.fetch.future(|| self.start()).await
    }

    /// `fetch`, waiting at most `limit`; none means not yet.
    pub fn fetch_within(&self, limit: Duration) -> Result<Option<Vec<VolumeFile>>, KernelError> {
        self.fetch.within(limit, || self.start())
    }

    /// Gives up what `fetch_within` left unfinished.
    pub fn interrupt(&self) {
        self.fetch.abandon();
    }
}

impl VolumeListing {
    fn start(&self) -> impl Future<Output = crate::error::Result<Vec<VolumeFile>>> + Send + 'static {
        let (client, folder) = (Arc::clone(&self.client), self.folder.clone());
        async move { list(&client, folder.as_str()).await }
    }
}
