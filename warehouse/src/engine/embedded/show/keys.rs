//! `SHOW KEYS IN CATALOG c IN SCHEMA s IN TABLE t`: the columns of the primary key.

use super::rows::{Cell, Heading, answer};
use super::syntax::Cursor;
use super::{SessionView, scope};
use crate::engine::embedded::catalog::Catalogs;
use crate::engine::{Answer, SqlError};

const HEADINGS: [Heading; 6] = [
    Heading::text("catalogName"),
    Heading::text("namespace"),
    Heading::text("tableName"),
    Heading::text("col_name"),
    Heading::number("keySeq"),
    Heading::text("constraintName"),
];

pub(super) fn run(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let name = scope::keyed_table(cursor, session, catalogs)?;
    let facts = catalogs.facts(&name)?;
    let keys = facts.primary_key.iter().flat_map(|key| key.columns.iter().zip(1..).map(move |column| (key, column)));
    let rows: Vec<Vec<Cell>> = keys
        .map(|(key, (column, position))| {
            vec![
                (&name.catalog).into(),
                (&name.schema).into(),
                (&name.table).into(),
                column.into(),
                Cell::Number(position),
                (&key.name).into(),
            ]
        })
        .collect();
    answer(&HEADINGS, &rows)
}
