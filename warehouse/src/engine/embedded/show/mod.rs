//! SHOW and DESCRIBE.

use super::catalog::Catalogs;
use super::session::SessionView;
use crate::engine::{Answer, SqlError};

/// Answers the statement when it is a SHOW or DESCRIBE; `None` when it is another.
pub async fn run(_: &str, _: &SessionView, _: &Catalogs) -> Option<Result<Answer, SqlError>> {
    None
}
