//! `SHOW CREATE TABLE t`: a statement that makes the object anew.

use super::rows::{Heading, answer};
use super::scope::Found;
use super::syntax::Cursor;
use super::{SessionView, details, scope};
use crate::engine::embedded::catalog::name::{quoted, written};
use crate::engine::embedded::catalog::{Catalogs, Table, TableFacts, TableKind, TableName};
use crate::engine::embedded::sql_type::sql_type_text;
use crate::engine::{Answer, SqlError};

pub(super) async fn run(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let found = scope::table(cursor, session, catalogs)?;
    cursor.end()?;
    let name = match found {
        Found::Table(name) => name,
        Found::Temporary { name, .. } => return Err(scope::only_tables(&name)),
    };
    let table = catalogs.table(&name).await?;
    let statement = if table.facts.kind == TableKind::View { view(&name, &table) } else { base(&name, &table) };
    answer(&[Heading::text("createtab_stmt")], &[vec![statement.into()]])
}

fn view(name: &TableName, table: &Table) -> String {
    let facts = &table.facts;
    let schema = table.provider.schema();
    let columns: Vec<_> =
        schema.fields().iter().map(|f| column(f.name(), "", facts.column_comments.get(f.name()))).collect();
    let comment = facts.comment.as_ref().map(|c| format!("COMMENT {}\n", literal(c))).unwrap_or_default();
    let query = facts.view_text.as_deref().unwrap_or_default();
    let (name, columns, properties) = (name.written(), columns.join(",\n  "), properties(facts));
    format!("CREATE VIEW {name} (\n  {columns})\n{comment}{properties}WITH SCHEMA COMPENSATION\nAS {query}\n")
}

fn base(name: &TableName, table: &Table) -> String {
    let facts = &table.facts;
    let schema = table.provider.schema();
    let mut lines: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| {
            let not_null = if field.is_nullable() { "" } else { " NOT NULL" };
            let sql_type = format!(" {}{not_null}", sql_type_text(field));
            column(field.name(), &sql_type, facts.column_comments.get(field.name()))
        })
        .collect();
    let constraints = details::constraints(facts);
    lines.extend(constraints.into_iter().map(|(name, text)| format!("CONSTRAINT {} {text}", quoted(&name))));
    let mut statement =
        format!("CREATE TABLE {} (\n  {})\nUSING {}\n", name.written(), lines.join(",\n  "), facts.format);
    if !facts.partitions.is_empty() {
        let columns: Vec<String> = facts.partitions.iter().map(|name| written(name)).collect();
        statement += &format!("PARTITIONED BY ({})\n", columns.join(", "));
    }
    if let Some(comment) = &facts.comment {
        statement += &format!("COMMENT {}\n", literal(comment));
    }
    if let Some(location) = &facts.location {
        statement += &format!("LOCATION {}\n", literal(location));
    }
    statement + &properties(facts)
}

fn properties(facts: &TableFacts) -> String {
    let properties = facts.shown_properties();
    let pairs: Vec<_> =
        properties.iter().map(|(key, value)| format!("  {} = {}", literal(key), literal(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("TBLPROPERTIES (\n{})\n", pairs.join(",\n")) }
}

fn column(name: &str, sql_type: &str, comment: Option<&String>) -> String {
    let comment = comment.map(|comment| format!(" COMMENT {}", literal(comment))).unwrap_or_default();
    format!("{}{sql_type}{comment}", written(name))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
