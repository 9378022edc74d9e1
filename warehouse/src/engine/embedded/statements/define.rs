//! Schemas, tables and views: made, replaced, dropped.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::sql::sqlparser::ast::{ObjectName, Query, visit_relations};

use super::super::catalog::{ForeignKey, PrimaryKey, TableFacts, TableKind, TableName};
use super::super::rewrite::fold;
use super::super::session::{Session, SessionView};
use super::super::table::StoredTable;
use super::super::view::View;
use super::super::{answer, errors, parameters, types, variables};
use super::syntax::{CreateTable, CreateView, Definition, Existing, as_statement};
use super::{Run, change, query};
use crate::engine::{Answer, SqlError};

/// Runs a definition.
pub(super) async fn run(run: &Run<'_>, definition: Definition) -> Result<Answer, SqlError> {
    let Run { session, view, .. } = *run;
    match definition {
        Definition::CreateSchema { name, if_not_exists, comment } => {
            create_schema(session, view, &name, if_not_exists, comment)
        }
        Definition::DropSchema { name, if_exists, cascade } => drop_schema(session, view, &name, if_exists, cascade),
        Definition::CreateTable(table) => create_table(run, *table).await,
        Definition::CreateView(new) => create_view(run, *new).await,
        Definition::DropTable { name, if_exists } => drop_table(session, view, &name, if_exists, false),
        Definition::DropView { name, if_exists } => drop_table(session, view, &name, if_exists, true),
        Definition::Truncate { name } => change::truncate(run, &name).await,
        Definition::DescribeQuery(query) => query::describe(run, *query).await,
    }
}

fn create_schema(
    session: &Session,
    view: &SessionView,
    name: &ObjectName,
    if_not_exists: bool,
    comment: Option<String>,
) -> Result<Answer, SqlError> {
    let (catalog, schema) = schema_name(view, name)?;
    match session.catalogs().create_schema(&catalog, &schema, comment) {
        Err(error) if if_not_exists && error.class == "SCHEMA_ALREADY_EXISTS" => Ok(answer::nothing()),
        result => result.map(|()| answer::nothing()),
    }
}

fn drop_schema(
    session: &Session,
    view: &SessionView,
    name: &ObjectName,
    if_exists: bool,
    cascade: bool,
) -> Result<Answer, SqlError> {
    let (catalog, schema) = schema_name(view, name)?;
    match session.catalogs().drop_schema(&catalog, &schema, cascade) {
        Err(error) if if_exists && error.class == "SCHEMA_NOT_FOUND" => Ok(answer::nothing()),
        result => result.map(|()| answer::nothing()),
    }
}

fn schema_name(view: &SessionView, name: &ObjectName) -> Result<(String, String), SqlError> {
    match parts(name)?.as_slice() {
        [schema] => Ok((view.catalog.clone(), schema.clone())),
        [catalog, schema] => Ok((catalog.clone(), schema.clone())),
        _ => Err(errors::syntax(format!("Syntax error: {name} has too many parts for a schema."))),
    }
}

/// A table's full name in a session.
pub(super) fn table_name(view: &SessionView, name: &ObjectName) -> Result<TableName, SqlError> {
    match parts(name)?.as_slice() {
        [table] => Ok(TableName::new(&view.catalog, &view.schema, table)),
        [schema, table] => Ok(TableName::new(&view.catalog, schema, table)),
        [catalog, schema, table] => Ok(TableName::new(catalog, schema, table)),
        _ => Err(errors::syntax(format!("Syntax error: {name} has too many parts for a table."))),
    }
}

fn parts(name: &ObjectName) -> Result<Vec<String>, SqlError> {
    let part = |part: &datafusion::sql::sqlparser::ast::ObjectNamePart| match part.as_ident() {
        Some(ident) => Ok(fold(&ident.value)),
        None => Err(errors::unsupported(format!("the name {name}"))),
    };
    name.0.iter().map(part).collect()
}

