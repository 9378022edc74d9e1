//! The folder that volumes lie in. Nothing outside of it is ever touched.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};

use super::VolumeError;

/// The most bytes of a part of a path, as file systems have it, and of a whole path.
const MAX_NAME: usize = 255;
const MAX_PATH: usize = 2048;

const ROOT: &str = "/Volumes/";
/// Where files lie while they arrive. No catalog has such a name.
const INCOMING: &str = ".incoming";

/// Where volumes lie.
#[derive(Debug)]
enum Folder {
    Given(PathBuf),
    Temporary(TempDir),
}

/// All volumes of a warehouse.
#[derive(Debug)]
pub(crate) struct Volumes {
    folder: Folder,
}

/// A file or folder, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) is_folder: bool,
    pub(crate) bytes: u64,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
}

impl Volumes {
    /// The volumes in a folder, which is made if it is missing; without one they lie in a temporary folder and end with it.
    pub(crate) fn new(folder: Option<&Path>) -> std::io::Result<Self> {
        let folder = match folder {
            Some(folder) => {
                std::fs::create_dir_all(folder)?;
                Folder::Given(folder.canonicalize()?)
            }
            None => Folder::Temporary(tempfile::Builder::new().prefix("local-warehouse-volumes-").tempdir()?),
        };
        Ok(Self { folder })
    }

    fn root(&self) -> &Path {
        match &self.folder {
            Folder::Given(folder) => folder,
            Folder::Temporary(folder) => folder.path(),
        }
    }

    fn schema(&self, catalog: &str, schema: &str) -> PathBuf {
        self.root().join(catalog.to_lowercase()).join(schema.to_lowercase())
    }

