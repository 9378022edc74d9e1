//! One schema: its tables in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use arrow_schema::SchemaRef;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::{DataFusionError, Result};

use super::name::quoted;
use super::{TableFacts, TableKind, TableName, error};
use crate::engine::SqlError;
use crate::engine::embedded::errors;
use crate::engine::embedded::routines::{Routine, Routines};

/// A table that is only opened when somebody asks for it.
#[async_trait]
pub(super) trait Opener: fmt::Debug + Send + Sync {
    /// The opened table; opening twice gives the same one.
    async fn open(&self) -> Result<Arc<dyn TableProvider>>;
}

/// Where an entry's provider comes from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Open(Arc<dyn TableProvider>),
    Closed(Arc<dyn Opener>),
}

/// A table of a schema with its facts.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(super) source: Source,
    pub(crate) facts: Arc<TableFacts>,
}

impl Entry {
    pub(super) fn open(provider: Arc<dyn TableProvider>, facts: TableFacts) -> Self {
        Self { source: Source::Open(provider), facts: Arc::new(facts) }
    }

    pub(super) async fn provider(&self) -> Result<Arc<dyn TableProvider>> {
        match &self.source {
            Source::Open(provider) => Ok(Arc::clone(provider)),
            Source::Closed(opener) => opener.open().await,
        }
    }

    /// The columns, for listings: a table that can't be opened is left out with a warning, so that one broken file
    /// does not hide all others.
    pub(crate) async fn columns(&self, table: &str) -> Option<SchemaRef> {
        match self.provider().await {
            Ok(provider) => Some(provider.schema()),
            Err(error) => {
                tracing::warn!(table, %error, "left out of a listing: the table can't be opened");
                None
            }
        }
    }

    /// Whether it is a view.
    pub(crate) fn is_view(&self) -> bool {
        self.facts.kind == TableKind::View
    }
}

/// A schema. Table names are kept in lower case and found in any.
#[derive(Debug)]
pub(crate) struct Schema {
    catalog: String,
    name: String,
    pub(crate) comment: Option<String>,
    pub(crate) created: DateTime<Utc>,
    read_only: bool,
    tables: RwLock<BTreeMap<String, Entry>>,
    routines: RwLock<Routines>,
}

impl Schema {
    pub(super) fn new(catalog: &str, name: &str, comment: Option<String>, read_only: bool) -> Self {
        Self {
            catalog: catalog.to_owned(),
            name: name.to_lowercase(),
            comment,
            created: Utc::now(),
            read_only,
            tables: RwLock::new(BTreeMap::new()),
            routines: RwLock::new(Routines::new()),
        }
    }

    /// A schema with these tables from the start, also when it is read-only.
    pub(super) fn with_tables(self, tables: impl IntoIterator<Item = (String, Entry)>) -> Self {
        self.write().extend(tables.into_iter().map(|(name, entry)| (name.to_lowercase(), entry)));
        self
    }

    /// The tables in the order of their names.
    pub(crate) fn entries(&self) -> Vec<(String, Entry)> {
        self.read().iter().map(|(name, entry)| (name.clone(), entry.clone())).collect()
    }

    pub(super) fn entry(&self, table: &str) -> Option<Entry> {
        self.read().get(&table.to_lowercase()).cloned()
    }

    pub(super) fn insert(&self, table: &str, entry: Entry, replace: bool) -> Result<Option<Entry>, SqlError> {
        self.writable()?;
        let name = table.to_lowercase();
        let mut tables = self.write();
        if !replace && tables.contains_key(&name) {
            return Err(error::table_exists(&self.full_name(table)));
        }
        Ok(tables.insert(name, entry))
    }

    pub(super) fn remove(&self, table: &str) -> Result<Option<Entry>, SqlError> {
        self.writable()?;
        Ok(self.write().remove(&table.to_lowercase()))
    }

    pub(super) fn change_facts(&self, table: &str, change: impl FnOnce(&mut TableFacts)) -> Result<bool, SqlError> {
        self.writable()?;
        let mut tables = self.write();
        let entry = tables.get_mut(&table.to_lowercase());
        let found = entry.is_some();
        if let Some(entry) = entry {
            change(Arc::make_mut(&mut entry.facts));
        }
        Ok(found)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    pub(super) fn writable(&self) -> Result<(), SqlError> {
        if !self.read_only {
            return Ok(());
        }
        Err(error::read_only(&format!("schema {}.{}", quoted(&self.catalog), quoted(&self.name))))
    }

    /// A SQL function.
    pub(super) fn routine(&self, name: &str) -> Option<Arc<Routine>> {
        self.routines.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Adds a SQL function, or puts it in the place of the one of its name; `false` when there is one that stays.
    pub(super) fn insert_routine(&self, routine: Arc<Routine>, replace: bool) -> Result<bool, SqlError> {
        self.writable()?;
        let mut routines = self.routines.write().unwrap_or_else(PoisonError::into_inner);
        let goes = replace || !routines.contains_key(&routine.name);
        if goes {
            routines.insert(routine.name.clone(), routine);
        }
        Ok(goes)
    }

    /// Drops a SQL function; `false` when there is none.
    pub(super) fn remove_routine(&self, name: &str) -> Result<bool, SqlError> {
        self.writable()?;
        Ok(self.routines.write().unwrap_or_else(PoisonError::into_inner).remove(name).is_some())
    }

    fn full_name(&self, table: &str) -> TableName {
        TableName::new(&self.catalog, &self.name, table)
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Entry>> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Entry>> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SchemaProvider for Schema {
    fn table_names(&self) -> Vec<String> {
        self.read().keys().cloned().collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        match self.entry(name) {
            Some(entry) => entry.provider().await.map(Some),
            None => Ok(None),
        }
    }

    fn register_table(&self, name: String, table: Arc<dyn TableProvider>) -> Result<Option<Arc<dyn TableProvider>>> {
        let facts = match table.get_table_definition() {
            Some(text) => TableFacts::view(text),
            None => TableFacts::table(),
        };
        self.insert(&name, Entry::open(table, facts), false).map_err(errors::carried)?;
        Ok(None)
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.remove(name).map_err(errors::carried)? {
            Some(Entry { source: Source::Open(provider), .. }) => Ok(Some(provider)),
            _ => Ok(None),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.read().contains_key(&name.to_lowercase())
    }
}
