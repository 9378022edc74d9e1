//! Queries.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::{Expr, Query, SelectItem, SetExpr, Statement};
use futures::TryStreamExt;
use futures::future::ready;

use super::super::plan::Planner;
use super::super::rewrite::{fold, normalize, resolve_windows, shown_name};
use super::super::table::StoredTable;
use super::super::{answer, errors, parameters};
use super::Run;
use crate::engine::{Answer, Column, SqlError};

/// Runs a query.
pub(super) async fn run(run: &Run<'_>, statement: Statement) -> Result<Answer, SqlError> {
    let Planned { state, plan, columns } = planned(run, statement).await?;
    let rows = run.session.executor().run(&state, &plan).await?;
    answer::streamed(rows, columns, run.view.time_zone())
}

struct Planned {
    state: SessionState,
    plan: LogicalPlan,
    columns: Vec<Column>,
}

async fn planned(run: &Run<'_>, mut statement: Statement) -> Result<Planned, SqlError> {
    parameters::bind(&mut statement, run.parameters, run.view.time_zone())?;
    resolve_windows(&mut statement)?;
    normalize(&mut statement, run.view.zone());
    let names = written_names(&statement);
    let state = run.session.executor().state(run.view);
    let planner = Planner { state: &state, catalogs: run.session.catalogs(), session: run.view, depth: 0 };
    let (grouped, aliases) = (statement.to_string().contains("GROUP BY"), aliases(&statement));
    let plan = planner.query(statement).await.map_err(|error| explained(error, grouped, &aliases))?;
    let columns = answer::columns(plan.schema().as_arrow(), &names, run.view.time_zone())?;
    Ok(Planned { state, plan, columns })
}

/// The aliases of a query's select list, in lower case.
fn aliases(statement: &Statement) -> Vec<String> {
    let Statement::Query(query) = statement else { return vec![] };
    let SetExpr::Select(select) = query.body.as_ref() else { return vec![] };
    let alias = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(fold(&alias.value)),
        _ => None,
    };
    select.projection.iter().filter_map(alias).collect()
}

/// A planner's error, where the reference looks at more than the planner.
fn explained(error: SqlError, grouped: bool, aliases: &[String]) -> SqlError {
    match error.class.as_str() {
        "MISSING_AGGREGATION" if !grouped => SqlError { class: "MISSING_GROUP_BY".to_owned(), ..error },
        "UNRESOLVED_COLUMN.WITH_SUGGESTION" | "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION"
            if aliases.iter().any(|alias| error.text.contains(&format!("name `{alias}` "))) =>
        {
            errors::unsupported("an alias of the same select list in another column or in WHERE")
        }
        _ => error,
    }
}

/// All rows of a query, in the types in which tables keep them.
pub(super) async fn collect(run: &Run<'_>, statement: Statement) -> Result<(SchemaRef, Vec<RecordBatch>), SqlError> {
    let Planned { state, plan, columns } = planned(run, statement).await?;
    let rows = run.session.executor().run(&state, &plan).await?;
    let schema = answer::canonical_schema(&rows.schema(), &columns, StoredTable::ZONE)?;
    let into = Arc::clone(&schema);
    let answer = answer::streamed(rows, columns, StoredTable::ZONE)?;
    let rows =
        answer.batches.and_then(move |batch| ready(batch.with_schema(Arc::clone(&into)).map_err(SqlError::from)));
    Ok((schema, rows.try_collect().await?))
}

/// The columns of a query, under other names when some are given.
pub(super) async fn shape(run: &Run<'_>, statement: Statement, names: &[String]) -> Result<Schema, SqlError> {
    let Planned { plan, columns, .. } = planned(run, statement).await?;
    let schema = answer::canonical_schema(plan.schema().as_arrow(), &columns, StoredTable::ZONE)?;
    if names.is_empty() {
        return Ok(schema.as_ref().clone());
    }
    if names.len() != schema.fields().len() {
        return Err(SqlError::new(
            "CREATE_VIEW_COLUMN_ARITY_MISMATCH",
            "21S01",
            format!(
                "Cannot create the view: it names {} columns, its query has {}.",
                names.len(),
                schema.fields().len()
            ),
        ));
    }
    let fields = schema.fields().iter().zip(names).map(|(f, name)| f.as_ref().clone().with_name(name));
    Ok(Schema::new(fields.collect::<Vec<_>>()))
}

/// DESCRIBE QUERY: the columns that a query would answer.
pub(super) async fn describe(run: &Run<'_>, query: Query) -> Result<Answer, SqlError> {
    let Planned { columns, .. } = planned(run, Statement::Query(Box::new(query))).await?;
    let field = |name, nullable| Field::new(name, DataType::Utf8, nullable);
    let schema = Schema::new(vec![field("col_name", false), field("data_type", false), field("comment", true)]);
    let names: StringArray = columns.iter().map(|c| Some(c.name.as_str())).collect();
    let types: StringArray = columns.iter().map(|c| Some(c.sql_type.to_lowercase())).collect();
    let comments = StringArray::new_null(columns.len());
    let columns: Vec<ArrayRef> = vec![Arc::new(names), Arc::new(types), Arc::new(comments)];
    answer::whole(RecordBatch::try_new(Arc::new(schema), columns)?, run.view.time_zone())
}

/// The names of a query's columns as it writes them, by position; up to the first `*`.
fn written_names(statement: &Statement) -> Vec<Option<String>> {
    let Statement::Query(query) = statement else { return vec![] };
    let mut body = query.body.as_ref();
    let select = loop {
        match body {
            SetExpr::Select(select) => break select,
            SetExpr::Query(query) => body = query.body.as_ref(),
            SetExpr::SetOperation { left, .. } => body = left.as_ref(),
            _ => return vec![],
        }
    };
    let name = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().map(|p| p.value.clone()),
        SelectItem::UnnamedExpr(expr) => Some(shown_name(expr)),
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        _ => None,
    };
    select.projection.iter().map(name).take_while(Option::is_some).collect()
}
