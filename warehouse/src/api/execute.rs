//! `POST /api/2.0/sql/statements`

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

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
    row_limit: Option<Value>,
    byte_limit: Option<Value>,
    parameters: Option<Vec<ParameterItem>>,
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
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let work = async {
        let body = match body {
            Ok(body) => body,
            Err(rejection) => return error::bad_body(&rejection),
        };
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
    byte_limit: Option<usize>,
    parameters: Vec<Parameter>,
}

fn checked(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Request, Box<Response>> {
    let refuse = |message: String| Box::new(error::invalid(message));
    let request: Execute =
        serde_json::from_slice(body).map_err(|error| refuse(format!("The request does not parse: {error}")))?;
    if request.warehouse_id.is_none_or(|id| id.is_empty()) {
        return Err(refuse("warehouse_id is required".to_owned()));
    }
    let sql = request.statement.filter(|sql| !sql.trim().is_empty());
    let sql = sql.ok_or_else(|| refuse("statement is required".to_owned()))?;
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
        (Disposition::Inline, _) => {
            return Err(refuse("disposition INLINE goes with format JSON_ARRAY only".to_owned()));
        }
        (Disposition::Hybrid, _) => {
            return Err(refuse("disposition INLINE_OR_EXTERNAL_LINKS goes with format ARROW_STREAM only".to_owned()));
        }
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
    Ok(Request {
        sql,
        session_id: request.session_id,
        options: sessions::options(shared, request.catalog, request.schema),
        disposition,
        format,
        compressed,
        wait,
        cancel_after_wait,
        row_limit: limit("row_limit", request.row_limit, 0).map_err(refuse)?,
        byte_limit: limit("byte_limit", request.byte_limit, 1).map_err(refuse)?,
        parameters: parameters(request.parameters.unwrap_or_default()).map_err(refuse)?,
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

/// A positive whole number; as everywhere in this protocol, a number may come as text.
fn limit(name: &str, value: Option<Value>, least: usize) -> Result<Option<usize>, String> {
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    value.map_or(Ok(None), |value| match number(&value).and_then(|number| usize::try_from(number).ok()) {
        Some(limit) if limit >= least => Ok(Some(limit)),
        _ => Err(format!("{name} {value} is not a whole number of at least {least}")),
    })
}

fn parameters(items: Vec<ParameterItem>) -> Result<Vec<Parameter>, String> {
    let named = items.iter().filter(|item| item.name.is_some()).count();
    if (named != 0 && named != items.len()) || items.iter().any(|item| item.name.is_some() && item.ordinal.is_some()) {
        return Err("Named and positional parameters cannot be mixed.".to_owned());
    }
    let parameter = |(index, item): (usize, ParameterItem)| {
        let marker = match (item.name, item.ordinal) {
            (Some(name), _) if name.is_empty() => return Err("A parameter's name is empty.".to_owned()),
            (Some(name), _) => Marker::Named(name),
            (None, Some(0)) => return Err("A parameter's ordinal is 0: they count from 1.".to_owned()),
            (None, ordinal) => Marker::Ordinal(ordinal.unwrap_or(index + 1)),
        };
        Ok(Parameter { marker, sql_type: item.sql_type.unwrap_or_else(|| "STRING".to_owned()), value: item.value })
    };
    items.into_iter().enumerate().map(parameter).collect()
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
        bytes: request.byte_limit,
        inline: match request.disposition {
            Disposition::Inline => true,
            Disposition::ExternalLinks => false,
            Disposition::Hybrid => faults.contains(&ResultFault::JsonRows),
        },
        memory: shared.config.memory_bytes,
    };
    let statement = Statement { sql: request.sql, parameters: request.parameters };
    start(
        &shared.workers,
        &entry,
        Run {
            session,
            statement,
            format: request.format,
            compressed: request.compressed,
            limits,
            faults,
            volumes: Arc::clone(&shared.volumes),
            links: Arc::clone(&shared.links),
        },
    );
    if !request.wait.is_zero()
        && tokio::time::timeout(request.wait, entry.ended()).await.is_err()
        && request.cancel_after_wait
    {
        entry.cancel();
    }
    let response = reply::statement(shared, &entry);
    if closes {
        entry.close();
    }
    response
}
