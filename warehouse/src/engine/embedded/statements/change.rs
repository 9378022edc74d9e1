//! INSERT, UPDATE, DELETE and TRUNCATE. What fails changes nothing.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::compute::kernels::zip::zip;
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::sql::sqlparser::ast::{
    Assignment, AssignmentTarget, CaseWhen, Delete, Expr, FromTable, Ident, Insert, ObjectName, SelectItem, SetExpr,
    Statement, TableFactor, TableObject, TableWithJoins, Update, Value, helpers::attached_token::AttachedToken,
    visit_expressions,
};

use super::super::cast::{self, Failure};
use super::super::catalog::TableName;
use super::super::rewrite::fold;
use super::super::table::StoredTable;
use super::super::time::Zone;
use super::super::{answer, errors, parse, types};
use super::define::table_name;
use super::{Run, query};
use crate::engine::{Answer, SqlError};

/// The table whose rows a statement changes one by one, which tables of files do not take.
async fn changeable(run: &Run<'_>, name: &TableName) -> Result<Arc<dyn datafusion::catalog::TableProvider>, SqlError> {
    let table = stored(run, name).await?;
    match run.session.catalogs().facts(name)?.format.eq_ignore_ascii_case("delta") {
        true => Ok(table),
        false => Err(SqlError::new(
            "UNSUPPORTED_FEATURE.TABLE_OPERATION",
            "0A000",
            format!("The feature is not supported: Table {name} does not support UPDATE and DELETE."),
        )),
    }
}

/// The table that a statement changes.
async fn stored(run: &Run<'_>, name: &TableName) -> Result<Arc<dyn datafusion::catalog::TableProvider>, SqlError> {
    run.session.catalogs().require_writable(&name.catalog, &name.schema)?;
    let table = run.session.catalogs().table(name).await?.provider;
    if table.downcast_ref::<StoredTable>().is_none() {
        return Err(errors::unsupported(format!("changing {name}, which is not a table of this warehouse's own,")));
    }
    Ok(table)
}

fn as_stored(table: &Arc<dyn datafusion::catalog::TableProvider>) -> Result<&StoredTable, SqlError> {
    table.downcast_ref::<StoredTable>().ok_or_else(|| errors::internal("another kind of table"))
}

/// TRUNCATE TABLE.
pub(super) async fn truncate(run: &Run<'_>, name: &ObjectName) -> Result<Answer, SqlError> {
    let table = stored(run, &table_name(run.view, name)?).await?;
    as_stored(&table)?.writer().await.replace(vec![]);
    Ok(answer::nothing())
}

/// INSERT INTO and INSERT OVERWRITE.
pub(super) async fn insert(run: &Run<'_>, insert: Insert) -> Result<Answer, SqlError> {
    let refused = [
        (insert.partitioned.is_some(), "INSERT … PARTITION"),
        (insert.on.is_some(), "INSERT … ON"),
        (insert.returning.is_some(), "INSERT … RETURNING"),
        (insert.replace_into || insert.or.is_some() || insert.ignore, "INSERT OR …"),
        (!insert.assignments.is_empty(), "INSERT … SET"),
        (insert.table_alias.is_some(), "INSERT with an alias"),
    ];
    if let Some((_, feature)) = refused.iter().find(|(found, _)| *found) {
        return Err(errors::unsupported(feature));
    }
    let (TableObject::TableName(name), Some(source)) = (insert.table, insert.source) else {
        return Err(errors::unsupported("INSERT without a table's name and a query"));
    };
    let name = table_name(run.view, &name)?;
    let table = stored(run, &name).await?;
    let schema = table.schema();
    if let Some(bounded) = schema.fields().iter().filter_map(|f| types::kept_only(f)).find(|t| t.contains('(')) {
        return Err(errors::unsupported(format!("INSERT into a column of the type {bounded}")));
    }
    let targets = targets(&insert.columns, &schema)?;
    let (found, rows) = query::collect(run, Statement::Query(source)).await?;
    check_arity(&name, &schema, &targets, found.fields().len())?;
    for (target, from) in targets.iter().zip(found.fields()) {
        check_assignment(&name, schema.field(*target), from.data_type())?;
    }
    let rows = rows
        .iter()
        .map(|batch| {
            let columns = (0..schema.fields().len()).map(|column| match targets.iter().position(|t| *t == column) {
                Some(source) => Arc::clone(batch.column(source)),
                None => new_null_array(schema.field(column).data_type(), batch.num_rows()),
            });
            into_table(&schema, columns.collect(), run.view.zone())
        })
        .collect::<Result<Vec<_>, _>>()?;
    let inserted = count(&rows);
    let writer = as_stored(&table)?.writer().await;
    if insert.overwrite {
        writer.replace(rows)
    } else {
        writer.append(rows)
    }
    answer::counts(&[("num_affected_rows", inserted), ("num_inserted_rows", inserted)])
}

