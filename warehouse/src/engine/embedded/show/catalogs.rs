//! `SHOW CATALOGS [LIKE p]`

use super::pattern::passes;
use super::rows::{Heading, answer};
use super::scope;
use super::syntax::Cursor;
use crate::engine::embedded::catalog::Catalogs;
use crate::engine::{Answer, SqlError};

pub(super) fn run(cursor: &mut Cursor, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let filter = scope::like(cursor)?;
    cursor.end()?;
    let names = catalogs.names().into_iter().filter(|name| passes(filter.as_ref(), name));
    answer(&[Heading::text("catalog")], &names.map(|name| vec![name.into()]).collect::<Vec<_>>())
}
