//! Tables in memory.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result as DfResult;
use datafusion::datasource::TableType;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;

/// A table whose rows are in memory. Readers see the rows as they were when they started; writers come one by one.
#[derive(Debug)]
pub(super) struct StoredTable {
    schema: SchemaRef,
    rows: RwLock<Arc<Vec<RecordBatch>>>,
    writer: tokio::sync::Mutex<()>,
}

impl StoredTable {
    /// The zone in which tables label their timestamps; readers see them in their session's.
    pub(super) const ZONE: &'static str = "UTC";

    /// A table with these rows, which have the table's types.
    pub(super) fn new(schema: SchemaRef, rows: Vec<RecordBatch>) -> Self {
        Self { schema, rows: RwLock::new(Arc::new(rows)), writer: tokio::sync::Mutex::new(()) }
    }

    /// The rows as they are now.
    pub(super) fn rows(&self) -> Arc<Vec<RecordBatch>> {
        Arc::clone(&self.rows.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The right to change the rows, until it is dropped.
    pub(super) async fn writer(&self) -> Writer<'_> {
        Writer { table: self, _turn: self.writer.lock().await }
    }
}

/// A writer's turn.
pub(super) struct Writer<'a> {
    table: &'a StoredTable,
    _turn: tokio::sync::MutexGuard<'a, ()>,
}

impl Writer<'_> {
    /// Puts rows in the place of all that were there.
    pub(super) fn replace(&self, rows: Vec<RecordBatch>) {
        *self.table.rows.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rows);
    }

    /// Adds rows.
    pub(super) fn append(&self, rows: Vec<RecordBatch>) {
        let mut all = self.table.rows().as_ref().clone();
        all.extend(rows);
        self.replace(all);
    }
}

#[async_trait]
impl TableProvider for StoredTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        let rows = self.rows();
        let parts = state.config().target_partitions().min(rows.len()).max(1);
        let share = rows.len().div_ceil(parts).max(1);
        let mut partitions: Vec<Vec<RecordBatch>> = rows.chunks(share).map(<[_]>::to_vec).collect();
        if partitions.is_empty() {
            partitions.push(vec![]);
        }
        Ok(MemorySourceConfig::try_new_exec(&partitions, Arc::clone(&self.schema), projection.cloned())?)
    }
}
