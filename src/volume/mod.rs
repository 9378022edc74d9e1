//! The files of volumes: one operation, one file. Bytes go between a presigned link and a local file or the caller, never through the server's API.

mod get;
mod get_file;
mod list;
mod local;
mod operation;
mod path;
mod progress;
mod put;
mod put_file;
mod remote;
mod remove;
#[cfg(test)]
mod tests;

pub(crate) use get::Download;
pub(crate) use get_file::get_file;
pub use list::VolumeFile;
pub(crate) use list::list;
pub(crate) use operation::FileOperation;
pub use operation::VolumeOperationKind;
pub(crate) use path::VolumePath;
pub(crate) use progress::Progress;
pub use progress::TransferProgress;
pub(crate) use put::put;
pub(crate) use put_file::put_file;
pub(crate) use remote::Remote;
pub(crate) use remove::remove;