/// The positions of the columns that an INSERT names; all of them when it names none.
fn targets(columns: &[ObjectName], schema: &SchemaRef) -> Result<Vec<usize>, SqlError> {
    if columns.is_empty() {
        return Ok((0..schema.fields().len()).collect());
    }
    let mut found = Vec::with_capacity(columns.len());
    for column in columns {
        let name = match column.0.as_slice() {
            [part] => part.as_ident().map(|i| fold(&i.value)).unwrap_or_default(),
            _ => return Err(errors::unsupported(format!("the column {column} of INSERT"))),
        };
        let position = position(schema, &name)?;
        if found.contains(&position) {
            return Err(SqlError::new(
                "COLUMN_ALREADY_EXISTS",
                "42711",
                format!("The column `{name}` already exists."),
            ));
        }
        found.push(position);
    }
    Ok(found)
}

fn position(schema: &SchemaRef, name: &str) -> Result<usize, SqlError> {
    schema.fields().iter().position(|f| fold(f.name()) == fold(name)).ok_or_else(|| {
        let known: Vec<_> = schema.fields().iter().map(|f| format!("`{}`", f.name())).collect();
        SqlError::new(
            "UNRESOLVED_COLUMN.WITH_SUGGESTION",
            "42703",
            format!(
                "A column, variable, or function parameter with name `{name}` cannot be resolved. \
                 Did you mean one of the following? [{}].",
                known.join(", ")
            ),
        )
    })
}

fn check_arity(name: &TableName, schema: &SchemaRef, targets: &[usize], found: usize) -> Result<(), SqlError> {
    let (class, what) = match found.cmp(&targets.len()) {
        std::cmp::Ordering::Equal => return Ok(()),
        std::cmp::Ordering::Less => ("INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS", "not enough data columns"),
        std::cmp::Ordering::Greater => ("INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS", "too many data columns"),
    };
    let columns: Vec<_> = targets.iter().map(|t| format!("`{}`", schema.field(*t).name())).collect();
    Err(SqlError::new(
        class,
        "21S01",
        format!(
            "Cannot write to {name}, the reason is {what}: table columns: {}; data columns: {found}.",
            columns.join(", ")
        ),
    ))
}

fn check_assignment(name: &TableName, to: &Field, from: &DataType) -> Result<(), SqlError> {
    if assignable(from, to.data_type()) {
        return Ok(());
    }
    Err(SqlError::new(
        "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST",
        "KD000",
        format!(
            "Cannot write incompatible data for the table {name}: Cannot safely cast `{}` {} to {}.",
            to.name(),
            types::quoted(from),
            types::quoted(to.data_type())
        ),
    ))
}

fn assignable(from: &DataType, to: &DataType) -> bool {
    use DataType::{Boolean, Date32, List, Map, Null, Struct, Timestamp, Utf8};
    match (from, to) {
        (Null, _) => true,
        (Timestamp(..) | Date32, Timestamp(..) | Date32) => true,
        (from, to) if from == to => true,
        (List(from), List(to)) => assignable(from.data_type(), to.data_type()),
        (Struct(from), Struct(to)) => {
            from.len() == to.len() && from.iter().zip(to).all(|(f, t)| assignable(f.data_type(), t.data_type()))
        }
        (List(_) | Struct(_) | Map(..), _) => false,
        (_, Utf8) | (Utf8, Boolean | Date32 | Timestamp(..)) => true,
        // A string becomes the column's type, or fails as a cast.
        (Utf8, to) if to.is_numeric() => true,
        (from, to) => from.is_numeric() && to.is_numeric(),
    }
}

