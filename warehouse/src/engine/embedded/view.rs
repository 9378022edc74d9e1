//! Views: a query's text and where its names resolve.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result as DfResult;
use datafusion::common::metadata::FieldMetadata;
use datafusion::datasource::TableType;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::ExecutionPlan;

use super::errors;
use super::folded::DECLARED_NAME;
use super::rewrite::fold;
use crate::engine::SqlError;

/// A view. Its text is planned again whenever it is read, so that it follows its tables.
#[derive(Debug, Clone)]
pub struct View {
    /// The query.
    pub text: String,
    /// The catalog that was current when it was made.
    pub catalog: String,
    /// The schema that was current when it was made.
    pub schema: String,
    /// Its columns when it was made, under the names that the view shows.
    pub shape: SchemaRef,
}

#[async_trait]
impl TableProvider for View {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.shape)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn get_table_definition(&self) -> Option<&str> {
        Some(&self.text)
    }

    async fn scan(
        &self,
        _: &dyn Session,
        _: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        // The planner puts the view's plan in its place before anything is scanned.
        Err(errors::carried(errors::internal("a view was scanned as a table")))
    }
}

impl View {
    /// The view's plan under the names that the view shows.
    pub(super) fn renamed(&self, plan: LogicalPlan) -> Result<LogicalPlan, SqlError> {
        let found = plan.schema().columns();
        if found.len() != self.shape.fields().len() {
            return Err(SqlError::new(
                "VIEW_COLUMN_COUNT_MISMATCH",
                "42826",
                format!(
                    "The view was made with {} columns, its query now has {}.",
                    self.shape.fields().len(),
                    found.len()
                ),
            ));
        }
        let renamed = found.into_iter().zip(self.shape.fields()).map(|(column, field)| {
            let declared = BTreeMap::from([(DECLARED_NAME.to_owned(), field.name().clone())]);
            Expr::Column(column).alias_with_metadata(fold(field.name()), Some(FieldMetadata::new(declared)))
        });
        Ok(LogicalPlanBuilder::from(plan).project(renamed)?.build()?)
    }
}
