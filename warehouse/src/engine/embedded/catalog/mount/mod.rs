//! A folder's files as tables of `main`.
//!
//! `x.parquet` is `main.default.x` and `s/x.csv` is `main.s.x`. A folder of part files is one table: one whose name
//! has a data file's ending, one whose data files are all called `part-…`, and any folder inside a schema's folder.

mod table;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use self::table::MountedTable;
use super::schema::{Entry, Source};
use super::{DEFAULT_SCHEMA, MAIN, TableFacts, TableKind, TableName, information_schema};
use crate::engine::SqlError;

/// What a data file's ending says of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Parquet,
    Csv,
    Json,
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension().and_then(OsStr::to_str)?.to_lowercase();
        match ending.as_str() {
            "parquet" => Some(Self::Parquet),
            "csv" => Some(Self::Csv),
            "json" | "jsonl" | "ndjson" => Some(Self::Json),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// A table that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    schema: String,
    table: String,
    path: PathBuf,
    format: Format,
    files: Vec<PathBuf>,
}

/// The tables of a folder by schema. Files are opened when they are first read. Errors: the folder can't be read,
/// two files make the same table, a folder of part files mixes formats, or a file lies outside of the folder.
pub(super) fn tables(folder: &Path) -> Result<BTreeMap<String, Vec<(String, Entry)>>, SqlError> {
    let mut schemas: BTreeMap<String, Vec<(String, Entry)>> = BTreeMap::new();
    let root = folder.canonicalize().map_err(|error| refused(folder, &error.to_string()))?;
    for mount in distinct(find(folder)?)? {
        for file in &mount.files {
            inside(file, &root)?;
        }
        let name = TableName::new(MAIN, &mount.schema, &mount.table);
        let mut facts = TableFacts::of(TableKind::External, mount.format.name());
        facts.location = Some(mount.path.display().to_string());
        let opener = MountedTable::new(name, mount.format, mount.files);
        let entry = Entry { source: Source::Closed(opener), facts: facts.into() };
        schemas.entry(mount.schema).or_default().push((mount.table, entry));
    }
    Ok(schemas)
}

/// Refuses a file that a symbolic link brings in from elsewhere.
fn inside(file: &Path, root: &Path) -> Result<(), SqlError> {
    let place = file.canonicalize().map_err(|error| refused(file, &error.to_string()))?;
    match place.starts_with(root) {
        true => Ok(()),
        false => Err(refused(file, "a symbolic link leads out of the folder; put the file itself there")),
    }
}

fn find(folder: &Path) -> Result<Vec<Mount>, SqlError> {
    let mut mounts = Vec::new();
    for path in entries(folder)? {
        if !path.is_dir() {
            mounts.extend(file(DEFAULT_SCHEMA, path)?);
        } else if is_table(&path)? {
            mounts.extend(part_files(DEFAULT_SCHEMA, path)?);
        } else {
            let schema = name(path.file_name(), &path)?;
            if schema == information_schema::NAME {
                return Err(refused(&path, "a schema can't be called information_schema; rename the folder"));
            }
            for path in entries(&path)? {
                mounts.extend(if path.is_dir() { part_files(&schema, path)? } else { file(&schema, path)? });
            }
        }
    }
    Ok(mounts)
}

fn distinct(mut mounts: Vec<Mount>) -> Result<Vec<Mount>, SqlError> {
    mounts.sort_by(|a, b| (&a.schema, &a.table, &a.path).cmp(&(&b.schema, &b.table, &b.path)));
    for pair in mounts.windows(2) {
        if let [a, b] = pair
            && (&a.schema, &a.table) == (&b.schema, &b.table)
        {
            let why = format!("{} is the same table {}.{}; rename one of them", a.path.display(), a.schema, a.table);
            return Err(refused(&b.path, &why));
        }
    }
    Ok(mounts)
}

fn file(schema: &str, path: PathBuf) -> Result<Option<Mount>, SqlError> {
    let Some(format) = Format::of(&path) else {
        tracing::warn!(path = %path.display(), "not mounted: neither Parquet nor CSV nor JSON");
        return Ok(None);
    };
    let table = name(path.file_stem(), &path)?;
    Ok(Some(Mount { schema: schema.to_owned(), table, format, files: vec![path.clone()], path }))
}

fn part_files(schema: &str, path: PathBuf) -> Result<Option<Mount>, SqlError> {
    if path.join("_delta_log").exists() {
        return Err(refused(&path, "a Delta table can't be mounted; export it to a folder of Parquet files"));
    }
    let all = entries(&path)?;
    if let Some(inner) = all.iter().find(|inner| inner.is_dir()) {
        return Err(refused(inner, "a folder inside a table's folder can't be mounted (partitioned tables neither)"));
    }
    let files: Vec<PathBuf> = all.into_iter().filter(|file| Format::of(file).is_some()).collect();
    let Some(format) = files.first().and_then(|file| Format::of(file)) else {
        tracing::warn!(path = %path.display(), "not mounted: the folder has no Parquet, CSV or JSON file");
        return Ok(None);
    };
    if let Some(other) = files.iter().find(|file| Format::of(file) != Some(format)) {
        return Err(refused(other, &format!("the other files of its table are {}", format.name())));
    }
    let stem = if Format::of(&path).is_some() { path.file_stem() } else { path.file_name() };
    Ok(Some(Mount { schema: schema.to_owned(), table: name(stem, &path)?, format, files, path }))
}

/// Whether a folder is a table of part files rather than a schema.
fn is_table(path: &Path) -> Result<bool, SqlError> {
    if Format::of(path).is_some() || path.join("_delta_log").exists() {
        return Ok(true);
    }
    let is_part = |file: &PathBuf| file.file_name().and_then(OsStr::to_str).is_some_and(|n| n.starts_with("part-"));
    let data: Vec<PathBuf> = entries(path)?.into_iter().filter(|file| Format::of(file).is_some()).collect();
    Ok(!data.is_empty() && data.iter().all(is_part))
}

/// What is in a folder, in the order of the names, without what writers hide (`_SUCCESS`, `.crc` files).
fn entries(folder: &Path) -> Result<Vec<PathBuf>, SqlError> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
    };
    let mut paths = read().map_err(|error| refused(folder, &error.to_string()))?;
    let hidden =
        |path: &PathBuf| path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(['.', '_']));
    paths.retain(|path| !hidden(path));
    paths.sort();
    Ok(paths)
}

fn name(part: Option<&OsStr>, path: &Path) -> Result<String, SqlError> {
    let name = part.and_then(OsStr::to_str).map(str::to_lowercase);
    name.ok_or_else(|| refused(path, "its name is not UTF-8; rename it"))
}

fn refused(path: &Path, why: &str) -> SqlError {
    SqlError::new("INVALID_DATA_DIRECTORY", "22023", format!("{} can't be mounted: {why}.", path.display()))
}

#[cfg(test)]
mod tests;
