//! Sending a statement, so that it is neither run twice nor left running when the caller goes away.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Cancellation, StatementHandle, StatementSpec, query_tags};
use crate::error::{Code, Error, Result, sql_state_in};
use crate::fork::PerProcess;
use crate::sea::client::SeaClient;
use crate::sea::flight::Flight;
use crate::sea::wire::{Compression, Disposition, ExecuteStatement, Format, StatementResponse};
use crate::session::SessionCore;
use crate::shutdown::{Begun, Rank, hold};
use crate::transport::RequestKind;

/// How long the server holds the reply back for a statement that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Until the statement has ended, or some seconds.
    Wait,
    /// Not at all.
    Submit,
}

/// A statement that the server has, and its first reply.
pub(super) struct Started {
    pub(super) handle: Arc<StatementHandle>,
    pub(super) response: StatementResponse,
}

/// How long the server may hold the reply back for a statement that runs: the shortest time that it takes, so that the statement's id is
/// soon known and can be cancelled, and long enough for a small statement to be answered in one request.
const WAIT: Duration = Duration::from_secs(5);
/// How long it holds the reply back when it is told nothing.
const DEFAULT_WAIT: Duration = Duration::from_secs(10);

/// Hosts that refuse the hybrid disposition. They are asked for links from the start.
static LINKS_ONLY: PerProcess<HashSet<String>> = PerProcess::new();

/// Hosts that answer a hybrid request that names a wait by the first chunk alone, and hold the others back. No wait is named to them: they
/// then answer after 10 s at most.
static NO_NAMED_WAIT: PerProcess<HashSet<String>> = PerProcess::new();

/// Sends the statement. Dropping the future, or a wish to cancel, returns at once; the request goes on, and what it started is cancelled.
pub(super) async fn start(
    session: &SessionCore,
    spec: &StatementSpec,
    mode: Mode,
    cancellation: &Arc<Cancellation>,
) -> Result<Started> {
    spec.check()?;
    let body = request(session, spec, mode)?;
    if cancellation.is_wished() {
        return Err(cancelled());
    }
    let flight = Flight::new();
    let mut begun = begin(session, spec, mode, body, cancellation, &flight)?;
    tokio::select! {
        biased;
        answer = begun.answer() => answer?.claim(),
        () = cancellation.wished() => Err(cancelled()),
        // A metadata statement is asked again instead.
        () = flight.has_lasted(session.client.request_timeout()), if spec.kind == RequestKind::Execute => Err(unanswered(session)),
    }
}

/// Sends the request on a task of its own. It is not sent again when its answer is not wanted any more.
fn begin(
    session: &SessionCore,
    spec: &StatementSpec,
    mode: Mode,
    body: ExecuteStatement,
    wish: &Arc<Cancellation>,
    flight: &Arc<Flight>,
) -> Result<Begun<Unclaimed>> {
    let (client, kind, headers, deadline) =
        (Arc::clone(&session.client), spec.kind, spec.headers.clone(), spec.deadline());
    let names_wait = body.wait_timeout == Some("5s");
    let (wish, flight, given_up) = (Arc::clone(wish), Arc::clone(flight), CancellationToken::new());
    let give_up = given_up.clone();
    let request = async move {
        let not_wanted = async {
            tokio::select! {
                () = wish.wished() => {}
                () = given_up.cancelled() => {}
            }
        };
        let sent = flight.unless(not_wanted, send(&client, body, kind, &headers, &flight)).await;
        let response = sent.ok_or_else(cancelled)??;
        if names_wait {
            note_held_back_chunks(&client, &response);
        }
        let id = response.statement_id.clone();
        let handle = match mode {
            Mode::Wait => StatementHandle::executed(client, id, deadline),
            Mode::Submit => StatementHandle::submitted(client, id, deadline),
        };
        wish.found(&handle);
        if mode == Mode::Wait {
            hold(Rank::Statement, &handle);
        }
        Ok(Unclaimed(Some(Started { handle, response })))
    };
    Begun::new(request, move || give_up.cancel())
}

/// A started statement that nobody has taken yet: dropped, it is cancelled and closed.
struct Unclaimed(Option<Started>);

impl Unclaimed {
    fn claim(mut self) -> Result<Started> {
        self.0.take().ok_or_else(|| Error::internal("a started statement was claimed twice"))
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if let Some(started) = self.0.take() {
            started.handle.abandon();
        }
    }
}