async fn create_table(run: &Run<'_>, mut new: CreateTable) -> Result<Answer, SqlError> {
    let catalogs = run.session.catalogs();
    let name = table_name(run.view, &new.name)?;
    catalogs.require_writable(&name.catalog, &name.schema)?;
    let exists = catalogs.facts(&name).is_ok();
    match new.existing {
        Existing::Stays if exists => return Ok(answer::nothing()),
        Existing::Fails if exists => return Err(errors::already_exists(&name)),
        _ => {}
    }
    let of_files = is_of_files(&new);
    partitions_last(&mut new)?;
    let declared = declared_schema(&new)?;
    let facts = facts(run.view, &new, &name)?;
    let mut affected = None;
    let table = match new.query {
        None if declared.fields().is_empty() => {
            return Err(errors::syntax("Syntax error: CREATE TABLE needs columns or a query."));
        }
        None => StoredTable::new(Arc::new(declared), vec![]),
        Some(_) if !declared.fields().is_empty() => {
            return Err(errors::unsupported("CREATE TABLE with both columns and a query"));
        }
        Some(query) => {
            let (mut schema, mut rows) = query::collect(run, as_statement(query)).await?;
            check_columns(&schema)?;
            if of_files {
                (schema, rows) = query_partitions_last(&new.partitions, schema, rows)?;
            }
            affected = Some(rows.iter().map(|b| b.num_rows()).sum::<usize>());
            StoredTable::new(schema, rows)
        }
    };
    let provider = Arc::new(table);
    match new.existing {
        Existing::Replaced => catalogs.replace_table(&name, provider, facts)?,
        Existing::Stays | Existing::Fails => match catalogs.create_table(&name, provider, facts) {
            // Another session was faster.
            Err(error) if new.existing == Existing::Stays && error.class == "TABLE_OR_VIEW_ALREADY_EXISTS" => {}
            result => result?,
        },
    }
    match affected {
        Some(rows) => {
            let rows = i64::try_from(rows).unwrap_or(i64::MAX);
            answer::counts(&[("num_affected_rows", rows), ("num_inserted_rows", rows)])
        }
        None => Ok(answer::nothing()),
    }
}

fn is_of_files(new: &CreateTable) -> bool {
    new.format.as_deref().is_some_and(|format| !format.eq_ignore_ascii_case("delta"))
}

/// The same of the columns of a query.
fn query_partitions_last(
    partitions: &[String],
    schema: SchemaRef,
    rows: Vec<RecordBatch>,
) -> Result<(SchemaRef, Vec<RecordBatch>), SqlError> {
    let at = |name: &String| schema.fields().iter().position(|field| field.name().eq_ignore_ascii_case(name));
    let last: Option<Vec<usize>> = partitions.iter().map(at).collect();
    let Some(last) = last else { return Err(errors::unsupported("PARTITIONED BY a column that the table has not")) };
    let order: Vec<usize> = (0..schema.fields().len()).filter(|at| !last.contains(at)).chain(last.clone()).collect();
    let rows: Result<Vec<RecordBatch>, _> = rows.iter().map(|batch| batch.project(&order)).collect();
    Ok((Arc::new(schema.project(&order)?), rows?))
}

/// A table of files has the columns by which it is partitioned behind the others, in the order of PARTITIONED BY; Delta leaves them.
fn partitions_last(new: &mut CreateTable) -> Result<(), SqlError> {
    if new.partitions.is_empty() || new.query.is_some() {
        return Ok(());
    }
    let place = |column: &super::syntax::ColumnSyntax| {
        new.partitions.iter().position(|name| name.eq_ignore_ascii_case(&column.name))
    };
    if new.partitions.iter().any(|name| !new.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name))) {
        return Err(errors::unsupported("PARTITIONED BY a column that the table has not"));
    }
    if is_of_files(new) {
        let mut placed: Vec<_> =
            std::mem::take(&mut new.columns).into_iter().map(|column| (place(&column), column)).collect();
        placed.sort_by_key(|(place, _)| place.map_or(0, |place| place + 1));
        new.columns = placed.into_iter().map(|(_, column)| column).collect();
    }
    Ok(())
}

