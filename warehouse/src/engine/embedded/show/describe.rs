//! DESCRIBE: which of its forms it is, and the forms for catalogs and schemas.

use super::rows::{Cell, Heading, answer};
use super::scope::{self, schema_name};
use super::syntax::Cursor;
use super::{SessionView, describe_json, describe_table, unsupported};
use crate::engine::embedded::catalog::Catalogs;
use crate::engine::{Answer, SqlError};

/// What Databricks can describe and this warehouse does not have.
const NOT_HERE: [&str; 13] = [
    "CONNECTION",
    "CREDENTIAL",
    "DETAIL",
    "EXTERNAL",
    "FUNCTION",
    "HISTORY",
    "POLICY",
    "PROCEDURE",
    "PROVIDER",
    "RECIPIENT",
    "SHARE",
    "STORAGE",
    "VOLUME",
];

/// Whether a query is described: `DESCRIBE [QUERY] SELECT …`. The cursor moves only if so.
pub(super) fn is_query(cursor: &mut Cursor) -> bool {
    let starts = ["QUERY", "SELECT", "WITH", "VALUES", "FROM"];
    cursor.accept_symbol('(') || starts.iter().any(|word| cursor.accept_before_more(word))
}

pub(super) async fn run(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    if cursor.accept_before_name("CATALOG") {
        return catalog(cursor, catalogs);
    }
    if cursor.accept_before_name("SCHEMA") || cursor.accept_before_name("DATABASE") {
        return schema(cursor, session, catalogs);
    }
    if let Some(word) = NOT_HERE.iter().find(|word| cursor.accept_before_name(word)) {
        return Err(unsupported(format!("DESCRIBE {word}")));
    }
    cursor.accept_before_name("TABLE");
    let extended = cursor.accept_before_name("EXTENDED") || cursor.accept_before_name("FORMATTED");
    let found = scope::table(cursor, session, catalogs)?;
    if cursor.accept(&["AS", "JSON"]) {
        cursor.end()?;
        if !extended {
            return Err(SqlError::new(
                "DESCRIBE_JSON_NOT_EXTENDED",
                "0A000",
                "DESCRIBE TABLE ... AS JSON only supported when [EXTENDED|FORMATTED] is specified. \
                 For example: DESCRIBE EXTENDED <tableName> AS JSON is supported but DESCRIBE <tableName> AS JSON is not.",
            ));
        }
        return describe_json::run(&found, catalogs).await;
    }
    if !cursor.at_end() {
        let column = cursor.name()?;
        cursor.end()?;
        return describe_table::column(&found, &column, extended, catalogs).await;
    }
    describe_table::run(&found, extended, catalogs).await
}

/// `DESCRIBE CATALOG [EXTENDED] c`
fn catalog(cursor: &mut Cursor, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let extended = cursor.accept_before_name("EXTENDED");
    let name = cursor.name()?.to_lowercase();
    cursor.end()?;
    let comment = catalogs.comment(&name)?;
    let mut rows: Vec<Vec<Cell>> =
        vec![vec!["Catalog Name".into(), name.into()], vec!["Comment".into(), comment.into()]];
    rows.push(vec!["Owner".into(), catalogs.owner().into()]);
    if extended {
        rows.push(vec!["Catalog Type".into(), "Regular".into()]);
    }
    answer(&[Heading::text("info_name"), Heading::text("info_value")], &rows)
}

/// `DESCRIBE SCHEMA [EXTENDED] [c.]s`
fn schema(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let extended = cursor.accept_before_name("EXTENDED");
    let (catalog, name) = schema_name(&cursor.names()?, session)?;
    cursor.end()?;
    let schema = catalogs.schema_of(&catalog, &name)?;
    let mut rows: Vec<Vec<Cell>> = vec![
        vec!["Catalog Name".into(), catalog.into()],
        vec!["Namespace Name".into(), name.into()],
        vec!["Comment".into(), schema.comment.as_deref().unwrap_or_default().into()],
        vec!["Location".into(), "".into()],
        vec!["Owner".into(), catalogs.owner().into()],
    ];
    if extended {
        rows.push(vec!["Properties".into(), "".into()]);
    }
    answer(&[Heading::text("database_description_item"), Heading::text("database_description_value")], &rows)
}
