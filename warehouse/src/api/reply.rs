//! A statement's state, manifest and first part of its result.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::faults::ResultFault;
use crate::result::{Format, Stored, manifest};
use crate::server::Shared;
use crate::statement::{Disposition, Phase, StatementEntry};

/// The most links of one reply, where several are given.
const LINKS_PER_REPLY: usize = 32;
/// The most bytes of a result that is answered inline as rows of text.
const MAX_INLINE_BYTES: usize = 25 * 1024 * 1024;

/// The reply to execute and to poll. Absent keys are absent, never null.
pub(super) fn statement(shared: &Shared, entry: &StatementEntry) -> Response {
    let mut body = Map::from_iter([("statement_id".to_owned(), json!(entry.id))]);
    let status = match entry.phase() {
        Phase::Pending => json!({"state": "PENDING"}),
        Phase::Running => json!({"state": "RUNNING"}),
        Phase::Canceled => json!({"state": "CANCELED"}),
        Phase::Closed => json!({"state": "CLOSED"}),
        Phase::Failed(error) => failed(&error.to_string(), &error.sql_state),
        Phase::Succeeded(stored) if entry.disposition == Disposition::Inline && size(&stored) > MAX_INLINE_BYTES => {
            failed(
                "[INLINE_RESULT_TOO_LARGE] The result is larger than 25 MiB: use the disposition EXTERNAL_LINKS. SQLSTATE: 54000",
                "54000",
            )
        }
        Phase::Succeeded(stored) => {
            body.insert("manifest".to_owned(), manifest(&stored));
            body.insert("result".to_owned(), result(shared, entry, &stored, 0));
            json!({"state": if stored.has(&ResultFault::Closed) { "CLOSED" } else { "SUCCEEDED" }})
        }
    };
    body.insert("status".to_owned(), status);
    Json(Value::Object(body)).into_response()
}

fn failed(message: &str, sql_state: &str) -> Value {
    json!({"state": "FAILED", "error": {"error_code": "BAD_REQUEST", "message": message}, "sql_state": sql_state})
}

fn size(stored: &Stored) -> usize {
    stored.chunks.iter().map(|chunk| chunk.body.len()).sum()
}

/// The inside of `result` from this chunk on.
pub(super) fn result(shared: &Shared, entry: &StatementEntry, stored: &Stored, index: usize) -> Value {
    if stored.chunks.is_empty() {
        return json!({});
    }
    match (entry.disposition, stored.format) {
        (Disposition::Inline | Disposition::Hybrid, Format::JsonArray) => inline_rows(entry, stored, index),
        (Disposition::Hybrid, _) if stored.chunks.len() == 1 && size(stored) <= shared.config.inline_bytes => {
            attachment(stored)
        }
        (Disposition::Hybrid, _) => links(shared, entry, stored, index, LINKS_PER_REPLY),
        _ => links(shared, entry, stored, index, 1),
    }
}

fn attachment(stored: &Stored) -> Value {
    let chunk = &stored.chunks[0];
    json!({"chunk_index": 0, "row_offset": 0, "row_count": chunk.row_count, "byte_count": chunk.body.len(), "attachment": STANDARD.encode(&chunk.body)})
}

fn inline_rows(entry: &StatementEntry, stored: &Stored, index: usize) -> Value {
    let chunk = &stored.chunks[index];
    let rows: Value = serde_json::from_slice(&chunk.body).unwrap_or_default();
    let mut result =
        json!({"chunk_index": index, "row_offset": chunk.row_offset, "row_count": chunk.row_count, "data_array": rows});
    name_next(&mut result, entry, stored, index);
    result
}

fn links(shared: &Shared, entry: &StatementEntry, stored: &Stored, first: usize, most: usize) -> Value {
    let expired = stored
        .faults
        .iter()
        .find_map(|fault| if let ResultFault::ExpiredLinks { count } = fault { Some(*count) } else { None })
        .unwrap_or(0);
    let link = |(index, chunk): (usize, &crate::result::Chunk)| {
        let link = shared.links.sign(&entry.id, index, first == 0 && index < expired);
        let mut info = json!({"chunk_index": index, "row_offset": chunk.row_offset, "row_count": chunk.row_count, "byte_count": chunk.body.len(),
            "external_link": link.url, "expiration": link.expiration});
        name_next(&mut info, entry, stored, index);
        info
    };
    let given = |(index, _): &(usize, &crate::result::Chunk)| !stored.has(&ResultFault::MissingChunk { chunk: *index });
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
