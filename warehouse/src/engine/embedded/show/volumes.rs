//! `SHOW VOLUMES [IN s] [LIKE p]`: there are none.

use super::rows::{Heading, answer};
use super::syntax::Cursor;
use super::{SessionView, scope};
use crate::engine::embedded::catalog::Catalogs;
use crate::engine::{Answer, SqlError};

pub(super) fn run(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    scope::schema(cursor, session, catalogs)?;
    scope::like(cursor)?;
    cursor.end()?;
    answer(&[Heading::text("database"), Heading::text("volume_name")], &[])
}
