//! The catalogs that all sessions share: `main`, which users fill, `samples` with TPC-H, and `system`.
//!
//! Names are kept in lower case and found in any, as Unity Catalog does. Every object's facts live beside it in
//! its schema: SHOW, DESCRIBE and `information_schema` have no other source.

mod error;
mod facts;
mod information_schema;
pub(in crate::engine::embedded) mod mirror;
mod mount;
pub(crate) mod name;
mod provider;
pub(crate) mod schema;
pub(in crate::engine::embedded) mod tpch;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::catalog::{CatalogProvider, CatalogProviderList, TableProvider};

use self::provider::Catalog;
use self::schema::{Entry, Schema};
use super::routines::Routine;
use super::session::user_name;
use super::view::View;
use super::{EngineConfig, errors};
use crate::engine::SqlError;

pub use self::facts::{ForeignKey, PrimaryKey, TableFacts, TableKind};
pub use self::name::TableName;

/// The catalog in which users create things, and the current one of a new session.
pub const MAIN: &str = "main";
/// The schema that `main` has from the start.
pub const DEFAULT_SCHEMA: &str = "default";
/// The catalog of the samples.
pub(crate) const SAMPLES: &str = "samples";
pub(crate) use self::information_schema::NAME as INFORMATION_SCHEMA;

/// The catalog whose `information_schema` tells of all catalogs.
pub const SYSTEM: &str = "system";

/// All catalogs of one warehouse.
#[derive(Debug)]
pub struct Catalogs {
    catalogs: Vec<(&'static str, Arc<Catalog>)>,
    owner: String,
    created: DateTime<Utc>,
}

/// A table as the catalogs know it.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its rows and columns.
    pub provider: Arc<dyn TableProvider>,
    /// What else is known of it.
    pub facts: Arc<TableFacts>,
}

impl Catalogs {
    /// The catalogs `main`, `samples` and `system`. TPC-H rows are generated at `config.scale_factor` and mounted
    /// files opened when they are first read. Errors: a scale factor that is not a positive number, or a data folder
    /// that can't be read or mounted.
    pub fn new(config: &EngineConfig) -> Result<Arc<Self>, SqlError> {
        let tpch = Schema::new(SAMPLES, "tpch", Some(tpch::COMMENT.to_owned()), true)
            .with_tables(tpch::tables(config.scale_factor)?);
        let mut mounted = match &config.data_dir {
            Some(folder) => mount::tables(folder)?,
            None => BTreeMap::new(),
        };
        mounted.entry(DEFAULT_SCHEMA.to_owned()).or_default();
        let main = mounted.into_iter().map(|(name, tables)| {
            let comment = (name == DEFAULT_SCHEMA).then(|| "Default schema".to_owned());
            let schema = Schema::new(MAIN, &name, comment, false).with_tables(tables);
            (name, schema)
        });
        Ok(Self::of(main.collect(), vec![("tpch".to_owned(), tpch)]))
    }

    /// The catalogs with these schemas of `main` and of `samples`.
    fn of(main: Vec<(String, Schema)>, samples: Vec<(String, Schema)>) -> Arc<Self> {
        Arc::new_cyclic(|all| {
            let catalog = |name, comment, read_only, schemas: Vec<(String, Schema)>| {
                let information = (information_schema::NAME.to_owned(), information_schema::schema(name, all));
                (name, Arc::new(Catalog::new(name, comment, read_only, schemas.into_iter().chain([information]))))
            };
            Self {
                catalogs: vec![
                    catalog(MAIN, "Tables of this warehouse, kept in memory", false, main),
                    catalog(SAMPLES, "Sample data sets", true, samples),
                    catalog(SYSTEM, "Facts about all catalogs", true, Vec::new()),
                ],
                owner: user_name(),
                created: Utc::now(),
            }
        })
    }

    /// Whether there is such a catalog, in any letter case; an error that says so when not.
    pub fn require_catalog(&self, catalog: &str) -> Result<(), SqlError> {
        self.require(catalog).map(|_| ())
    }

    /// Whether there are such a catalog and such a schema; an error that names the missing one when not.
    pub fn require_schema(&self, catalog: &str, schema: &str) -> Result<(), SqlError> {
        self.require(catalog)?.require(schema).map(|_| ())
    }

    /// Creates an empty schema. Errors: it exists, or the catalog is missing or read-only.
    pub fn create_schema(&self, catalog: &str, schema: &str, comment: Option<String>) -> Result<(), SqlError> {
        self.require(catalog)?.create(schema, comment)
    }

    /// Drops a schema, and with `cascade` all that is in it. Errors: it is missing, or not empty without
    /// `cascade`, or read-only.
    pub fn drop_schema(&self, catalog: &str, schema: &str, cascade: bool) -> Result<(), SqlError> {
        self.require(catalog)?.remove(schema, cascade).map(|_| ())
    }

    /// Adds a table or view. Errors: one of this name exists, or its schema is missing or read-only.
    pub fn create_table(
        &self,
        name: &TableName,
        provider: Arc<dyn TableProvider>,
        facts: TableFacts,
    ) -> Result<(), SqlError> {
        self.schema_to_write(name)?.insert(&name.table, Entry::open(provider, facts), false).map(|_| ())
    }

