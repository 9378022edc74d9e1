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
use super::{errors, memberships, parse, refused, rewrite, routines, types, variables};
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
    /// How many relations of joins are being looked up.
    pub(super) looking: usize,
}

impl Planner<'_> {
    /// Brings a query to the form in which its columns' names are read off it.
    pub(super) async fn prepare(&self, statement: &mut Statement) -> Result<(), SqlError> {
        rewrite::resolve_windows(statement)?;
        rewrite::normalize(statement, self.session.zone());
        rewrite::spell_keys_alike(statement);
        self.spell_merges_out(statement).await
    }

    /// Plans a query, whose names may also be aliases before them or session variables. Gives the statement, too, as it is to be
    /// read for the names of its columns.
    pub(super) async fn resolved(&self, statement: Statement) -> Result<(LogicalPlan, Statement), SqlError> {
        let mut error = match self.prepared(statement.clone()).await {
            Err(error) => error,
            planned => return planned,
        };
        let mut statement = statement;
        if let Some(instead) = rewrite::lateral_alias::instead(&error, &statement)? {
            match self.prepared(instead.clone()).await {
                Err(another) => (error, statement) = (another, instead),
                planned => return planned,
            }
        }
        match variables::instead(&error, &statement, self.session)? {
            Some(instead) => self.prepared(instead).await,
            None => Err(error),
        }
    }

    async fn prepared(&self, mut statement: Statement) -> Result<(LogicalPlan, Statement), SqlError> {
        self.prepare(&mut statement).await?;
        Ok((self.query(statement.clone()).await?, statement))
    }

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
        let plan = coerce(plan, self.session.zone())?;
        Ok(memberships::as_values(plan, self.session.zone())?)
    }

    /// The table of a reference: a temporary view, or what the catalogs have; `None` when there is none.
    pub(super) async fn table(&self, reference: &TableReference) -> Result<Option<Arc<dyn TableProvider>>, SqlError> {
        if let TableReference::Bare { table } = reference
            && let Some(view) = self.session.temporary_views.get(table.as_ref())
        {
            return self.view(view, true).await.map(Some);
        }
        let resolved = reference.clone().resolve(&self.session.catalog, &self.session.schema);
        let schema = self.catalogs.catalog(&resolved.catalog).and_then(|c| c.schema(&resolved.schema));
        const FORMATS: [&str; 8] = ["avro", "binaryfile", "csv", "delta", "json", "orc", "parquet", "text"];
        let Some(schema) = schema else {
            return match FORMATS.contains(&resolved.schema.as_ref()) {
                true => Err(errors::unsupported("a query of files (format.`path`)")),
                false => Ok(None),
            };
        };
        let Some(table) = schema.table(&resolved.table).await? else { return Ok(None) };
        if let Some(kept) = table.schema().fields().iter().find_map(|field| types::kept_only(field).cloned()) {
            return Err(errors::unsupported(format!("a table with a column of the type {kept}")));
        }
        match table.downcast_ref::<View>() {
            Some(view) if view.follows => Err(errors::unsupported("a view WITH SCHEMA")),
            Some(view) => self.view(view, false).await.map(Some),
            None => Ok(Some(FoldedTable::over(table, self.session.time_zone()))),
        }
    }

    fn view<'a>(&'a self, view: &'a View, temporary: bool) -> BoxFuture<'a, Result<Arc<dyn TableProvider>, SqlError>> {
        async move {
            if self.depth >= MAX_VIEW_DEPTH {
                return Err(SqlError::new(
                    "VIEW_EXCEED_MAX_NESTED_DEPTH",
                    "54K00",
                    format!("The depth of the view exceeds the maximum view resolution depth ({MAX_VIEW_DEPTH})."),
                ));
            }
            let session = self.session.within(&view.catalog, &view.schema);
            let session = Arc::new(if temporary { session } else { session.without_own() });
            let inner = Planner { session: &session, depth: self.depth + 1, ..*self };
            let mut statement = parse::statement(&view.text)?;
            routines::expand(&mut statement, &session, self.catalogs)?;
            let (plan, _) = inner.resolved(statement).await?;
            let plan = view.renamed(plan)?;
            Ok(Arc::new(ViewTable::new(plan, Some(view.text.clone()))) as Arc<dyn TableProvider>)
        }
        .boxed()
    }
}
