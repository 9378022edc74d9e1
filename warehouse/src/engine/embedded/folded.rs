//! Tables whose column names have capitals, as the planner sees them: in lower case.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result as DfResult;
use datafusion::datasource::TableType;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;

use super::rewrite::fold;

/// The field metadata that keeps a column's name as it was declared.
pub(super) const DECLARED_NAME: &str = "declared_name";

/// A table under the lower-case names of its columns.
#[derive(Debug)]
pub(super) struct FoldedTable {
    inner: Arc<dyn TableProvider>,
    schema: SchemaRef,
}

impl FoldedTable {
    /// The table itself when its names are lower case already.
    pub(super) fn over(inner: Arc<dyn TableProvider>) -> Arc<dyn TableProvider> {
        let declared = inner.schema();
        if declared.fields().iter().all(|f| fold(f.name()) == *f.name()) {
            return inner;
        }
        let fields: Vec<Field> = declared
            .fields()
            .iter()
            .map(|f| {
                let mut metadata: HashMap<String, String> = f.metadata().clone();
                metadata.insert(DECLARED_NAME.to_owned(), f.name().clone());
                f.as_ref().clone().with_name(fold(f.name())).with_metadata(metadata)
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
        let columns = scan.schema();
        let renamed = columns.fields().iter().enumerate().map(|(position, field)| {
            let column = Arc::new(Column::new(field.name(), position));
            (column as Arc<dyn datafusion::physical_expr::PhysicalExpr>, fold(field.name()))
        });
        Ok(Arc::new(ProjectionExec::try_new(renamed.collect::<Vec<_>>(), scan)?))
    }
}
