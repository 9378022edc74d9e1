//! What a local Spark has from its start: the samples, and mounted files.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::samples::Samples;
use crate::engine::SqlError;
use crate::engine::embedded::EngineConfig;
use crate::engine::embedded::front::{SourceTable, source_tables};

/// The schemas and tables, as the server is told of them.
pub(super) struct Sources {
    pub(super) schemas: Vec<(String, String)>,
    pub(super) tables: Vec<Value>,
    /// Where what is created stays, when it is to stay.
    pub(super) kept: Option<PathBuf>,
}

/// The folder of created tables in the data folder; its name keeps it from being mounted.
const KEPT: &str = ".local-warehouse";

/// Finds them. Errors: a data folder that can't be read or mounted.
pub(super) async fn collect(config: &EngineConfig, samples: &Samples) -> Result<Sources, SqlError> {
    let schemas = vec![("main".to_owned(), "default".to_owned())];
    let mut sources = Sources { schemas, tables: Vec::new(), kept: kept(config)? };
    for SourceTable { catalog, schema, table, format, location, columns } in source_tables(config).await? {
        let (format, provider, path) = match location {
            Some(path) => (format.clone(), format, path),
            None => ("parquet".to_owned(), format, samples.folder(&table).display().to_string()),
        };
        let options = match format.as_str() {
            // What is no value of its column's type is an error, as in the embedded engine.
            "csv" => json!({"header": "true", "mode": "FAILFAST"}),
            "json" => json!({"mode": "FAILFAST"}),
            _ => json!({}),
        };
        sources.schemas.push((catalog.clone(), schema.clone()));
        sources.tables.push(json!({"catalog": catalog, "schema": schema, "table": table, "format": format,
            "provider": provider, "paths": [path], "columns": columns.unwrap_or_default(), "options": options}));
    }
    Ok(sources)
}

fn kept(config: &EngineConfig) -> Result<Option<PathBuf>, SqlError> {
    let Some(folder) = &config.data_dir else { return Ok(None) };
    let absolute = std::path::absolute(folder).map_err(|error| {
        SqlError::new("INVALID_DATA_DIRECTORY", "22023", format!("{} can't be used: {error}.", folder.display()))
    })?;
    Ok(Some(absolute.join(KEPT)))
}
