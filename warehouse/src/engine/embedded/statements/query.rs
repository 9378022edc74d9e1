//! Queries.

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, SelectItem, SetExpr, Statement, visit_relations};
use futures::TryStreamExt;
use futures::future::ready;

use super::super::plan::Planner;
use super::super::rewrite::{column_name, fold};
use super::super::table::StoredTable;
use super::super::{answer, errors, parse, routines};
use super::Run;
use super::define::table_name;
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
    run.parameters.bind(&mut statement, run.view.time_zone())?;
    routines::expand(&mut statement, run.view, run.session.catalogs())?;
    let state = run.session.executor().state(run.view);
    let planner = Planner { state: &state, catalogs: run.session.catalogs(), session: run.view, depth: 0, looking: 0 };
    let (text, aliases) = (statement.to_string(), aliases(&statement));
    let (plan, statement) = planner.resolved(statement).await.map_err(|error| explained(error, &text, &aliases))?;
    let names = written_names(&statement);
    let columns = answer::columns(plan.schema().as_arrow(), &names, run.view.time_zone())?;
    Ok(Planned { state, plan, columns })
}

/// The aliases of a query's select list, in lower case.
fn aliases(statement: &Statement) -> Vec<String> {
    let Statement::Query(query) = statement else { return vec![] };
    let SetExpr::Select(select) = query.body.as_ref() else { return vec![] };
    let alias = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(fold(&alias.value)),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().map(|part| fold(&part.value)),
        _ => None,
    };
    select.projection.iter().filter_map(alias).collect()
}

/// Whether a LATERAL stands in brackets, or beside another.
fn has_inner_lateral(text: &str) -> bool {
    let mut parts = text.split("LATERAL");
    let before = parts.next().unwrap_or_default();
    parts.clone().count() > 1 || parts.next().is_some() && before.matches('(').count() > before.matches(')').count()
}

/// A planner's error, where the reference looks at more than the planner.
fn explained(error: SqlError, text: &str, aliases: &[String]) -> SqlError {
    let having = text.contains("HAVING");
    match error.class.as_str() {
        "MISSING_AGGREGATION" if text.contains("GROUP BY ALL") => SqlError::new(
            "UNRESOLVED_ALL_IN_GROUP_BY",
            "42803",
            "Cannot infer grouping columns for GROUP BY ALL based on the select clause. Please explicitly specify the grouping columns.",
        ),
        "MISSING_AGGREGATION" if !text.contains("GROUP BY") => {
            SqlError { class: "MISSING_GROUP_BY".to_owned(), ..error }
        }
        "UNRESOLVED_COLUMN.WITH_SUGGESTION" if error.text.contains("behind GROUP BY") => {
            if having && text.contains("GROUP BY ALL") {
                errors::unsupported("HAVING behind GROUP BY ALL with a name of the select list")
            } else {
                error
            }
        }
        "INVALID_EXTRACT_BASE_FIELD_TYPE" if (having || text.contains("ORDER BY")) && !aliases.is_empty() => {
            errors::unsupported("a part of a name that the select list also gives, in ORDER BY or HAVING,")
        }
        "DATATYPE_MISMATCH" if having && error.text.contains("non-boolean") => {
            errors::unsupported("HAVING with a condition that is not BOOLEAN")
        }
        "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION" if has_inner_lateral(text) => {
            errors::unsupported("a LATERAL subquery of this form")
        }
        "UNRESOLVED_COLUMN.WITH_SUGGESTION" | "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION" => {
            let named = |name: &str| error.text.contains(&format!("name `{name}` "));
            if error.text.contains("name `(") && text.contains("GROUPING SETS") {
                errors::unsupported("a column by the name of an expression")
            } else if aliases.iter().any(|alias| named(alias)) {
                errors::unsupported("an alias of the same select list in another column or in WHERE")
            } else if named("grouping__id") {
                errors::unsupported("the column grouping__id")
            } else if error.text.contains("name `window`") || error.text.contains("name `session_window`") {
                errors::unsupported("the column of a GROUP BY by window(…) or session_window(…)")
            } else if error.text.contains("`_metadata`") {
                errors::unsupported("the column _metadata")
            } else {
                error
            }
        }
        "AMBIGUOUS_REFERENCE" if having && text.contains("GROUP BY ALL") => {
            errors::unsupported("HAVING behind GROUP BY ALL with a name of the select list")
        }
        "AMBIGUOUS_REFERENCE" if text.contains("NATURAL ") || text.contains(" USING") => {
            errors::unsupported("a column of USING or NATURAL in this place")
        }
        "AMBIGUOUS_REFERENCE" if text.contains("LATERAL") => errors::unsupported("a LATERAL subquery of this form"),
        "AMBIGUOUS_REFERENCE" if having || text.contains("ORDER BY") => {
            match aliases.iter().any(|alias| error.text.contains(&format!("`{alias}` "))) {
                true => errors::unsupported("an alias that is also a column of a table, in ORDER BY or HAVING"),
                false => error,
            }
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
    named(&schema, names)
}

/// Columns under other names when some are given.
pub(super) fn named(schema: &Schema, names: &[String]) -> Result<Schema, SqlError> {
    if names.is_empty() {
        return Ok(schema.clone());
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

/// `SELECT …` of these expressions.
pub(super) fn select(exprs: Vec<Expr>) -> Result<Statement, SqlError> {
    let mut statement = parse::statement("SELECT 1")?;
    if let Statement::Query(query) = &mut statement
        && let SetExpr::Select(select) = query.body.as_mut()
    {
        let item = |(position, expr)| SelectItem::ExprWithAlias {
            expr,
            alias: Ident::with_quote('`', format!("value {position}")),
        };
        select.projection = exprs.into_iter().enumerate().map(item).collect();
    }
    Ok(statement)
}

/// The values of expressions that name no columns.
pub(super) async fn values(run: &Run<'_>, exprs: Vec<Expr>) -> Result<Vec<ScalarValue>, SqlError> {
    let (_, rows) = collect(run, select(exprs)?).await?;
    let row = rows.iter().find(|batch| batch.num_rows() > 0);
    let row = row.ok_or_else(|| errors::internal("a row was expected"))?;
    Ok(row.columns().iter().map(|column| ScalarValue::try_from_array(column, 0)).collect::<Result<_, _>>()?)
}

/// DESCRIBE QUERY: the columns that a query would answer.
pub(super) async fn describe(run: &Run<'_>, query: Query) -> Result<Answer, SqlError> {
    let commented = visit_relations(&query, |relation| {
        let facts = table_name(run.view, relation).and_then(|name| run.session.catalogs().facts(&name));
        match facts.is_ok_and(|facts| !facts.column_comments.is_empty()) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if commented.is_break() {
        return Err(errors::unsupported("DESCRIBE QUERY over a table whose columns have comments"));
    }
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
        SelectItem::UnnamedExpr(expr) => Some(column_name(expr)),
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        _ => None,
    };
    select.projection.iter().map(name).take_while(Option::is_some).collect()
}
