//! Submit and return at once.

use std::sync::Arc;

use super::start::{Mode, start};
use super::{Cancellation, StatementHandle, StatementSpec};
use crate::error::Result;
use crate::session::SessionCore;

/// Starts a statement and answers its handle as soon as the server has an id for it.
pub(crate) async fn submit(
    session: Arc<SessionCore>,
    spec: StatementSpec,
    cancellation: Arc<Cancellation>,
) -> Result<Arc<StatementHandle>> {
    let started = start(&session, &spec, Mode::Submit, &cancellation).await?;
    session.zone.follow(&spec.sql, false);
    session.has_submitted(&started.handle);
    Ok(started.handle)
}
