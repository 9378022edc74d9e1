//! `SHOW VIEWS [IN s] [LIKE p]`

use super::pattern::passes;
use super::rows::{Cell, Heading, answer};
use super::scope::Found;
use super::syntax::Cursor;
use super::{SessionView, scope, tables};
use crate::engine::embedded::catalog::{Catalogs, TableName};
use crate::engine::{Answer, SqlError};

const HEADINGS: [Heading; 4] = [
    Heading::text("namespace"),
    Heading::text("viewName"),
    Heading::flag("isTemporary"),
    Heading::flag("isMaterialized"),
];

pub(super) fn run(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let place = scope::schema(cursor, session, catalogs)?;
    let filter = scope::like(cursor)?;
    cursor.end()?;
    let views = place.schema.entries().into_iter().filter(|(_, entry)| entry.is_view());
    let views = views.map(|(name, _)| Found::Table(TableName::new(&place.catalog, &place.name, &name)));
    let mut all: Vec<Found> = views.chain(tables::temporary_views(session)).collect();
    all.retain(|view| passes(filter.as_ref(), view.name()));
    all.sort_by(|a, b| a.name().cmp(b.name()));
    let rows: Vec<Vec<Cell>> = all
        .into_iter()
        .map(|view| match view {
            Found::Table(name) => vec![name.schema.into(), name.table.into(), false.into(), false.into()],
            Found::Temporary { name, .. } => vec!["".into(), name.into(), true.into(), false.into()],
        })
        .collect();
    answer(&HEADINGS, &rows)
}
