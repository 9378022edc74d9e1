//! Why something about a volume is not possible.

use crate::engine::SqlError;

/// What is wrong, in terms of volumes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum VolumeError {
    /// The path is not one of a volume.
    Path(String),
    /// There is no such volume: its name.
    NoVolume(String),
    /// There is such a volume already: its name.
    VolumeExists(String),
    /// There is nothing at this path.
    NotFound(String),
    /// There is something at this path already.
    Exists(String),
    /// It is a folder and not a file, or the other way round.
    Kind(String),
    /// The disk failed.
    Disk(String),
}

impl VolumeError {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Path(path) => format!(
                "Invalid volume path '{path}': it must be /Volumes/<catalog>/<schema>/<volume>/<path>, without empty parts, '.' and '..', a name of at most 255 bytes and all of it of 2,048."
            ),
            Self::NoVolume(name) => {
                format!("Volume {name} does not exist. Use SHOW VOLUMES to list available volumes.")
            }
            Self::VolumeExists(name) => format!("Cannot create volume {name} because it already exists."),
            Self::NotFound(path) => format!("Path does not exist: {path}."),
            Self::Exists(path) => format!("Path {path} already exists. Use OVERWRITE to replace the file."),
            Self::Kind(path) => format!("Path {path} is not of the kind that is asked for: a file, or a folder."),
            Self::Disk(error) => format!("The volume's folder failed: {error}."),
        }
    }
}

impl From<std::io::Error> for VolumeError {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error.to_string())
    }
}

impl From<VolumeError> for SqlError {
    fn from(error: VolumeError) -> Self {
        let (class, sql_state) = match error {
            VolumeError::Path(_) => ("INVALID_VOLUME_PATH", "22023"),
            VolumeError::NoVolume(_) => ("UC_VOLUME_NOT_FOUND", "42704"),
            VolumeError::VolumeExists(_) => ("VOLUME_ALREADY_EXISTS", "42710"),
            VolumeError::NotFound(_) | VolumeError::Kind(_) => ("PATH_NOT_FOUND", "42K03"),
            VolumeError::Exists(_) => ("PATH_ALREADY_EXISTS", "42K04"),
            VolumeError::Disk(_) => ("INTERNAL_ERROR", "XX000"),
        };
        Self::new(class, sql_state, error.text())
    }
}
