//! SHOW and DESCRIBE: what there is in the catalogs, in the columns in which Databricks answers.

mod catalogs;
mod columns;
mod create_table;
mod describe;
mod describe_json;
mod describe_table;
mod details;
mod foreign_keys;
mod functions;
mod keys;
mod pattern;
mod rows;
mod schemas;
mod scope;
mod syntax;
mod table_properties;
mod tables;
mod views;

use self::syntax::Cursor;
use super::catalog::Catalogs;
use super::errors::unsupported;
use super::session::SessionView;
use crate::engine::{Answer, SqlError};

/// Answers a SHOW or DESCRIBE statement; `None` when the text is neither, and for DESCRIBE QUERY, which needs the
/// planner. Errors: a syntax error (42601), a missing catalog, schema (42704) or table (42P01), or a command that
/// this engine does not have (0A000).
pub async fn run(text: &str, session: &SessionView, catalogs: &Catalogs) -> Option<Result<Answer, SqlError>> {
    let verb = syntax::first_word(text)?.to_uppercase();
    let show = match verb.as_str() {
        "SHOW" => true,
        "DESCRIBE" | "DESC" => false,
        _ => return None,
    };
    let mut cursor = match Cursor::new(text) {
        Ok(cursor) => cursor,
        Err(error) => return Some(Err(error)),
    };
    cursor.accept_any(&["SHOW", "DESCRIBE", "DESC"]);
    if show {
        return Some(show_command(&mut cursor, session, catalogs).await);
    }
    if describe::is_query(&mut cursor) {
        return None;
    }
    Some(describe::run(&mut cursor, session, catalogs).await)
}

/// The first word of a statement, whatever comments stand before it; empty when something else stands there.
pub(crate) fn first_word(text: &str) -> String {
    syntax::first_word(text).unwrap_or_default()
}

/// What Databricks can show and a single-user warehouse in memory does not have.
const NOT_HERE: [&str; 19] = [
    "ALL",
    "CLEAN",
    "CONNECTIONS",
    "CREDENTIALS",
    "CURRENT",
    "EXTERNAL",
    "GRANT",
    "GRANTS",
    "GROUPS",
    "LOCATIONS",
    "MATERIALIZED",
    "PARTITIONS",
    "POLICIES",
    "PROCEDURES",
    "PROVIDERS",
    "RECIPIENTS",
    "SHARES",
    "STORAGE",
    "USERS",
];

async fn show_command(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    if cursor.accept(&["CATALOGS"]) {
        catalogs::run(cursor, catalogs)
    } else if cursor.accept_any(&["SCHEMAS", "DATABASES"]) {
        schemas::run(cursor, session, catalogs)
    } else if cursor.accept(&["TABLES"]) {
        tables::run(cursor, session, catalogs)
    } else if cursor.accept(&["TABLE", "EXTENDED"]) {
        tables::run_extended(cursor, session, catalogs).await
    } else if cursor.accept(&["VIEWS"]) {
        views::run(cursor, session, catalogs)
    } else if cursor.accept(&["COLUMNS"]) {
        columns::run(cursor, session, catalogs).await
    } else if let Some(kind) = functions::accept(cursor) {
        functions::run(cursor, kind, session, catalogs)
    } else if cursor.accept(&["FOREIGN", "KEYS"]) {
        foreign_keys::run(cursor, session, catalogs)
    } else if cursor.accept(&["KEYS"]) || cursor.accept(&["PRIMARY", "KEYS"]) {
        keys::run(cursor, session, catalogs)
    } else if cursor.accept(&["TBLPROPERTIES"]) {
        table_properties::run(cursor, session, catalogs)
    } else if cursor.accept(&["CREATE", "TABLE"]) {
        create_table::run(cursor, session, catalogs).await
    } else {
        Err(match NOT_HERE.iter().find(|word| cursor.accept(&[word])) {
            Some(word) => unsupported(format!("SHOW {word}")),
            None => cursor.unexpected(),
        })
    }
}

#[cfg(test)]
mod tests;
