//! `POST /api/2.0/sql/statements`

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::Deserialize;

use super::{error, reply, sessions};
use crate::engine::{Marker, Parameter, SessionOptions, Statement};
use crate::faults::{On, ResultFault};
use crate::result::{Format, Limits};
use crate::server::Shared;
use crate::statement::{Disposition, Run, StatementEntry, start};

/// The longest SQL text.
const MAX_SQL_BYTES: usize = 16 * 1024 * 1024;
/// How long a reply is held back when the client does not say.
const DEFAULT_WAIT: Duration = Duration::from_secs(10);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Execute {
    statement: Option<String>,
    warehouse_id: Option<String>,
    session_id: Option<String>,
    catalog: Option<String>,
    schema: Option<String>,
    disposition: Option<String>,
    format: Option<Format>,
    result_compression: Option<String>,
    wait_timeout: Option<String>,
    on_wait_timeout: Option<String>,
    row_limit: Option<i64>,
    parameters: Vec<ParameterItem>,
}

#[derive(Deserialize)]
struct ParameterItem {
    name: Option<String>,
    ordinal: Option<usize>,
    #[serde(rename = "type")]
    sql_type: Option<String>,
    value: Option<String>,
}

pub(super) async fn execute(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let work = async {
        match checked(&shared, &headers, &body) {
            Ok(request) => run(&shared, request).await,
            Err(refusal) => *refusal,
        }
    };
    shared.faults.around(On::Execute, None, work).await
}

/// A request that can be run.
struct Request {
    sql: String,
    session_id: Option<String>,
    options: SessionOptions,
    disposition: Disposition,
    format: Format,
    compressed: bool,
    wait: Duration,
    cancel_after_wait: bool,
    row_limit: Option<usize>,
    parameters: Vec<Parameter>,
}

fn checked(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Request, Box<Response>> {
    let refuse = |message: String| Box::new(error::invalid(message));
    let request: Execute =
        serde_json::from_slice(body).map_err(|error| refuse(format!("The request does not parse: {error}")))?;
    if request.warehouse_id.is_none_or(|id| id.is_empty()) {
        return Err(refuse("warehouse_id is required".to_owned()));
    }
    let sql = request.statement.ok_or_else(|| refuse("statement is required".to_owned()))?;
    if sql.len() > MAX_SQL_BYTES {
        return Err(refuse(format!("The statement is longer than {MAX_SQL_BYTES} bytes.")));
    }
    if request.session_id.is_some() && (request.catalog.is_some() || request.schema.is_some()) {
        return Err(refuse("catalog and schema cannot be given together with session_id".to_owned()));
    }
    let disposition = match request.disposition.as_deref().unwrap_or("INLINE") {
        "INLINE" => Disposition::Inline,
        "EXTERNAL_LINKS" => Disposition::ExternalLinks,
        "INLINE_OR_EXTERNAL_LINKS" if hybrid_allowed(shared, headers) => Disposition::Hybrid,
        other => return Err(refuse(format!("disposition {other} is not supported"))),
    };
    let format = request.format.unwrap_or_default();
    match (disposition, format) {
        (Disposition::Inline, Format::JsonArray)
        | (Disposition::ExternalLinks, _)
        | (Disposition::Hybrid, Format::ArrowStream) => {}
        _ => return Err(refuse("The format is not supported with this disposition.".to_owned())),
    }
    let compressed = match request.result_compression.as_deref() {
        None | Some("NONE") => false,
        Some("LZ4_FRAME") => true,
        Some(other) => return Err(refuse(format!("result_compression {other} is not supported"))),
    };
    let wait = match request.wait_timeout.as_deref() {
        None => DEFAULT_WAIT,
        Some(text) => {
            wait_timeout(text).ok_or_else(|| refuse(format!("wait_timeout {text} is not 0s or between 5s and 50s")))?
        }
    };
    let cancel_after_wait = match request.on_wait_timeout.as_deref() {
        None | Some("CONTINUE") => false,
        Some("CANCEL") => !wait.is_zero(),
        Some(other) => return Err(refuse(format!("on_wait_timeout {other} is not CONTINUE or CANCEL"))),
    };
    let row_limit = request.row_limit.map(|limit| usize::try_from(limit).ok().filter(|limit| *limit > 0));
    if row_limit == Some(None) {
        return Err(refuse("row_limit must be positive".to_owned()));
    }
    Ok(Request {
        sql,
        session_id: request.session_id,
        options: SessionOptions { catalog: request.catalog, schema: request.schema, ..SessionOptions::default() },
        disposition,
        format,
        compressed,
        wait,
        cancel_after_wait,
        row_limit: row_limit.flatten(),
        parameters: parameters(request.parameters).map_err(|message| refuse(message.to_owned()))?,
    })
}

/// The real service answers the hybrid disposition to the clients that it knows.
fn hybrid_allowed(shared: &Shared, headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = &shared.config.hybrid_agents;
    known.is_empty() || known.iter().any(|beginning| agent.starts_with(beginning.as_str()))
}

fn wait_timeout(text: &str) -> Option<Duration> {
    let seconds = text.strip_suffix('s')?.parse().ok()?;
    (seconds == 0 || (5..=50).contains(&seconds)).then(|| Duration::from_secs(seconds))
}

fn parameters(items: Vec<ParameterItem>) -> Result<Vec<Parameter>, &'static str> {
    let named = items.iter().filter(|item| item.name.is_some()).count();
    if named != 0 && named != items.len() {
        return Err("Named and positional parameters cannot be mixed.");
    }
    let parameter = |(index, item): (usize, ParameterItem)| Parameter {
        marker: item.name.map_or(Marker::Ordinal(item.ordinal.unwrap_or(index + 1)), Marker::Named),
        sql_type: item.sql_type.unwrap_or_else(|| "STRING".to_owned()),
        value: item.value,
    };
    Ok(items.into_iter().enumerate().map(parameter).collect())
}

async fn run(shared: &Shared, request: Request) -> Response {
    let session = match &request.session_id {
        Some(id) => match shared.sessions().get(id).cloned() {
            Some(session) => session,
            None => return sessions::unknown(id),
        },
        None => match shared.engine.open_session(request.options).await {
            Ok(session) => session,
            Err(error) => return error::invalid(error.to_string()),
        },
    };
    let entry = StatementEntry::new(request.session_id, request.disposition);
    shared.statements.add(&entry);
    shared.faults.count_execution();
    let faults = shared.faults.of_result();
    let closes = faults.contains(&ResultFault::Closed);
    let limits = Limits {
        chunk_rows: shared.config.chunk_rows,
        chunk_bytes: shared.config.chunk_bytes,
        rows: request.row_limit,
    };
    let statement = Statement { sql: request.sql, parameters: request.parameters };
    start(&entry, Run { session, statement, format: request.format, compressed: request.compressed, limits, faults });
    if !request.wait.is_zero()
        && tokio::time::timeout(request.wait, entry.ended()).await.is_err()
        && request.cancel_after_wait
    {
        entry.cancel();
    }
    let response = reply::statement(shared, &entry);
    if closes {
        shared.statements.close(&entry.id);
    }
    response
}
