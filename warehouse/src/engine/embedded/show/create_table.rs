//! `SHOW CREATE TABLE t`: a statement that makes the object anew.

use super::rows::{Heading, answer};
use super::scope::Found;
use super::syntax::Cursor;
use super::{SessionView, details, scope};
use crate::engine::embedded::catalog::name::quoted;
use crate::engine::embedded::catalog::{Catalogs, Table, TableKind, TableName};
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
    format!("CREATE VIEW {name} (\n  {})\n{comment}AS {query}\n", columns.join(",\n  "))
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
    let mut statement = format!("CREATE TABLE {name} (\n  {})\nUSING {}\n", lines.join(",\n  "), facts.format);
    if let Some(comment) = &facts.comment {
        statement += &format!("COMMENT {}\n", literal(comment));
    }
    if let Some(location) = &facts.location {
        statement += &format!("LOCATION {}\n", literal(location));
    }
    if !facts.properties.is_empty() {
        let pairs = facts.properties.iter().map(|(key, value)| format!("  {} = {}", literal(key), literal(value)));
        statement += &format!("TBLPROPERTIES (\n{})\n", pairs.collect::<Vec<_>>().join(",\n"));
    }
    statement
}

fn column(name: &str, sql_type: &str, comment: Option<&String>) -> String {
    let comment = comment.map(|comment| format!(" COMMENT {}", literal(comment))).unwrap_or_default();
    // Plain names need no quotes; the reference leaves them out.
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let name = if plain { name.to_owned() } else { quoted(name) };
    format!("{name}{sql_type}{comment}")
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
