//! `SHOW FOREIGN KEYS IN CATALOG c IN SCHEMA s IN TABLE t`

use super::rows::{Cell, Heading, answer};
use super::syntax::Cursor;
use super::{SessionView, scope};
use crate::engine::embedded::catalog::Catalogs;
use crate::engine::{Answer, SqlError};

const HEADINGS: [Heading; 13] = [
    Heading::text("parentCatalogName"),
    Heading::text("parentNamespace"),
    Heading::text("parentTableName"),
    Heading::text("parentColName"),
    Heading::text("catalogName"),
    Heading::text("namespace"),
    Heading::text("tableName"),
    Heading::text("col_name"),
    Heading::number("keySeq"),
    Heading::number("updateRule"),
    Heading::number("deleteRule"),
    Heading::text("constraintName"),
    Heading::number("deferrability"),
];

// The numbers of `java.sql.DatabaseMetaData` for what an informational key does: nothing, and never later.
const NO_ACTION: i32 = 3;
const NOT_DEFERRABLE: i32 = 7;

pub(super) fn run(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let name = scope::keyed_table(cursor, session, catalogs)?;
    let facts = catalogs.facts(&name)?;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for key in &facts.foreign_keys {
        for (position, (column, parent_column)) in (1..).zip(key.columns.iter().zip(&key.parent_columns)) {
            rows.push(vec![
                (&key.parent.catalog).into(),
                (&key.parent.schema).into(),
                (&key.parent.table).into(),
                parent_column.into(),
                (&name.catalog).into(),
                (&name.schema).into(),
                (&name.table).into(),
                column.into(),
                Cell::Number(position),
                NO_ACTION.into(),
                NO_ACTION.into(),
                (&key.name).into(),
                NOT_DEFERRABLE.into(),
            ]);
        }
    }
    answer(&HEADINGS, &rows)
}
