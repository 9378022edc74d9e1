//! `SHOW FUNCTIONS` of catalogs, which hold none, and of the engine.

use std::collections::BTreeSet;

use super::pattern::passes;
use super::rows::{Cell, Heading, answer};
use super::syntax::Cursor;
use super::{SessionView, scope};
use crate::engine::embedded::catalog::Catalogs;
use crate::engine::embedded::functions::registry;
use crate::engine::{Answer, SqlError};

/// Which functions are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    All,
    System,
    User,
}

/// `[ALL|SYSTEM|USER] FUNCTIONS`
pub(super) fn accept(cursor: &mut Cursor) -> Option<Kind> {
    let kinds = [(&["FUNCTIONS"][..], Kind::All), (&["ALL", "FUNCTIONS"], Kind::All)];
    let others = [(&["SYSTEM", "FUNCTIONS"][..], Kind::System), (&["USER", "FUNCTIONS"], Kind::User)];
    kinds.into_iter().chain(others).find(|(words, _)| cursor.accept(words)).map(|(_, kind)| kind)
}

const OF_CATALOGS: [Heading; 6] = [
    Heading::text("functionName"),
    Heading::text("namespace"),
    Heading::text("catalogName"),
    Heading::text("remarks").nullable(),
    Heading::number("functionType"),
    Heading::text("specificName"),
];

/// `SHOW FUNCTIONS IN {CATALOG c | ALL CATALOGS} [SCHEMA LIKE s] [LIKE f]` or
/// `SHOW [ALL|SYSTEM|USER] FUNCTIONS [IN s] [LIKE f]`.
pub(super) fn run(
    cursor: &mut Cursor,
    kind: Kind,
    session: &SessionView,
    catalogs: &Catalogs,
) -> Result<Answer, SqlError> {
    let mut ahead = cursor.clone();
    if ahead.accept_any(&["IN", "FROM"])
        && let Some(names) = scope::catalogs(&mut ahead, catalogs)?
    {
        *cursor = ahead;
        scope::schemas_like(cursor, names, catalogs)?;
        scope::like(cursor)?;
        cursor.end()?;
        return answer(&OF_CATALOGS, &[]);
    }
    scope::schema(cursor, session, catalogs)?;
    let filter = scope::like(cursor)?;
    cursor.end()?;
    let names = if kind == Kind::User { BTreeSet::new() } else { registry::names() };
    let names = names.into_iter().filter(|name| passes(filter.as_ref(), name));
    let rows: Vec<Vec<Cell>> = names.map(|name| vec![name.into()]).collect();
    answer(&[Heading::text("function")], &rows)
}
