//! Waiting for a statement to end.

use std::time::{Duration, Instant};

use super::{Cancellation, StatementHandle, outcome};
use crate::error::{Code, Error, Result};
use crate::sea::wire::StatementResponse;

/// Short queries are seen early, long ones are not asked about often.
const FIRST_INTERVAL: Duration = Duration::from_millis(50);
const LONGEST_INTERVAL: Duration = Duration::from_secs(1);

/// The statement's last reply. `first` is what is known of it already. A wish to cancel is followed up at once; past the statement's
/// deadline it is cancelled, and the wait fails with `Timeout`.
pub(super) async fn until_ended(
    handle: &StatementHandle,
    first: Option<StatementResponse>,
    cancellation: &Cancellation,
) -> Result<StatementResponse> {
    let mut interval = FIRST_INTERVAL;
    let mut woken = cancellation.is_wished();
    let mut known = first;
    loop {
        let response = match known.take() {
            Some(response) => response,
            None => handle.client.statement(&handle.id).await.map_err(|error| error.of_query(&handle.id))?,
        };
        if outcome::state(&response)?.is_terminal() {
            handle.has_ended();
            return Ok(response);
        }
        let remaining = handle.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if remaining.is_some_and(|remaining| remaining.is_zero()) {
            handle.abandon();
            return Err(Error::new(Code::Timeout, "the statement did not end within its time limit and was cancelled")
                .of_query(&handle.id));
        }
        let pause = interval.min(remaining.unwrap_or(interval));
        tokio::select! {
            () = tokio::time::sleep(pause) => interval = (interval * 3 / 2).min(LONGEST_INTERVAL),
            () = cancellation.wished(), if !woken => {
                woken = true;
                interval = FIRST_INTERVAL;
            }
        }
    }
}