    pub(crate) fn create(&self, [catalog, schema, volume]: &[String; 3]) -> Result<(), VolumeError> {
        let name = format!("{catalog}.{schema}.{volume}");
        if [catalog, schema, volume].iter().any(|part| !is_plain(part)) {
            return Err(VolumeError::Path(name));
        }
        let schema = self.schema(catalog, schema);
        std::fs::create_dir_all(&schema)?;
        match std::fs::create_dir(schema.join(volume.to_lowercase())) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(VolumeError::VolumeExists(name)),
            created => Ok(created?),
        }
    }

    /// Drops a volume with all its files.
    pub(crate) fn drop_volume(&self, [catalog, schema, volume]: &[String; 3]) -> Result<(), VolumeError> {
        let name = format!("{catalog}.{schema}.{volume}");
        if [catalog, schema, volume].iter().any(|part| !is_plain(part)) {
            return Err(VolumeError::NoVolume(name));
        }
        match std::fs::remove_dir_all(self.schema(catalog, schema).join(volume.to_lowercase())) {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(VolumeError::NoVolume(name)),
            dropped => Ok(dropped?),
        }
    }

    /// The volumes of a schema in the order of their names.
    pub(crate) fn names(&self, catalog: &str, schema: &str) -> Result<Vec<String>, VolumeError> {
        let entries = match std::fs::read_dir(self.schema(catalog, schema)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.path().is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Where a path of a volume lies on disk, whether or not anything is there. Errors: it is no such path, or there is no such volume.
    fn locate(&self, path: &str) -> Result<PathBuf, VolumeError> {
        let wrong = || VolumeError::Path(path.to_owned());
        let inside = path.strip_prefix(ROOT).ok_or_else(wrong)?;
        let parts: Vec<&str> = inside.strip_suffix('/').unwrap_or(inside).split('/').collect();
        let [catalog, schema, volume, rest @ ..] = parts.as_slice() else { return Err(wrong()) };
        if path.len() > MAX_PATH || parts.iter().any(|part| !is_plain(part)) {
            return Err(wrong());
        }
        let volume_folder = self.schema(catalog, schema).join(volume.to_lowercase());
        if !volume_folder.is_dir() {
            return Err(VolumeError::NoVolume(format!("{catalog}.{schema}.{volume}")));
        }
        let place = rest.iter().fold(volume_folder, |place, part| place.join(part));
        // A symbolic link may lead anywhere: what is there already has to lie inside.
        let existing = place.ancestors().find_map(|ancestor| ancestor.canonicalize().ok());
        let root = self.root().canonicalize()?;
        if existing.is_some_and(|existing| existing.starts_with(root)) { Ok(place) } else { Err(wrong()) }
    }

    /// As `locate`, for a path that can name a file: not that of a volume or with a slash at its end.
    pub(crate) fn locate_file(&self, path: &str) -> Result<PathBuf, VolumeError> {
        if path.ends_with('/') || path.matches('/').count() < 5 {
            return Err(VolumeError::Path(path.to_owned()));
        }
        self.locate(path)
    }

    /// What is directly in a folder, in the order of the names.
    pub(crate) fn list(&self, path: &str) -> Result<Vec<Listed>, VolumeError> {
        let entries = match std::fs::read_dir(self.locate(path)?) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(VolumeError::NotFound(path.to_owned())),
            Err(error) if error.kind() == ErrorKind::NotADirectory => return Err(VolumeError::Kind(path.to_owned())),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let metadata = match entry.path().metadata() {
                Ok(metadata) => metadata,
                // Removed while it was listed.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            let name = entry.file_name().to_string_lossy().into_owned();
            let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            found.push(Listed {
                path: format!("{}/{name}", path.trim_end_matches('/')),
                name,
                is_folder: metadata.is_dir(),
                bytes: if metadata.is_dir() { 0 } else { metadata.len() },
                modified: i64::try_from(modified.as_millis()).unwrap_or(i64::MAX),
            });
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// A file that arrives; `keep` puts it in its place when it is whole.
    pub(crate) fn incoming(&self) -> Result<NamedTempFile, VolumeError> {
        let folder = self.root().join(INCOMING);
        std::fs::create_dir_all(&folder)?;
        Ok(NamedTempFile::new_in(folder)?)
    }

    /// Puts a file that has arrived in its place, and in place of what was there.
    pub(crate) fn keep(&self, file: NamedTempFile, path: &str) -> Result<(), VolumeError> {
        let place = self.locate_file(path)?;
        if place.is_dir() {
            return Err(VolumeError::Kind(path.to_owned()));
        }
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder)?;
        }
        file.persist(place).map_err(|error| error.error)?;
        Ok(())
    }

    /// Removes a file.
    pub(crate) fn remove(&self, path: &str) -> Result<(), VolumeError> {
        let place = self.locate_file(path)?;
        if place.is_dir() {
            return Err(VolumeError::Kind(path.to_owned()));
        }
        match std::fs::remove_file(place) {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(VolumeError::NotFound(path.to_owned())),
            removed => Ok(removed?),
        }
    }
}

impl Listed {
    /// As `GET /api/2.0/fs/list` answers it.
    pub(crate) fn to_json(&self) -> Value {
        json!({"path": self.path, "name": self.name, "is_dir": self.is_folder, "file_size": self.bytes,
            "modification_time": self.modified})
    }
}

/// Whether a part of a path stays where it is.
fn is_plain(part: &str) -> bool {
    !matches!(part, "" | "." | ".." | INCOMING) && !part.contains(['/', '\0']) && part.len() <= MAX_NAME
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn volumes() -> Volumes {
        let volumes = Volumes::new(None).unwrap();
        volumes.create(&["Main", "default", "V"].map(str::to_owned)).unwrap();
        volumes
    }

    #[rstest]
    #[case("/Volumes/main/default/v")]
    #[case("/Volumes/MAIN/default/V/")]
    #[case("/Volumes/main/default/v/a/b c.csv")]
    fn path_in_a_volume_lies_in_its_folder(#[case] path: &str) {
        let volumes = volumes();
        assert!(volumes.locate(path).unwrap().starts_with(volumes.root().join("main/default/v")));
    }

    #[rstest]
    #[case("/Volumes/main/default/v/../../../../etc/passwd")]
    #[case("/Volumes/main/default/v/./a")]
    #[case("/Volumes/main/default/v//a")]
    #[case("/Volumes/main/default")]
    #[case("/tmp/x")]
    #[case("/Volumes/main/default/v/a\0b")]
    #[case(&format!("/Volumes/main/default/v/{}", "n".repeat(256)))]
    #[case(&format!("/Volumes/main/default/v{}", "/n".repeat(2000)))]
    fn path_that_leads_elsewhere_or_is_too_long_is_refused(#[case] path: &str) {
        assert_eq!(volumes().locate(path), Err(VolumeError::Path(path.to_owned())));
    }

    #[test]
    fn symbolic_link_out_of_the_folder_is_refused() {
        let volumes = volumes();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink(outside.path(), volumes.root().join("main/default/v/link")).unwrap();
        volumes.locate("/Volumes/main/default/v/link/secret").unwrap_err();
        volumes.locate("/Volumes/main/default/v/link/new").unwrap_err();
    }

    #[test]
    fn file_comes_whole_is_listed_and_goes() {
        let volumes = volumes();
        let path = "/Volumes/main/default/v/folder/a.txt";
        let file = volumes.incoming().unwrap();
        std::fs::write(file.path(), "text").unwrap();
        assert_eq!(volumes.list("/Volumes/main/default/v").unwrap(), []);
        volumes.keep(file, path).unwrap();
        let listed = volumes.list("/Volumes/main/default/v/").unwrap();
        assert_eq!((listed[0].path.as_str(), listed[0].is_folder), ("/Volumes/main/default/v/folder", true));
        let listed = volumes.list("/Volumes/main/default/v/folder").unwrap();
        assert_eq!((listed[0].path.as_str(), listed[0].bytes), (path, 4));
        volumes.remove(path).unwrap();
        assert_eq!(volumes.remove(path), Err(VolumeError::NotFound(path.to_owned())));
        assert_eq!(
            volumes.remove("/Volumes/main/default/v/folder"),
            Err(VolumeError::Kind("/Volumes/main/default/v/folder".to_owned()))
        );
    }

    #[test]
    fn volumes_are_made_named_and_dropped() {
        let volumes = volumes();
        let name = ["main", "default", "v"].map(str::to_owned);
        assert_eq!(volumes.create(&name), Err(VolumeError::VolumeExists("main.default.v".to_owned())));
        assert_eq!(volumes.names("MAIN", "default").unwrap(), ["v"]);
        assert!(volumes.names("main", "other").unwrap().is_empty());
        volumes.drop_volume(&name).unwrap();
        assert_eq!(volumes.drop_volume(&name), Err(VolumeError::NoVolume("main.default.v".to_owned())));
        volumes.create(&["main", "..", "v"].map(str::to_owned)).unwrap_err();
    }
}