/// Rows in the table's types, with its NOT NULL columns checked.
fn into_table(schema: &SchemaRef, columns: Vec<ArrayRef>, zone: Zone) -> Result<RecordBatch, SqlError> {
    let mut converted = Vec::with_capacity(columns.len());
    for (column, field) in columns.iter().zip(schema.fields()) {
        let column = stored_value(column, field, zone)?;
        if !field.is_nullable() && column.null_count() > 0 {
            return Err(SqlError::new(
                "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
                "23502",
                format!("NOT NULL constraint violated for column: {}.", field.name()),
            ));
        }
        converted.push(column);
    }
    Ok(RecordBatch::try_new(Arc::clone(schema), converted)?)
}

/// Values in a column's type.
fn stored_value(values: &ArrayRef, field: &Field, zone: Zone) -> Result<ArrayRef, SqlError> {
    cast::convert(values, field.data_type(), zone, Failure::Error).map_err(|error| {
        let overflows =
            ["CAST_OVERFLOW", "NUMERIC_VALUE_OUT_OF_RANGE"].iter().any(|class| error.class.starts_with(class));
        match overflows && values.data_type().is_numeric() {
            true => SqlError { class: "CAST_OVERFLOW_IN_TABLE_INSERT".to_owned(), ..error },
            false => error,
        }
    })
}

fn count(rows: &[RecordBatch]) -> i64 {
    i64::try_from(rows.iter().map(RecordBatch::num_rows).sum::<usize>()).unwrap_or(i64::MAX)
}

/// The name of the column that says which rows a condition hits.
const HIT: &str = "\u{2}hit";

/// DELETE.
pub(super) async fn delete(run: &Run<'_>, mut delete: Delete) -> Result<Answer, SqlError> {
    run.parameters.bind(&mut delete, run.view.time_zone())?;
    if delete.using.is_some()
        || delete.returning.is_some()
        || !delete.order_by.is_empty()
        || delete.limit.is_some()
        || !delete.tables.is_empty()
    {
        return Err(errors::unsupported("DELETE with USING, RETURNING, ORDER BY or LIMIT"));
    }
    without_subqueries("DELETE", delete.selection.iter())?;
    let (FromTable::WithFromKeyword(mut from) | FromTable::WithoutKeyword(mut from)) = delete.from;
    let (Some(target), true) = (from.pop(), from.is_empty()) else {
        return Err(errors::unsupported("DELETE from several tables"));
    };
    let table = changeable(run, &target_name(run, &target)?).await?;
    let schema = table.schema();
    let columns = schema.fields().iter().map(|f| item(column(f.name()), f.name()));
    let hit = item(condition(delete.selection), HIT);
    let select = select_from(target, columns.chain([hit]).collect())?;
    let writer = as_stored(&table)?.writer().await;
    let (_, rows) = query::collect(run, select).await?;
    let mut kept = Vec::with_capacity(rows.len());
    let mut deleted = 0;
    for batch in &rows {
        let (batch, hits) = split_hits(batch)?;
        let stays = datafusion::arrow::compute::not(hits.as_boolean())?;
        let rest = filter_record_batch(&batch, &stays)?;
        deleted += count(std::slice::from_ref(&batch)) - count(std::slice::from_ref(&rest));
        kept.push(into_table(&schema, rest.columns().to_vec(), run.view.zone())?);
    }
    writer.replace(kept);
    answer::counts(&[("num_affected_rows", deleted)])
}

