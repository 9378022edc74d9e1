//! Paths of volumes: `/Volumes/CATALOG/SCHEMA/VOLUME/…`.

use crate::error::{Error, Result};

const ROOT: &str = "/Volumes/";
/// Catalog, schema and volume.
const VOLUME_DEPTH: usize = 3;

/// The path of a file, or of a folder, in a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VolumePath(String);

impl VolumePath {
    /// A path that can name a file.
    pub(crate) fn file(path: &str) -> Result<Self> {
        if path.ends_with('/') {
            return Err(unusable(path, "ends with a slash, as a folder's path does; name a file"));
        }
        Self::of_depth(path, VOLUME_DEPTH + 1, "names no file: pass /Volumes/CATALOG/SCHEMA/VOLUME/FILE")
    }

    /// A path that can name a folder, the volume itself included. A slash at its end is dropped.
    pub(crate) fn folder(path: &str) -> Result<Self> {
        let trimmed = path.strip_suffix('/').unwrap_or(path);
        Self::of_depth(trimmed, VOLUME_DEPTH, "names no volume: pass /Volumes/CATALOG/SCHEMA/VOLUME or a folder in it")
    }

    fn of_depth(path: &str, depth: usize, what: &str) -> Result<Self> {
        let Some(inside) = path.strip_prefix(ROOT) else {
            return Err(unusable(path, "does not begin with /Volumes/"));
        };
        let parts: Vec<_> = inside.split('/').collect();
        if parts.len() < depth {
            return Err(unusable(path, what));
        }
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err(unusable(path, "has a part that is empty, \".\" or \"..\""));
        }
        if path.chars().any(char::is_control) {
            return Err(unusable(path, "has control characters"));
        }
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder that the file is in.
    pub(super) fn parent(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// The last part.
    pub(super) fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(_, name)| name)
    }
}

fn unusable(path: &str, what: &str) -> Error {
    Error::invalid_argument(format!("the volume path {path:?} {what}"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::error::Code;

    #[rstest]
    #[case("/Volumes/c/s/v/f", "/Volumes/c/s/v", "f")]
    #[case("/Volumes/c/s/v/a b/ü.csv", "/Volumes/c/s/v/a b", "ü.csv")]
    #[case("/Volumes/c/s/v/...", "/Volumes/c/s/v", "...")]
    fn file_has_a_folder_and_a_name(#[case] text: &str, #[case] parent: &str, #[case] name: &str) {
        let path = VolumePath::file(text).unwrap();
        assert_eq!((path.as_str(), path.parent(), path.name()), (text, parent, name));
    }

    #[rstest]
    #[case("/Volumes/c/s/v")]
    #[case("/Volumes/c/s/v/")]
    fn volume_is_a_folder_with_and_without_a_slash(#[case] text: &str) {
        assert_eq!(VolumePath::folder(text).unwrap().as_str(), "/Volumes/c/s/v");
    }

    #[rstest]
    #[case("/tmp/x", "does not begin with /Volumes/")]
    #[case("Volumes/c/s/v/f", "does not begin with /Volumes/")]
    #[case("", "does not begin with /Volumes/")]
    #[case("/Volumes/c/s/v", "names no file")]
    #[case("/Volumes/c/s/v/", "ends with a slash")]
    #[case("/Volumes/c/s//f", "is empty")]
    #[case("/Volumes/c/s/v/../f", "\"..\"")]
    #[case("/Volumes/c/s/v/./f", "\".\"")]
    #[case("/Volumes/c/s/v/a\nb", "control characters")]
    fn path_that_names_no_file_is_refused_with_the_reason(#[case] text: &str, #[case] reason: &str) {
        let error = VolumePath::file(text).unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(error.details.contains(reason), "{}", error.details);
    }

    #[rstest]
    #[case("/Volumes/c/s")]
    #[case("/Volumes/c/s/")]
    #[case("/Volumes/c/s/v//")]
    fn path_that_names_no_folder_is_refused(#[case] text: &str) {
        assert_eq!(VolumePath::folder(text).unwrap_err().code, Code::InvalidArgument);
    }
}
