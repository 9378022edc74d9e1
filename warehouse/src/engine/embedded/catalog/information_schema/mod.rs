//! `information_schema`: the facts of one catalog, or in `system` of all of them, as tables.

mod relations;
mod rows;

use std::sync::{Arc, Weak};

use arrow_array::{ArrayRef, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema as ArrowSchema, SchemaRef, TimeUnit};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use self::relations::{RELATIONS, Relation};
use super::schema::{Entry, Schema};
use super::{Catalogs, TableFacts, TableKind};
use crate::engine::embedded::errors;

/// The schema's name.
pub(crate) const NAME: &str = "information_schema";

/// The `information_schema` of `catalog`; that of `system` tells of all catalogs.
pub(super) fn schema(catalog: &str, catalogs: &Weak<Catalogs>) -> Schema {
    let scope = (catalog != super::SYSTEM).then(|| catalog.to_owned());
    let tables = RELATIONS.iter().map(|relation| {
        let table = InformationTable {
            relation,
            schema: columns(relation),
            scope: scope.clone(),
            catalogs: Weak::clone(catalogs),
        };
        (relation.name.to_owned(), Entry::open(Arc::new(table), TableFacts::of(TableKind::View, "")))
    });
    Schema::new(catalog, NAME, Some("Facts about the catalog's objects".to_owned()), true).with_tables(tables)
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Number(i32),
    Time(DateTime<Utc>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Number(number)
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Time(time)
    }
}

/// A row by column name; a column without a value is NULL.
#[derive(Debug, Clone, PartialEq, Default)]
struct Row(Vec<(&'static str, Value)>);

impl Row {
    fn with(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((column, value.into()));
        self
    }

    fn with_some(self, column: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(column, value),
            None => self,
        }
    }

    fn get(&self, column: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| *name == column).map(|(_, value)| value)
    }
}

/// One of the tables.
#[derive(Debug)]
struct InformationTable {
    relation: &'static Relation,
    schema: SchemaRef,
    /// The one catalog that it tells of; all when absent.
    scope: Option<String>,
    catalogs: Weak<Catalogs>,
}

#[async_trait]
impl TableProvider for InformationTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let catalogs = self.catalogs.upgrade().ok_or_else(|| errors::carried(errors::internal("no catalogs")))?;
        let rows = rows::of(self.relation.name, &catalogs, self.scope.as_deref()).await.map_err(errors::carried)?;
        let columns = self.schema.fields().iter().map(|field| array(field, &rows)).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        let source = MemorySourceConfig::try_new(&[vec![batch]], self.schema(), projection.cloned())?;
        Ok(DataSourceExec::from_data_source(source.with_limit(limit)))
    }
}

fn columns(relation: &Relation) -> SchemaRef {
    let fields = relation.columns.split_whitespace().map(|column| {
        let (name, data_type) = match column.split_once(':') {
            Some((name, "int")) => (name, DataType::Int32),
            Some((name, _)) => (name, DataType::Timestamp(TimeUnit::Microsecond, Some("Etc/UTC".into()))),
            None => (column, DataType::Utf8),
        };
        Field::new(name, data_type, true)
    });
    Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()))
}

fn array(field: &Field, rows: &[Row]) -> ArrayRef {
    let values = rows.iter().map(|row| row.get(field.name()));
    match field.data_type() {
        DataType::Int32 => Arc::new(Int32Array::from_iter(values.map(|value| match value {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }))),
        DataType::Timestamp(_, zone) => {
            let times = values.map(|value| match value {
                Some(Value::Time(time)) => Some(time.timestamp_micros()),
                _ => None,
            });
            Arc::new(TimestampMicrosecondArray::from_iter(times).with_timezone_opt(zone.clone()))
        }
        _ => Arc::new(StringArray::from_iter(values.map(|value| match value {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }))),
    }
}

#[cfg(test)]
mod tests;
