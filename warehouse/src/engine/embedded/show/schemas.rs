//! `SHOW SCHEMAS [IN c | IN ALL CATALOGS] [LIKE p]`

use super::SessionView;
use super::pattern::passes;
use super::rows::{Cell, Heading, answer};
use super::scope;
use super::syntax::Cursor;
use crate::engine::embedded::catalog::Catalogs;
use crate::engine::{Answer, SqlError};

pub(super) fn run(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let mut with_catalog = false;
    let names = if !cursor.accept_any(&["IN", "FROM"]) {
        vec![session.catalog.to_lowercase()]
    } else if cursor.accept(&["ALL", "CATALOGS"]) {
        with_catalog = true;
        catalogs.names()
    } else {
        cursor.accept_before_name("CATALOG");
        vec![cursor.name()?.to_lowercase()]
    };
    let filter = scope::like(cursor)?;
    cursor.end()?;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for catalog in names {
        for (schema, _) in catalogs.schemas(&catalog)? {
            if passes(filter.as_ref(), &schema) {
                rows.push(vec![schema.into(), (&catalog).into()]);
            }
        }
    }
    let headings = [Heading::text("databaseName"), Heading::text("catalog")];
    answer(if with_catalog { &headings } else { &headings[..1] }, &rows)
}
