//! `samples.tpch` as Parquet files, written when a statement first names a table.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use tokio::sync::Mutex;

use crate::engine::SqlError;
use crate::engine::embedded::front::{SAMPLE_TABLES, write_sample};

/// The folder of the eight tables.
pub(super) struct Samples {
    folder: PathBuf,
    scale_factor: f64,
    written: Mutex<HashSet<&'static str>>,
}

impl Samples {
    pub(super) fn new(folder: &Path, scale_factor: f64) -> Self {
        Self { folder: folder.join("samples"), scale_factor, written: Mutex::default() }
    }

    /// Where a table's files lie. There is no such folder before they are complete, so that none are read too early.
    pub(super) fn folder(&self, table: &str) -> PathBuf {
        self.folder.join(table)
    }

    /// Writes the tables that a statement of a session in this catalog may read.
    pub(super) async fn require(&self, sql: &str, catalog: &str) -> Result<(), SqlError> {
        let words: HashSet<String> =
            sql.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_lowercase).collect();
        if catalog != "samples" && !words.contains("samples") {
            return Ok(());
        }
        let mut written = self.written.lock().await;
        for table in SAMPLE_TABLES {
            if words.contains(table) && !written.contains(table) {
                let (folder, unfinished) = (self.folder(table), self.folder.join(format!("{table}.unfinished")));
                write_sample(table, self.scale_factor, &unfinished).await?;
                std::fs::rename(&unfinished, &folder).map_err(|error| {
                    SqlError::new("INTERNAL_ERROR", "XX000", format!("The table {table} can't be kept: {error}."))
                })?;
                written.insert(table);
            }
        }
        Ok(())
    }
}