    /// Puts a table or view in the place of the one of this name, if there is one. Errors: its schema is missing
    /// or read-only.
    pub fn replace_table(
        &self,
        name: &TableName,
        provider: Arc<dyn TableProvider>,
        facts: TableFacts,
    ) -> Result<(), SqlError> {
        self.schema_to_write(name)?.insert(&name.table, Entry::open(provider, facts), true).map(|_| ())
    }

    /// Drops a table or view. Files that were mounted stay on disk. Errors: it is missing or read-only.
    pub fn drop_table(&self, name: &TableName) -> Result<(), SqlError> {
        match self.schema_to_write(name)?.remove(&name.table)? {
            Some(_) => Ok(()),
            None => Err(errors::table_not_found(&name.to_string())),
        }
    }

    /// A table or view with its facts. Errors: its catalog, its schema or it itself is missing, or its files
    /// can't be read.
    pub async fn table(&self, name: &TableName) -> Result<Table, SqlError> {
        let entry = self.entry(name)?;
        let provider = entry.provider().await?;
        if provider.downcast_ref::<View>().is_some_and(|view| view.follows) {
            return Err(errors::unsupported("a view WITH SCHEMA"));
        }
        Ok(Table { provider, facts: entry.facts })
    }

    /// The facts of a table or view, without opening it. Errors: its catalog, its schema or it itself is missing.
    pub fn facts(&self, name: &TableName) -> Result<Arc<TableFacts>, SqlError> {
        self.entry(name).map(|entry| entry.facts)
    }

    /// Changes the facts of a table or view. Errors: it is missing or read-only.
    pub fn change_facts(&self, name: &TableName, change: impl FnOnce(&mut TableFacts)) -> Result<(), SqlError> {
        match self.schema_to_write(name)?.change_facts(&name.table, change)? {
            true => Ok(()),
            false => Err(errors::table_not_found(&name.to_string())),
        }
    }

    /// A SQL function.
    pub(in crate::engine::embedded) fn routine(&self, catalog: &str, schema: &str, name: &str) -> Option<Arc<Routine>> {
        self.require(catalog).ok()?.require(schema).ok()?.routine(name)
    }

    /// Adds a SQL function, or puts it in the place of the one of its name; `false` when there is one that stays.
    /// Errors: its schema is missing or read-only.
    pub(in crate::engine::embedded) fn create_routine(
        &self,
        catalog: &str,
        schema: &str,
        routine: Arc<Routine>,
        replace: bool,
    ) -> Result<bool, SqlError> {
        self.require_writable(catalog, schema)?;
        self.require(catalog)?.require(schema)?.insert_routine(routine, replace)
    }

    /// Drops a SQL function; `false` when there is none. Errors: its schema is missing or read-only.
    pub(in crate::engine::embedded) fn drop_routine(
        &self,
        catalog: &str,
        schema: &str,
        name: &str,
    ) -> Result<bool, SqlError> {
        self.require_writable(catalog, schema)?;
        self.require(catalog)?.require(schema)?.remove_routine(name)
    }

    /// Whether objects may be created in this schema; an error that says why not otherwise.
    pub fn require_writable(&self, catalog: &str, schema: &str) -> Result<(), SqlError> {
        let catalog = self.require(catalog)?;
        catalog.writable()?;
        catalog.require(schema)?.writable()
    }

    /// The catalogs' names in alphabetical order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.catalogs.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    /// The owner of everything.
    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// When the catalogs were made.
    pub(crate) fn created(&self) -> DateTime<Utc> {
        self.created
    }

    /// A catalog's comment.
    pub(crate) fn comment(&self, catalog: &str) -> Result<&'static str, SqlError> {
        self.require(catalog).map(|catalog| catalog.comment)
    }

    /// The schemas of a catalog in the order of their names.
    pub(crate) fn schemas(&self, catalog: &str) -> Result<Vec<(String, Arc<Schema>)>, SqlError> {
        self.require(catalog).map(|catalog| catalog.schemas())
    }

    /// One schema.
    pub(crate) fn schema_of(&self, catalog: &str, schema: &str) -> Result<Arc<Schema>, SqlError> {
        self.require(catalog)?.require(schema)
    }

    fn entry(&self, name: &TableName) -> Result<Entry, SqlError> {
        let schema = self.require(&name.catalog)?.require(&name.schema)?;
        schema.entry(&name.table).ok_or_else(|| errors::table_not_found(&name.to_string()))
    }

    fn schema_to_write(&self, name: &TableName) -> Result<Arc<Schema>, SqlError> {
        let catalog = self.require(&name.catalog)?;
        catalog.writable()?;
        catalog.require(&name.schema)
    }

    fn require(&self, catalog: &str) -> Result<&Arc<Catalog>, SqlError> {
        self.find(catalog).ok_or_else(|| errors::no_such_catalog(&catalog.to_lowercase()))
    }

    fn find(&self, catalog: &str) -> Option<&Arc<Catalog>> {
        let name = catalog.to_lowercase();
        self.catalogs.iter().find(|(known, _)| *known == name).map(|(_, catalog)| catalog)
    }
}

impl CatalogProviderList for Catalogs {
    /// The set of catalogs is fixed: does nothing.
    fn register_catalog(&self, _name: String, _catalog: Arc<dyn CatalogProvider>) -> Option<Arc<dyn CatalogProvider>> {
        None
    }

    fn catalog_names(&self) -> Vec<String> {
        self.names()
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        self.find(name).map(|catalog| Arc::clone(catalog) as Arc<dyn CatalogProvider>)
    }
}

#[cfg(test)]
mod tests;
