//! Queries to logical plans.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{CatalogProviderList, TableProvider};
use datafusion::common::TableReference;
use datafusion::datasource::provider_as_source;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{LogicalPlan, TableSource};
use datafusion::sql::parser::Statement as PlannedStatement;
use datafusion::sql::planner::{ParserOptions, SqlToRel};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::Statement;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::catalog::Catalogs;
use super::coerce::coerce;
use super::context::StatementContext;
use super::folded::FoldedTable;
use super::session::SessionView;
use super::view::View;
use super::{errors, parse, refused, rewrite};
use crate::engine::SqlError;

/// How deep views may stand on views.
const MAX_VIEW_DEPTH: usize = 64;

/// What planning needs to know.
#[derive(Clone, Copy)]
pub(super) struct Planner<'a> {
    /// The engine's state with the session's options.
    pub(super) state: &'a SessionState,
    /// The catalogs.
    pub(super) catalogs: &'a Arc<Catalogs>,
    /// The session.
    pub(super) session: &'a Arc<SessionView>,
    /// How many views surround the query.
    pub(super) depth: usize,
}

impl Planner<'_> {
    /// Plans a query whose markers have been replaced.
    pub(super) async fn query(&self, mut statement: Statement) -> Result<LogicalPlan, SqlError> {
        rewrite::rewrite(&mut statement)?;
        self.rewritten(statement).await
    }

    /// Plans a statement that has been rewritten.
    pub(super) async fn rewritten(&self, statement: Statement) -> Result<LogicalPlan, SqlError> {
        let takes_all = rewrite::takes_all(&statement);
        let statement = PlannedStatement::Statement(Box::new(statement));
        let (references, _) = resolve_table_references(&statement, false)?;
        let mut tables: HashMap<TableReference, Arc<dyn TableSource>> = HashMap::with_capacity(references.len());
        for reference in references {
            if let Some(table) = self.table(&reference).await? {
                tables.insert(reference, provider_as_source(table));
            }
        }
        if takes_all && tables.values().any(|table| table.schema().column_with_name("all").is_some()) {
            return Err(errors::unsupported("GROUP BY ALL and ORDER BY ALL over a table with a column of that name"));
        }
        let context = StatementContext::new(tables, self.state.config_options(), Arc::clone(self.session));
        let options = ParserOptions {
            enable_ident_normalization: false,
            ..ParserOptions::from(&self.state.config_options().sql_parser)
        };
        let plan = SqlToRel::new_with_options(&context, options).statement_to_plan(statement)?;
        refused::check(&plan)?;
        Ok(coerce(plan, self.session.zone())?)
    }

    /// The table of a reference: a temporary view, or what the catalogs have; `None` when there is none.
    pub(super) async fn table(&self, reference: &TableReference) -> Result<Option<Arc<dyn TableProvider>>, SqlError> {
        if let TableReference::Bare { table } = reference
            && let Some(view) = self.session.temporary_views.get(table.as_ref())
        {
            return self.view(view).await.map(Some);
        }
        let resolved = reference.clone().resolve(&self.session.catalog, &self.session.schema);
        let schema = self.catalogs.catalog(&resolved.catalog).and_then(|c| c.schema(&resolved.schema));
        let Some(schema) = schema else { return Ok(None) };
        let Some(table) = schema.table(&resolved.table).await? else { return Ok(None) };
        match table.downcast_ref::<View>() {
            Some(view) => self.view(view).await.map(Some),
            None => Ok(Some(FoldedTable::over(table, self.session.time_zone()))),
        }
    }

    fn view<'a>(&'a self, view: &'a View) -> BoxFuture<'a, Result<Arc<dyn TableProvider>, SqlError>> {
        async move {
            if self.depth >= MAX_VIEW_DEPTH {
                return Err(SqlError::new(
                    "VIEW_EXCEED_MAX_NESTED_DEPTH",
                    "54K00",
                    format!("The depth of the view exceeds the maximum view resolution depth ({MAX_VIEW_DEPTH})."),
                ));
            }
            let session = Arc::new(self.session.within(&view.catalog, &view.schema));
            let inner = Planner { session: &session, depth: self.depth + 1, ..*self };
            let plan = inner.query(parse::statement(&view.text)?).await?;
            let plan = view.renamed(plan)?;
            Ok(Arc::new(ViewTable::new(plan, Some(view.text.clone()))) as Arc<dyn TableProvider>)
        }
        .boxed()
    }
}
