//! What the extended forms tell of a table.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::scope::Found;
use crate::engine::SqlError;
use crate::engine::embedded::catalog::name::quoted;
use crate::engine::embedded::catalog::{Catalogs, ForeignKey, TableFacts, TableName};
use crate::engine::embedded::sql_type::simple_type_text;

/// The facts of a table as names and values, in the order in which DESCRIBE EXTENDED shows them.
pub(super) fn facts(name: &TableName, facts: &TableFacts, owner: &str) -> Vec<(&'static str, String)> {
    let mut details = vec![
        ("Catalog", name.catalog.clone()),
        ("Database", name.schema.clone()),
        ("Table", name.table.clone()),
        ("Created Time", time(facts.created)),
        ("Last Access", "UNKNOWN".to_owned()),
        ("Created By", owner.to_owned()),
        ("Type", facts.kind.word().to_owned()),
    ];
    if let Some(comment) = &facts.comment {
        details.push(("Comment", comment.clone()));
    }
    if let Some(text) = &facts.view_text {
        details.push(("View Text", text.clone()));
        details.push(("View Original Text", text.clone()));
    }
    if !facts.format.is_empty() {
        details.push(("Provider", facts.format.clone()));
    }
    if let Some(location) = &facts.location {
        details.push(("Location", location.clone()));
    }
    details.push(("Owner", owner.to_owned()));
    if !facts.properties.is_empty() {
        let pairs: Vec<_> = facts.shown_properties().iter().map(|(key, value)| format!("{key}={value}")).collect();
        details.push(("Table Properties", format!("[{}]", pairs.join(","))));
    }
    details
}

/// The `information` of SHOW TABLE EXTENDED: the facts and the columns, a line each.
pub(super) async fn information(found: &Found, catalogs: &Catalogs) -> Result<String, SqlError> {
    let mut text = String::new();
    let schema = match found {
        Found::Temporary { columns, .. } => columns.clone(),
        Found::Table(name) => {
            let table = catalogs.table(name).await?;
            for (key, value) in facts(name, &table.facts, catalogs.owner()) {
                let _ = writeln!(text, "{key}: {value}");
            }
            table.provider.schema()
        }
    };
    text.push_str("Schema: root\n");
    for field in schema.fields() {
        let (name, data_type, nullable) = (field.name(), simple_type_text(field), field.is_nullable());
        let _ = writeln!(text, " |-- {name}: {data_type} (nullable = {nullable})");
    }
    Ok(text)
}

/// The constraints' names and their text as in CREATE TABLE, the primary key first.
pub(super) fn constraints(facts: &TableFacts) -> Vec<(String, String)> {
    let primary =
        facts.primary_key.iter().map(|key| (key.name.clone(), format!("PRIMARY KEY ({})", list(&key.columns))));
    let foreign = facts.foreign_keys.iter().map(|key| (key.name.clone(), foreign_key(key)));
    primary.chain(foreign).collect()
}

fn foreign_key(key: &ForeignKey) -> String {
    format!("FOREIGN KEY ({}) REFERENCES {} ({})", list(&key.columns), key.parent, list(&key.parent_columns))
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%a %b %d %H:%M:%S UTC %Y").to_string()
}