fn declared_schema(new: &CreateTable) -> Result<Schema, SqlError> {
    let key: &[String] = new.primary_key.as_ref().map_or(&[], |(_, columns)| columns);
    let field = |column: &super::syntax::ColumnSyntax| {
        let in_key = key.iter().any(|k| k.eq_ignore_ascii_case(&column.name));
        Ok(types::column(&column.name, &column.sql_type, StoredTable::ZONE)?.with_nullable(column.nullable && !in_key))
    };
    let fields: Result<Vec<Field>, SqlError> = new.columns.iter().map(field).collect();
    let schema = Schema::new(fields?);
    check_columns(&schema)?;
    Ok(schema)
}

fn check_columns(schema: &Schema) -> Result<(), SqlError> {
    let mut seen = HashSet::new();
    for field in schema.fields() {
        if !seen.insert(fold(field.name())) {
            return Err(SqlError::new(
                "COLUMN_ALREADY_EXISTS",
                "42711",
                format!(
                    "The column `{}` already exists. Choose another name or rename the existing column.",
                    field.name()
                ),
            ));
        }
    }
    Ok(())
}

fn facts(view: &SessionView, new: &CreateTable, name: &TableName) -> Result<TableFacts, SqlError> {
    let mut facts = TableFacts::table();
    facts.comment.clone_from(&new.comment);
    facts.properties = new.properties.iter().cloned().collect();
    facts.partitions.clone_from(&new.partitions);
    if let Some(format) = &new.format {
        facts.format.clone_from(format);
    }
    for column in &new.columns {
        if let Some(comment) = &column.comment {
            facts.column_comments.insert(column.name.clone(), comment.clone());
        }
    }
    let known = |columns: &[String]| -> Result<(), SqlError> {
        let missing = columns.iter().find(|c| !new.columns.iter().any(|k| k.name.eq_ignore_ascii_case(c)));
        match missing {
            Some(column) if !new.columns.is_empty() => Err(SqlError::new(
                "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
                "42703",
                format!("A column, variable, or function parameter with name `{column}` cannot be resolved."),
            )),
            _ => Ok(()),
        }
    };
    if let Some((constraint, columns)) = &new.primary_key {
        known(columns)?;
        facts.primary_key = Some(PrimaryKey::new(constraint.clone(), name, columns.clone()));
    }
    for key in &new.foreign_keys {
        known(&key.columns)?;
        let parent = table_name(view, &key.parent)?;
        let key = ForeignKey::new(key.name.clone(), name, key.columns.clone(), parent, key.parent_columns.clone());
        facts.foreign_keys.push(key);
    }
    Ok(facts)
}

