//! Tables as the planner sees them: column names in lower case, types in canonical form, timestamps in the session's zone.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result as DfResult;
use datafusion::datasource::TableType;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{CastExpr, Column};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;

use super::rewrite::fold;
use super::types;

/// The field metadata that keeps a column's name as it was declared.
pub(super) const DECLARED_NAME: &str = "declared_name";

/// A table under the lower-case names and canonical types of its columns.
#[derive(Debug)]
pub(super) struct FoldedTable {
    inner: Arc<dyn TableProvider>,
    schema: SchemaRef,
}

impl FoldedTable {
    /// The table itself when its names and types are so already.
    pub(super) fn over(inner: Arc<dyn TableProvider>, zone: &str) -> Arc<dyn TableProvider> {
        let declared = inner.schema();
        let seen_type = |f: &Field| types::canonical(f.data_type(), zone).unwrap_or_else(|| f.data_type().clone());
        if declared.fields().iter().all(|f| fold(f.name()) == *f.name() && seen_type(f) == *f.data_type()) {
            return inner;
        }
        let fields: Vec<Field> = declared
            .fields()
            .iter()
            .map(|f| {
                let mut metadata: HashMap<String, String> = f.metadata().clone();
                metadata.insert(DECLARED_NAME.to_owned(), f.name().clone());
                f.as_ref().clone().with_name(fold(f.name())).with_data_type(seen_type(f)).with_metadata(metadata)
            })
            .collect();
        Arc::new(Self { inner, schema: Arc::new(Schema::new(fields)) })
    }
}

#[async_trait]
impl TableProvider for FoldedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        self.inner.table_type()
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        let scan = self.inner.scan(state, projection, &[], limit).await?;
        let seen = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => Arc::clone(&self.schema),
        };
        // The planner holds a scan to all that it declares, a field's metadata too; a cast to the same type costs nothing.
        let found = scan.schema();
        let renamed = found.fields().iter().zip(seen.fields()).enumerate().map(|(position, (field, seen))| {
            let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), position));
            let column: Arc<dyn PhysicalExpr> = match field == seen {
                true => column,
                false => Arc::new(CastExpr::new_with_target_field(column, Arc::clone(seen), None)),
            };
            (column, seen.name().clone())
        });
        let renamed = renamed.collect::<Vec<_>>();
        Ok(Arc::new(ProjectionExec::try_new(renamed, scan)?))
    }
}
