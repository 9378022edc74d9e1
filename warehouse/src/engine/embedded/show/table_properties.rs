//! `SHOW TBLPROPERTIES t [(key)]`

use super::rows::{Cell, Heading, answer};
use super::scope::Found;
use super::syntax::Cursor;
use super::{SessionView, scope};
use crate::engine::embedded::catalog::Catalogs;
use crate::engine::{Answer, SqlError};

pub(super) fn run(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let found = scope::table(cursor, session, catalogs)?;
    let key = match cursor.accept_symbol('(') {
        true => {
            let key = match cursor.literal() {
                Some(key) => key,
                None => cursor.names()?.join("."),
            };
            cursor.expect_symbol(')')?;
            Some(key)
        }
        false => None,
    };
    cursor.end()?;
    let (full_name, facts) = match &found {
        Found::Table(name) => (name.written(), Some(catalogs.facts(name)?)),
        Found::Temporary { name, .. } => (name.clone(), None),
    };
    let properties = facts.as_ref().map(|facts| facts.shown_properties()).unwrap_or_default();
    let rows: Vec<Vec<Cell>> = match key {
        None => properties.into_iter().map(|(key, value)| vec![key.into(), value.into()]).collect(),
        Some(key) => {
            let value = properties.get(key.as_str()).map(|value| (*value).to_owned());
            let value = value.unwrap_or_else(|| format!("Table {full_name} does not have property: {key}"));
            vec![vec![key.into(), value.into()]]
        }
    };
    answer(&[Heading::text("key"), Heading::text("value")], &rows)
}