async fn send(
    client: &SeaClient,
    mut body: ExecuteStatement,
    kind: RequestKind,
    headers: &[(&'static str, &'static str)],
    flight: &Arc<Flight>,
) -> Result<StatementResponse> {
    match client.execute(&body, kind, headers, Some(flight)).await {
        Err(refused)
            if body.disposition == Disposition::InlineOrExternalLinks && concerns_disposition(&refused, &body) =>
        {
            tracing::info!("the server refuses the hybrid disposition: asking for links from now on");
            LINKS_ONLY.lock().insert(client.host_key());
            body.disposition = Disposition::ExternalLinks;
            client.execute(&body, kind, headers, Some(flight)).await
        }
        answer => answer,
    }
}

fn request(session: &SessionCore, spec: &StatementSpec, mode: Mode) -> Result<ExecuteStatement> {
    let mut body = ExecuteStatement {
        warehouse_id: session.client.warehouse_id().to_owned(),
        session_id: session.open_id()?,
        statement: spec.sql.clone(),
        disposition: Disposition::InlineOrExternalLinks,
        format: Format::ArrowStream,
        result_compression: Compression::Lz4Frame,
        wait_timeout: wait_timeout(session, spec, mode),
        on_wait_timeout: None,
        row_limit: spec.row_limit,
        parameters: spec.parameters.to_wire(&spec.sql)?,
        query_tags: query_tags::to_wire(&spec.query_tags)?,
    };
    if LINKS_ONLY.lock().contains(&session.client.host_key()) {
        body.disposition = Disposition::ExternalLinks;
    }
    Ok(body)
}

/// What the server is told of how long to hold the reply back; at most half the time that the caller waits for it, the rest is polling's.
fn wait_timeout(session: &SessionCore, spec: &StatementSpec, mode: Mode) -> Option<&'static str> {
    let patience = session.client.request_timeout().min(spec.timeout.unwrap_or(Duration::MAX));
    let names_wait = !NO_NAMED_WAIT.lock().contains(&session.client.host_key());
    let wait = if names_wait { WAIT } else { DEFAULT_WAIT };
    match mode {
        Mode::Wait if patience >= 2 * wait => names_wait.then_some("5s"),
        Mode::Wait | Mode::Submit => Some("0s"),
    }
}

/// Notes a host whose reply has one chunk of several and a link to none.
fn note_held_back_chunks(client: &SeaClient, response: &StatementResponse) {
    let chunks = response.manifest.as_ref().and_then(|manifest| manifest.total_chunk_count);
    let has_first_alone =
        response.result.as_ref().is_some_and(|result| result.attachment.is_some() && result.external_links.is_empty());
    if has_first_alone && chunks.is_some_and(|chunks| chunks > 1) && NO_NAMED_WAIT.lock().insert(client.host_key()) {
        tracing::info!("the server answers with the first chunk alone: no wait is named to it from now on");
    }
}

/// The error of a request whose reply does not come.
fn unanswered(session: &SessionCore) -> Error {
    let limit = session.client.request_timeout();
    Error::new(
        Code::Timeout,
        format!(
            "the server did not answer within {limit:?}, so the statement's id is not known; the statement may have run, and is cancelled if the server still names it"
        ),
    )
}

/// Whether the request was refused for its disposition. The protocol has no code for that alone: it is the refusal of a request, not of SQL, and
/// speaks of the disposition where the caller's own words do not.
fn concerns_disposition(error: &Error, body: &ExecuteStatement) -> bool {
    const CODES: [Option<&str>; 4] =
        [None, Some("INVALID_PARAMETER_VALUE"), Some("BAD_REQUEST"), Some("MALFORMED_REQUEST")];
    let of_request = error.http_status == Some(400) && CODES.contains(&error.error_code.as_deref());
    let of_sql = error.sql_state.is_some() || sql_state_in(&error.details).is_some() || error.details.starts_with('[');
    let parameters = body.parameters.iter().flat_map(|one| [&one.name, &one.value]).flatten();
    let tags = body.query_tags.iter().flat_map(|tag| [Some(&tag.key), tag.value.as_ref()]).flatten();
    let callers: Vec<_> =
        parameters.chain(tags).chain([&body.statement]).map(|text| text.to_ascii_lowercase()).collect();
    let details = error.details.to_ascii_lowercase();
    let speaks_of = |word| details.contains(word) && !callers.iter().any(|text| text.contains(word));
    of_request && !of_sql && (speaks_of("disposition") || speaks_of("inline_or_external_links"))
}

pub(super) fn cancelled() -> Error {
    Error::new(Code::Cancelled, "the statement was cancelled")
}

#[cfg(test)]
mod tests;
