//! Views: a query's text and where its names resolve.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::metadata::FieldMetadata;
use datafusion::common::{Column, Result as DfResult};
use datafusion::datasource::TableType;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::ExecutionPlan;

use super::errors;
use super::folded::DECLARED_NAME;
use super::rewrite::{DUPLICATE_MARK, fold};
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
    /// Whether its columns follow its query (WITH SCHEMA), in which case it is kept and not read.
    pub follows: bool,
    /// The names of the query's columns when it was made.
    pub written: Vec<String>,
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
    /// The columns that the view shows: those of the names that its query had, whatever has come to a table since.
    fn found(&self, columns: Vec<Column>) -> Result<Vec<Column>, SqlError> {
        let same = |column: &Column, name: &str| column.name.split(DUPLICATE_MARK).next() == Some(&fold(name));
        if columns.len() == self.written.len() && columns.iter().zip(&self.written).all(|(c, name)| same(c, name)) {
            return Ok(columns);
        }
        let of_name = |name: &String| {
            let mut of_name = columns.iter().filter(|column| same(column, name));
            match (of_name.next(), of_name.next()) {
                (Some(column), None) => Ok(column.clone()),
                _ => Err(SqlError::new(
                    "INCOMPATIBLE_VIEW_SCHEMA_CHANGE",
                    "51024",
                    format!(
                        "The SQL query of the view has an incompatible schema change and column {name} cannot be resolved."
                    ),
                )),
            }
        };
        self.written.iter().map(of_name).collect()
    }

    /// The view's plan under the names that the view shows.
    pub(super) fn renamed(&self, plan: LogicalPlan) -> Result<LogicalPlan, SqlError> {
        let found = self.found(plan.schema().columns())?;
        let renamed = found.into_iter().zip(self.shape.fields()).map(|(column, field)| {
            let declared = BTreeMap::from([(DECLARED_NAME.to_owned(), field.name().clone())]);
            Expr::Column(column).alias_with_metadata(fold(field.name()), Some(FieldMetadata::new(declared)))
        });
        Ok(LogicalPlanBuilder::from(plan).project(renamed)?.build()?)
    }
}
