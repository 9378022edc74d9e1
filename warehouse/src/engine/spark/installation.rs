//! What a local Spark needs of this machine: pyspark with its jars, a JDK, and our catalog compiled for it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::StartError;

/// The release that the engine is tested with.
const PYSPARK: &str = "4.3.0";
/// The oldest release with the catalog interface that ours is written for.
const OLDEST: (u32, u32) = (4, 3);

/// Our catalog, compiled on first use against the jars that it runs with.
const SOURCES: [(&str, &str); 10] = [
    ("AffectedRows.java", include_str!("jvm/AffectedRows.java")),
    ("Facts.java", include_str!("jvm/Facts.java")),
    ("Kept.java", include_str!("jvm/Kept.java")),
    ("LocalCatalog.java", include_str!("jvm/LocalCatalog.java")),
    ("LocalTable.java", include_str!("jvm/LocalTable.java")),
    ("LocalWrite.java", include_str!("jvm/LocalWrite.java")),
    ("Main.java", include_str!("jvm/Main.java")),
    ("Store.java", include_str!("jvm/Store.java")),
    ("StringAssignment.java", include_str!("jvm/StringAssignment.java")),
    ("StringUpdate.java", include_str!("jvm/StringUpdate.java")),
];

/// A Spark that can be started.
#[derive(Debug, Clone)]
pub(super) struct Installation {
    pub(super) java: PathBuf,
    /// `-cp` for Java: our classes, and Spark's jars.
    pub(super) class_path: String,
}

impl Installation {
    /// Finds Spark through a Python interpreter, `python3` of the PATH by default. Errors say what to install.
    pub(super) fn find(python: Option<&Path>) -> Result<Self, StartError> {
        let python = python.unwrap_or(Path::new("python3"));
        let (home, version) = pyspark(python)?;
        let jars = home.join("jars").join("*");
        let classes = compiled(&version, &jars)?;
        let class_path = format!("{}:{}", classes.display(), jars.display());
        Ok(Self { java: tool("java"), class_path })
    }
}

/// Where pyspark lies, and its version.
fn pyspark(python: &Path) -> Result<(PathBuf, String), StartError> {
    let missing = |why: &str| StartError::NoSpark {
        why: why.trim().to_owned(),
        python: python.display().to_string(),
        version: PYSPARK,
    };
    const ASK: &str = "import importlib.util as u, importlib.metadata as m; s = u.find_spec('pyspark'); \
        print(m.version('pyspark')); print(s.submodule_search_locations[0])";
    let asked = Command::new(python).args(["-c", ASK]).output();
    let asked = asked.map_err(|error| missing(&format!("{}: {error}", python.display())))?;
    let text = String::from_utf8_lossy(&asked.stdout);
    let mut lines = text.lines();
    let (Some(version), Some(home), true) = (lines.next(), lines.next(), asked.status.success()) else {
        return Err(missing(&format!("{} has no pyspark", python.display())));
    };
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < OLDEST {
        return Err(missing(&format!("{} has pyspark {version}, which is too old", python.display())));
    }
    let home = PathBuf::from(home);
    if !home.join("jars").is_dir() {
        return Err(missing(&format!("pyspark in {} has no jars (pyspark-client is not enough)", home.display())));
    }
    Ok((home, version.to_owned()))
}

/// A tool of the JDK: that of JAVA_HOME, or of the PATH.
fn tool(name: &str) -> PathBuf {
    match std::env::var_os("JAVA_HOME").filter(|home| !home.is_empty()) {
        Some(home) => Path::new(&home).join("bin").join(name),
        None => PathBuf::from(name),
    }
}

/// The folder with our classes; they are kept, one folder for each content and release of Spark.
fn compiled(version: &str, jars: &Path) -> Result<PathBuf, StartError> {
    let mut hash = Sha256::new();
    hash.update(version);
    SOURCES.iter().for_each(|(_, source)| hash.update(source));
    let key: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let kept = cache().join(format!("spark-catalog-{key}"));
    if kept.is_dir() {
        return Ok(kept);
    }
    std::fs::create_dir_all(cache()).map_err(|error| StartError::Cache(cache(), error))?;
    let work = tempfile::tempdir_in(cache()).map_err(|error| StartError::Cache(cache(), error))?;
    let mut sources = Vec::new();
    for (name, source) in SOURCES {
        let path = work.path().join(name);
        std::fs::write(&path, source).map_err(|error| StartError::Cache(path.clone(), error))?;
        sources.push(path);
    }
    let classes = work.path().join("classes");
    let output = Command::new(tool("javac"))
        .args(["--release", "17", "-nowarn", "-proc:none", "-cp"])
        .arg(jars)
        .arg("-d")
        .arg(&classes)
        .args(&sources)
        .output();
    match output {
        Ok(output) if output.status.success() => {}
        Ok(output) => return Err(StartError::Compile(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
        Err(error) => return Err(StartError::NoJdk(error)),
    }
    match std::fs::rename(&classes, &kept) {
        // Another process was faster.
        Err(_) if kept.is_dir() => Ok(kept),
        Err(error) => Err(StartError::Cache(kept, error)),
        Ok(()) => Ok(kept),
    }
}

/// `$XDG_CACHE_HOME` or `~/.cache`, and our folder in it; the system's temporary folder without a home.
fn cache() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| value != OsStr::new("")).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("databricks-sql-kernel")
}
