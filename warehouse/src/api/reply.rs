//! A statement's state, manifest and first part of its result.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::error;
use crate::engine::SqlError;
use crate::faults::ResultFault;
use crate::result::{Chunk, Stored, manifest};
use crate::server::Shared;
use crate::statement::{Disposition, Phase, StatementEntry};

/// The most links of one reply, where several are given.
const LINKS_PER_REPLY: usize = 32;

/// The reply to execute and to poll. Absent keys are absent, never null.
pub(super) fn statement(shared: &Shared, entry: &StatementEntry) -> Response {
    let mut body = Map::from_iter([("statement_id".to_owned(), json!(entry.id))]);
    let phase = entry.phase();
    let mut status = json!({"state": phase.name()});
    match phase {
        Phase::Pending | Phase::Running | Phase::Canceled(None) | Phase::Closed => {}
        Phase::Failed(error) => explain(&mut status, "BAD_REQUEST", &error),
        Phase::Canceled(Some(error)) => explain(&mut status, "DEADLINE_EXCEEDED", &error),
        Phase::Succeeded(stored) => {
            let result = match result(shared, entry, &stored, 0, stored.expired_links()) {
                Ok(result) => result,
                Err(error) => return unreadable(&error),
            };
            body.insert("manifest".to_owned(), manifest(&stored));
            body.insert("result".to_owned(), result);
            if stored.has(&ResultFault::Closed) {
                status = json!({"state": "CLOSED"});
            }
        }
    }
    body.insert("status".to_owned(), status);
    Json(Value::Object(body)).into_response()
}

/// Why a statement has no result. Failures of the warehouse itself have a code of their own.
fn explain(status: &mut Value, error_code: &str, error: &SqlError) {
    let internal = error.sql_state.starts_with("XX");
    let error_code = if internal { "INTERNAL_ERROR" } else { error_code };
    status["error"] = json!({"error_code": error_code, "message": error.to_string()});
    status["sql_state"] = json!(error.sql_state);
}

/// A chunk that was kept on disk and cannot be read back.
pub(super) fn unreadable(error: &std::io::Error) -> Response {
    error::internal(format!("The chunk cannot be read back: {error}"))
}

/// The inside of `result` from this chunk on; links to the first `expired` chunks have ended already.
pub(super) fn result(
    shared: &Shared,
    entry: &StatementEntry,
    stored: &Stored,
    index: usize,
    expired: usize,
) -> std::io::Result<Value> {
    let Some(chunk) = stored.chunks.get(index) else { return Ok(json!({})) };
    match entry.disposition {
        _ if stored.inline => inline_rows(entry, stored, index),
        Disposition::Hybrid if stored.chunks.len() == 1 && chunk.body.len() <= shared.config.inline_bytes => {
            attachment(stored, chunk)
        }
        Disposition::Hybrid => Ok(links(shared, entry, stored, index, LINKS_PER_REPLY, expired)),
        Disposition::Inline | Disposition::ExternalLinks => Ok(links(shared, entry, stored, index, 1, expired)),
    }
}

fn attachment(stored: &Stored, chunk: &Chunk) -> std::io::Result<Value> {
    let body = chunk.body.read_all()?;
    Ok(json!({"chunk_index": 0, "row_offset": 0, "row_count": stored.declared_rows(0), "byte_count": body.len(),
        "attachment": STANDARD.encode(&body)}))
}

fn inline_rows(entry: &StatementEntry, stored: &Stored, index: usize) -> std::io::Result<Value> {
    let chunk = &stored.chunks[index];
    let rows: Value = serde_json::from_slice(&chunk.body.read_all()?)?;
    let mut result = json!({"chunk_index": index, "row_offset": chunk.row_offset,
        "row_count": stored.declared_rows(index), "data_array": rows});
    name_next(&mut result, entry, stored, index);
    Ok(result)
}

fn links(shared: &Shared, entry: &StatementEntry, stored: &Stored, first: usize, most: usize, expired: usize) -> Value {
    let headers = stored.required_headers();
    let link = |(index, chunk): (usize, &Chunk)| {
        let link = shared.links.sign(&entry.id, index, index < expired);
        let mut info = json!({"chunk_index": index, "row_offset": chunk.row_offset,
            "row_count": stored.declared_rows(index), "byte_count": chunk.body.len(),
            "external_link": link.url, "expiration": link.expiration});
        if let Some(headers) = headers {
            info["http_headers"] = json!(headers);
        }
        name_next(&mut info, entry, stored, index);
        info
    };
    let given = |(index, _): &(usize, &Chunk)| !stored.has(&ResultFault::MissingChunk { chunk: *index });
    let links: Vec<Value> = stored.chunks.iter().enumerate().skip(first).take(most).filter(given).map(link).collect();
    json!({"external_links": links})
}

/// Each chunk but the last names the next.
fn name_next(info: &mut Value, entry: &StatementEntry, stored: &Stored, index: usize) {
    let next = index + 1;
    if next < stored.chunks.len() {
        info["next_chunk_index"] = json!(next);
        info["next_chunk_internal_link"] = json!(format!("/api/2.0/sql/statements/{}/result/chunks/{next}", entry.id));
    }
}
