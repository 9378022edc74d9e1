//! Sending a statement, so that it is neither run twice nor left running when the caller goes away.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::{Cancellation, StatementHandle, StatementSpec, query_tags};
use crate::error::{Code, Error, Result};
use crate::runtime::in_background;
use crate::sea::client::SeaClient;
use crate::sea::wire::{Compression, Disposition, ExecuteStatement, Format, StatementResponse};
use crate::session::SessionCore;
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

/// Hosts that refuse the hybrid disposition. They are asked for links from the start.
static LINKS_ONLY: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

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
    let (sender, answer) = oneshot::channel();
    let (client, kind, headers) = (Arc::clone(&session.client), spec.kind, spec.headers.clone());
    let (deadline, wish) = (spec.deadline(), Arc::clone(cancellation));
    in_background(async move {
        let sent = send(&client, body, kind, &headers).await;
        drop(sender.send(sent.map(|response| {
            let id = response.statement_id.clone();
            let handle = match mode {
                Mode::Wait => StatementHandle::executed(client, id, deadline),
                Mode::Submit => StatementHandle::submitted(client, id, deadline),
            };
            wish.found(&handle);
            Unclaimed(Some(Started { handle, response }))
        })));
    });
    tokio::select! {
        biased;
        answer = answer => answer.map_err(|error| Error::new(Code::Cancelled, "the kernel was shut down").because(error))??.claim(),
        () = cancellation.wished() => Err(cancelled()),
    }
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
) -> Result<StatementResponse> {
    match client.execute(&body, kind, headers).await {
        Err(refused) if body.disposition == Disposition::InlineOrExternalLinks && concerns_disposition(&refused) => {
            tracing::info!("the server refuses the hybrid disposition: asking for links from now on");
            links_only().insert(client.host_key());
            ask_for_links(&mut body);
            client.execute(&body, kind, headers).await
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
        wait_timeout: (mode == Mode::Submit).then_some("0s"),
        on_wait_timeout: None,
        row_limit: spec.row_limit,
        parameters: spec.parameters.to_wire(&spec.sql)?,
        query_tags: query_tags::to_wire(&spec.query_tags)?,
    };
    if links_only().contains(&session.client.host_key()) {
        ask_for_links(&mut body);
    }
    Ok(body)
}

fn ask_for_links(body: &mut ExecuteStatement) {
    body.disposition = Disposition::ExternalLinks;
    if body.wait_timeout.is_none() {
        body.wait_timeout = Some("10s");
        body.on_wait_timeout = Some("CONTINUE");
    }
}

/// The protocol has no code of its own for this refusal.
fn concerns_disposition(error: &Error) -> bool {
    error.http_status == Some(400) && error.details.to_ascii_lowercase().contains("disposition")
}

fn links_only() -> std::sync::MutexGuard<'static, HashSet<String>> {
    LINKS_ONLY.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn cancelled() -> Error {
    Error::new(Code::Cancelled, "the statement was cancelled")
}