/// UPDATE.
pub(super) async fn update(run: &Run<'_>, mut update: Update) -> Result<Answer, SqlError> {
    // Before its parts are put in another order: a `?` counts where it is written.
    run.parameters.bind(&mut update, run.view.time_zone())?;
    if update.from.is_some()
        || update.returning.is_some()
        || update.or.is_some()
        || !update.order_by.is_empty()
        || update.limit.is_some()
    {
        return Err(errors::unsupported("UPDATE with FROM, RETURNING, ORDER BY or LIMIT"));
    }
    let expressions = update.selection.iter().chain(update.assignments.iter().map(|a| &a.value));
    without_subqueries("UPDATE", expressions)?;
    let name = target_name(run, &update.table)?;
    let table = changeable(run, &name).await?;
    let schema = table.schema();
    let changes = assignments(update.assignments, &schema)?;
    let hit = condition(update.selection);
    let mut items: Vec<_> = schema.fields().iter().map(|field| item(column(field.name()), field.name())).collect();
    for (position, value) in &changes {
        // In the value's own type, and worked out for the rows that are hit alone.
        let value = Expr::Case {
            case_token: AttachedToken::empty(),
            end_token: AttachedToken::empty(),
            operand: None,
            conditions: vec![CaseWhen { condition: hit.clone(), result: value.clone() }],
            else_result: None,
        };
        items.push(item(value, &format!("{HIT}{position}")));
    }
    items.push(item(hit, HIT));
    let select = select_from(update.table, items)?;
    let writer = as_stored(&table)?.writer().await;
    let (found, rows) = query::collect(run, select).await?;
    let columns = schema.fields().len();
    for (position, value) in changes.keys().zip(found.fields().iter().skip(columns)) {
        check_assignment(&name, schema.field(*position), value.data_type())?;
    }
    let mut changed = 0;
    let mut all = Vec::with_capacity(rows.len());
    for batch in &rows {
        let (batch, hits) = split_hits(batch)?;
        changed += i64::try_from(hits.as_boolean().true_count()).unwrap_or(i64::MAX);
        let (before, values) = batch.columns().split_at(columns);
        let mut after = before.to_vec();
        for (position, value) in changes.keys().zip(values) {
            let value = stored_value(value, schema.field(*position), run.view.zone())?;
            after[*position] = zip(hits.as_boolean(), &value, &before[*position])?;
        }
        all.push(into_table(&schema, after, run.view.zone())?);
    }
    writer.replace(all);
    answer::counts(&[("num_affected_rows", changed)])
}

fn without_subqueries<'a>(name: &str, expressions: impl IntoIterator<Item = &'a Expr>) -> Result<(), SqlError> {
    let is_subquery = |e: &Expr| matches!(e, Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. });
    for expression in expressions {
        let found = visit_expressions(expression, |e| match is_subquery(e) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        if found.is_break() {
            return Err(errors::unsupported(format!("{name} with a subquery")));
        }
    }
    Ok(())
}

fn assignments(assignments: Vec<Assignment>, schema: &SchemaRef) -> Result<BTreeMap<usize, Expr>, SqlError> {
    let mut changes = BTreeMap::new();
    for Assignment { target, value } in assignments {
        let AssignmentTarget::ColumnName(name) = &target else {
            return Err(errors::unsupported(format!("the assignment to {target}")));
        };
        let column = name.0.last().and_then(|p| p.as_ident()).map(|i| i.value.clone()).unwrap_or_default();
        if changes.insert(position(schema, &column)?, value).is_some() {
            return Err(SqlError::new(
                "DUPLICATE_ASSIGNMENTS",
                "42701",
                format!("The column `{column}` is assigned more than once."),
            ));
        }
    }
    Ok(changes)
}

fn target_name(run: &Run<'_>, target: &TableWithJoins) -> Result<TableName, SqlError> {
    match &target.relation {
        TableFactor::Table { name, args: None, .. } if target.joins.is_empty() => table_name(run.view, name),
        other => Err(errors::unsupported(format!("changing {other}"))),
    }
}

fn condition(selection: Option<Expr>) -> Expr {
    Expr::IsTrue(Box::new(selection.unwrap_or_else(|| Expr::value(Value::Boolean(true)))))
}

fn column(name: &str) -> Expr {
    Expr::Identifier(Ident::with_quote('`', name))
}

fn item(expr: Expr, name: &str) -> SelectItem {
    SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('`', name) }
}

/// `SELECT items FROM table`.
fn select_from(table: TableWithJoins, items: Vec<SelectItem>) -> Result<Statement, SqlError> {
    let mut statement = parse::statement("SELECT 1")?;
    if let Statement::Query(query) = &mut statement
        && let SetExpr::Select(select) = query.body.as_mut()
    {
        select.from = vec![table];
        select.projection = items;
    }
    Ok(statement)
}

/// The table's columns, and whether each row is hit.
fn split_hits(batch: &RecordBatch) -> Result<(RecordBatch, ArrayRef), SqlError> {
    let last = batch.num_columns().saturating_sub(1);
    let columns: Vec<usize> = (0..last).collect();
    Ok((batch.project(&columns)?, Arc::clone(batch.column(last))))
}