pub(super) async fn create_view(run: &Run<'_>, new: CreateView) -> Result<Answer, SqlError> {
    if parameters::has_markers(new.query.as_ref()) {
        return Err(errors::unsupported("parameter markers in a view"));
    }
    if !new.temporary {
        without_temporary_views(run, &new.query)?;
    }
    let columns: Vec<String> = new.columns.iter().map(|(name, _)| name.clone()).collect();
    let own = if new.temporary { None } else { Some(Arc::new(run.view.without_own())) };
    let inner = Run { view: own.as_ref().unwrap_or(run.view), ..*run };
    let statement = as_statement(new.query);
    let written = match query::shape(&inner, statement.clone(), &[]).await {
        Err(error) if variables::instead(&error, &statement, run.view)?.is_some() => {
            return Err(SqlError::new(
                "INVALID_TEMP_OBJ_REFERENCE",
                "42K0F",
                "Cannot create the persistent view because it references a temporary variable.",
            ));
        }
        written => written?,
    };
    let shape = query::named(&written, &columns)?;
    check_columns(&shape)?;
    let view = View {
        written: written.fields().iter().map(|field| field.name().clone()).collect(),
        text: new.text,
        follows: new.follows,
        catalog: run.view.catalog.clone(),
        schema: run.view.schema.clone(),
        shape: Arc::new(shape),
    };
    if new.temporary {
        return create_temporary_view(run.session, &new.name, new.existing, view);
    }
    let catalogs = run.session.catalogs();
    let name = table_name(run.view, &new.name)?;
    let mut facts = TableFacts::view(view.text.clone());
    facts.comment = new.comment;
    facts.properties = new.properties.into_iter().collect();
    for (column, comment) in new.columns {
        if let Some(comment) = comment {
            facts.column_comments.insert(column, comment);
        }
    }
    match (new.existing, catalogs.facts(&name)) {
        (Existing::Replaced, Ok(old)) if old.kind != TableKind::View => Err(errors::expected_view(&name)),
        (Existing::Replaced, _) => catalogs.replace_table(&name, Arc::new(view), facts).map(|()| answer::nothing()),
        (Existing::Stays, Ok(_)) => Ok(answer::nothing()),
        _ => catalogs.create_table(&name, Arc::new(view), facts).map(|()| answer::nothing()),
    }
}

/// A view that stays reads no temporary view, which goes.
fn without_temporary_views(run: &Run<'_>, query: &Query) -> Result<(), SqlError> {
    let found = visit_relations(query, |relation| {
        let name = match relation.0.as_slice() {
            [part] => part.as_ident().map(|ident| fold(&ident.value)),
            _ => None,
        };
        match name.filter(|name| run.view.temporary_views.contains_key(name)) {
            Some(name) => ControlFlow::Break(name),
            None => ControlFlow::Continue(()),
        }
    });
    match found {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(name) => Err(SqlError::new(
            "INVALID_TEMP_OBJ_REFERENCE",
            "42K0F",
            format!("Cannot create the persistent view because it references the temporary view `{name}`."),
        )),
    }
}

fn create_temporary_view(
    session: &Session,
    name: &ObjectName,
    existing: Existing,
    view: View,
) -> Result<Answer, SqlError> {
    let parts = parts(name)?;
    let [name] = parts.as_slice() else {
        return Err(SqlError::new(
            "TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS",
            "428EK",
            "CREATE TEMPORARY VIEW: the name of a temporary view can't have a catalog or schema.",
        ));
    };
    session.change_views(|views| match (views.contains_key(name), existing) {
        (true, Existing::Fails) => Err(SqlError::new(
            "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS",
            "42P07",
            format!("Cannot create the temporary view `{name}` because it already exists."),
        )),
        (true, Existing::Stays) => Ok(answer::nothing()),
        _ => {
            views.insert(name.clone(), Arc::new(view));
            Ok(answer::nothing())
        }
    })
}

fn drop_table(
    session: &Session,
    view: &SessionView,
    name: &ObjectName,
    if_exists: bool,
    is_view: bool,
) -> Result<Answer, SqlError> {
    if let [single] = parts(name)?.as_slice()
        && session.change_views(|views| views.remove(single)).is_some()
    {
        return Ok(answer::nothing());
    }
    let full = table_name(view, name)?;
    let facts = match session.catalogs().facts(&full) {
        Ok(facts) => facts,
        Err(_) if if_exists => return Ok(answer::nothing()),
        Err(error) if is_view && error.class == "TABLE_OR_VIEW_NOT_FOUND" => {
            return Err(errors::view_not_found(&full.to_string()));
        }
        Err(error) => return Err(error),
    };
    match (facts.kind == TableKind::View, is_view) {
        (false, true) => Err(errors::expected_view(&full)),
        (true, false) => Err(errors::expected_table(&full)),
        _ => session.catalogs().drop_table(&full).map(|()| answer::nothing()),
    }
}
