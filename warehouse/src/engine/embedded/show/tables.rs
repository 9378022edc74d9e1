//! `SHOW TABLES` of one schema or of whole catalogs, and `SHOW TABLE EXTENDED`.

use std::sync::Arc;

use super::pattern::{Pattern, passes};
use super::rows::{Cell, Heading, answer};
use super::scope::{Found, Place};
use super::syntax::Cursor;
use super::{SessionView, details, scope};
use crate::engine::embedded::catalog::{Catalogs, TableKind, TableName};
use crate::engine::{Answer, SqlError};

/// `SHOW TABLES IN {CATALOG c | ALL CATALOGS} [SCHEMA LIKE s] [LIKE t]` or `SHOW TABLES [IN s] [LIKE t]`.
pub(super) fn run(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let mut ahead = cursor.clone();
    if ahead.accept_any(&["IN", "FROM"])
        && let Some(names) = scope::catalogs(&mut ahead, catalogs)?
    {
        *cursor = ahead;
        return of_catalogs(cursor, names, catalogs);
    }
    let place = scope::schema(cursor, session, catalogs)?;
    let filter = scope::like(cursor)?;
    cursor.end()?;
    let rows: Vec<Vec<Cell>> = listed(&place, session, filter.as_ref())
        .into_iter()
        .map(|found| match found {
            Found::Table(name) => vec![name.schema.into(), name.table.into(), false.into()],
            Found::Temporary { name, .. } => vec!["".into(), name.into(), true.into()],
        })
        .collect();
    answer(&[Heading::text("database"), Heading::text("tableName"), Heading::flag("isTemporary")], &rows)
}

/// `SHOW TABLE EXTENDED [IN s] LIKE t`
pub(super) async fn run_extended(
    cursor: &mut Cursor,
    session: &SessionView,
    catalogs: &Catalogs,
) -> Result<Answer, SqlError> {
    let place = scope::schema(cursor, session, catalogs)?;
    let filter = scope::like(cursor)?.ok_or_else(|| cursor.unexpected())?;
    cursor.end()?;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for found in listed(&place, session, Some(&filter)) {
        let (database, table, temporary) = match &found {
            Found::Table(name) => (name.schema.as_str(), name.table.as_str(), false),
            Found::Temporary { name, .. } => ("", name.as_str(), true),
        };
        let information = details::information(&found, catalogs).await?;
        rows.push(vec![database.into(), table.into(), temporary.into(), information.into()]);
    }
    let headings = [
        Heading::text("database"),
        Heading::text("tableName"),
        Heading::flag("isTemporary"),
        Heading::text("information"),
    ];
    answer(&headings, &rows)
}

const OF_CATALOGS: [Heading; 7] = [
    Heading::text("namespace"),
    Heading::text("tableName"),
    Heading::flag("isTemporary"),
    Heading::text("information").nullable(),
    Heading::text("catalogName"),
    Heading::text("tableType"),
    Heading::text("remarks").nullable(),
];

fn of_catalogs(cursor: &mut Cursor, names: Vec<String>, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let places = scope::schemas_like(cursor, names, catalogs)?;
    let filter = scope::like(cursor)?;
    cursor.end()?;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for place in places {
        for (table, entry) in place.schema.entries() {
            if passes(filter.as_ref(), &table) {
                rows.push(vec![
                    (&place.name).into(),
                    table.into(),
                    false.into(),
                    Cell::Null,
                    (&place.catalog).into(),
                    table_type(entry.facts.kind).into(),
                    entry.facts.comment.as_ref().into(),
                ]);
            }
        }
    }
    answer(&OF_CATALOGS, &rows)
}

fn table_type(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Managed | TableKind::External => "TABLE",
        TableKind::View => "VIEW",
    }
}

/// The tables and views of a schema and the session's temporary views, in the order of their names.
fn listed(place: &Place, session: &SessionView, filter: Option<&Pattern>) -> Vec<Found> {
    let tables = place.schema.entries().into_iter();
    let tables = tables.map(|(table, _)| Found::Table(TableName::new(&place.catalog, &place.name, &table)));
    let mut all: Vec<Found> = tables.chain(temporary_views(session)).collect();
    all.retain(|found| passes(filter, found.name()));
    all.sort_by(|a, b| a.name().cmp(b.name()));
    all
}

/// The session's temporary views.
pub(super) fn temporary_views(session: &SessionView) -> impl Iterator<Item = Found> {
    session
        .temporary_views
        .iter()
        .map(|(name, view)| Found::Temporary { name: name.clone(), columns: Arc::clone(&view.shape) })
}
