//! The embedded engine: DataFusion made to speak Databricks SQL.
//!
//! A statement goes through `parse`, `parameters`, `rewrite`, `plan` and `answer`, in this order; what this engine
//! has not is refused by name (SQLSTATE 0A000), never answered differently.

mod answer;
mod arithmetic;
mod cast;
pub mod catalog;
mod coerce;
mod constant;
mod context;
mod cooperative;
mod errors;
mod execute;
mod folded;
mod foreign;
pub(crate) mod front;
mod functions;
mod inline_tables;
mod intervals;
mod limits;
mod literals;
mod memberships;
mod merged;
mod operators;
mod parameters;
mod parse;
mod pipes;
mod plan;
mod range;
mod recursion;
mod refused;
mod rewrite;
mod routines;
pub mod session;
mod settings;
pub mod show;
mod spelling;
pub mod sql_type;
mod statements;
mod table;
mod text;
mod time;
mod tokens;
mod types;
mod unread;
mod variables;
pub mod view;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use self::catalog::Catalogs;
use self::execute::Executor;
use self::session::Session;
use crate::engine::{Engine, EngineSession, SessionOptions, SqlError};

/// What the engine serves.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// A folder whose Parquet, CSV and JSON files are tables; none when absent.
    pub data_dir: Option<PathBuf>,
    /// The scale factor of `samples.tpch`; 1.0 is about 1 GB.
    pub scale_factor: f64,
}

/// An engine in this process; its tables live in memory.
pub struct EmbeddedEngine {
    catalogs: Arc<Catalogs>,
    executor: Arc<Executor>,
}

impl EmbeddedEngine {
    /// An engine with these sources. A data folder that can't be read is an error.
    pub fn new(config: EngineConfig) -> Result<Self, SqlError> {
        Ok(Self { catalogs: Catalogs::new(&config)?, executor: Arc::new(Executor::new()) })
    }
}

#[async_trait]
impl Engine for EmbeddedEngine {
    async fn open_session(&self, options: SessionOptions) -> Result<Arc<dyn EngineSession>, SqlError> {
        options.settings.iter().try_for_each(|(name, value)| settings::check_applied(name, value))?;
        Ok(Arc::new(Session::open(Arc::clone(&self.catalogs), Arc::clone(&self.executor), options)?))
    }
}

#[cfg(test)]
mod tests;
