//! One catalog: its schemas in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use datafusion::catalog::{CatalogProvider, SchemaProvider};
use datafusion::error::Result;

use super::error;
use super::name::quoted;
use super::schema::Schema;
use crate::engine::SqlError;
use crate::engine::embedded::errors;

/// A catalog. Schema names are kept in lower case and found in any.
#[derive(Debug)]
pub(super) struct Catalog {
    name: String,
    pub(super) comment: &'static str,
    read_only: bool,
    schemas: RwLock<BTreeMap<String, Arc<Schema>>>,
}

impl Catalog {
    pub(super) fn new(
        name: &str,
        comment: &'static str,
        read_only: bool,
        schemas: impl IntoIterator<Item = (String, Schema)>,
    ) -> Self {
        let schemas = schemas.into_iter().map(|(name, schema)| (name, Arc::new(schema))).collect();
        Self { name: name.to_owned(), comment, read_only, schemas: RwLock::new(schemas) }
    }

    /// The schemas in the order of their names.
    pub(super) fn schemas(&self) -> Vec<(String, Arc<Schema>)> {
        self.read().iter().map(|(name, schema)| (name.clone(), Arc::clone(schema))).collect()
    }

    pub(super) fn find(&self, schema: &str) -> Option<Arc<Schema>> {
        self.read().get(&schema.to_lowercase()).cloned()
    }

    pub(super) fn require(&self, schema: &str) -> Result<Arc<Schema>, SqlError> {
        self.find(schema).ok_or_else(|| errors::schema_not_found(&self.name, &schema.to_lowercase()))
    }

    pub(super) fn create(&self, schema: &str, comment: Option<String>) -> Result<(), SqlError> {
        self.writable()?;
        let name = schema.to_lowercase();
        let mut schemas = self.write();
        if schemas.contains_key(&name) {
            return Err(error::schema_exists(&self.name, &name));
        }
        let schema = Schema::new(&self.name, &name, comment, false);
        schemas.insert(name, Arc::new(schema));
        Ok(())
    }

    pub(super) fn remove(&self, schema: &str, cascade: bool) -> Result<Arc<Schema>, SqlError> {
        self.writable()?;
        let name = schema.to_lowercase();
        let mut schemas = self.write();
        let Some(found) = schemas.get(&name) else {
            return Err(errors::schema_not_found(&self.name, &name));
        };
        found.writable()?;
        if !cascade && !found.is_empty() {
            return Err(error::schema_not_empty(&self.name, &name));
        }
        schemas.remove(&name).ok_or_else(|| errors::schema_not_found(&self.name, &name))
    }

    pub(super) fn writable(&self) -> Result<(), SqlError> {
        if !self.read_only {
            return Ok(());
        }
        Err(error::read_only(&format!("catalog {}", quoted(&self.name))))
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Schema>>> {
        self.schemas.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Arc<Schema>>> {
        self.schemas.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CatalogProvider for Catalog {
    fn schema_names(&self) -> Vec<String> {
        self.read().keys().cloned().collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        self.find(name).map(|schema| schema as Arc<dyn SchemaProvider>)
    }

    fn register_schema(&self, name: &str, _schema: Arc<dyn SchemaProvider>) -> Result<Option<Arc<dyn SchemaProvider>>> {
        self.create(name, None).map_err(errors::carried)?;
        Ok(None)
    }

    fn deregister_schema(&self, name: &str, cascade: bool) -> Result<Option<Arc<dyn SchemaProvider>>> {
        let schema = self.remove(name, cascade).map_err(errors::carried)?;
        Ok(Some(schema))
    }
}
