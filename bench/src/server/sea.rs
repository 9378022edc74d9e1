//! The protocol: sessions, statements with their result or links to it, chunk calls, and the store.

use std::io;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::data::{self, Library};
use super::http::{Part, Reply, Request};
use super::line::Line;
use super::spec::Spec;

/// The most links in one reply, as clients of the service report it.
const LINKS: usize = 32;
/// The id of a statement whose result came with the reply.
const SMALL: &str = "small";

pub(crate) fn answer(request: &Request, address: &str, library: &Library) -> io::Result<Reply> {
    let path = request.path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match (request.method.as_str(), &segments[..]) {
        ("POST", ["api", "2.0", "sql", "sessions"]) => Ok(ok(&json!({"session_id": "bench"}))),
        ("POST", ["api", "2.0", "sql", "statements"]) => execute(&request.body, address, library),
        ("GET", ["api", "2.0", "sql", "statements", id, "result", "chunks", index]) => {
            match (Spec::of_segment(id), index.parse()) {
                (Some(spec), Ok(index)) if index < spec.chunks => Ok(ok(&links(spec, index, address, library)?)),
                _ => Ok(not_found()),
            }
        }
        ("POST" | "DELETE", ["api", "2.0", "sql", ..]) => Ok(ok(&json!({}))),
        ("GET", ["store", id, index]) => match (Spec::of_segment(id), index.parse()) {
            (Some(spec), Ok(index)) => part(spec, index, request.range.as_deref(), library),
            _ => Ok(not_found()),
        },
        _ => Ok(not_found()),
    }
}

fn ok(body: &Value) -> Reply {
    Reply::Json(200, body.to_string())
}

fn not_found() -> Reply {
    Reply::Json(
        404,
        json!({"error_code": "NOT_FOUND", "message": "the benchmark's server does not know this"}).to_string(),
    )
}

fn execute(body: &[u8], address: &str, library: &Library) -> io::Result<Reply> {
    let body: Value = serde_json::from_slice(body)?;
    let spec = Spec::of_statement(body["statement"].as_str().unwrap_or_default());
    let (id, result, manifest) = match spec {
        None => {
            let (body, decoded) = data::compressed(1, 0)?;
            let result = json!({
                "chunk_index": 0, "row_offset": 0, "row_count": 1, "byte_count": body.len(), "attachment": STANDARD.encode(body),
            });
            (SMALL.to_owned(), result, manifest(&[decoded], 1))
        }
        Some(spec) => {
            let size = |index| Ok(announced(spec, library.chunk(spec.rows, index)?.decoded as u64) as usize);
            let sizes: io::Result<Vec<usize>> = (0..spec.chunks).map(size).collect();
            (spec.to_segment(), links(spec, 0, address, library)?, manifest(&sizes?, spec.rows))
        }
    };
    Ok(ok(&json!({
        "statement_id": id, "status": {"state": "SUCCEEDED"}, "manifest": manifest, "result": result,
    })))
}

/// What is said of a size.
fn announced(spec: Spec, size: u64) -> u64 {
    if spec.announced == 0 { size } else { spec.announced }
}

/// The manifest of chunks of these decoded sizes, `rows` rows each.
fn manifest(sizes: &[usize], rows: usize) -> Value {
    let columns = data::columns();
    let chunk = |(index, size)| json!({"chunk_index": index, "row_offset": index * rows, "row_count": rows, "byte_count": size});
    json!({
        "format": "ARROW_STREAM",
        "result_compression": "LZ4_FRAME",
        "schema": {"column_count": columns.as_array().map_or(0, Vec::len), "columns": columns},
        "total_chunk_count": sizes.len(),
        "chunks": sizes.iter().enumerate().map(chunk).collect::<Value>(),
        "total_row_count": sizes.len() * rows,
        "total_byte_count": sizes.iter().sum::<usize>(),
        "truncated": false,
    })
}

/// The links from chunk `first` on.
fn links(spec: Spec, first: usize, address: &str, library: &Library) -> io::Result<Value> {
    let id = spec.to_segment();
    let link = |index: usize| {
        let mut link = json!({
            "chunk_index": index, "row_offset": index * spec.rows, "row_count": spec.rows,
            "byte_count": announced(spec, library.chunk(spec.rows, index)?.compressed),
            "external_link": format!("http://{address}/store/{id}/{index}?sig=bench"),
            "expiration": "2999-01-01T00:00:00.000Z",
        });
        if index + 1 < spec.chunks {
            link["next_chunk_index"] = json!(index + 1);
            link["next_chunk_internal_link"] =
                json!(format!("/api/2.0/sql/statements/{id}/result/chunks/{}", index + 1));
        }
        Ok(link)
    };
    let links: io::Result<Value> = (first..spec.chunks.min(first + LINKS)).map(link).collect();
    Ok(json!({"external_links": links?}))
}

fn part(spec: Spec, index: usize, range: Option<&str>, library: &Library) -> io::Result<Reply> {
    let chunk = library.chunk(spec.rows, index)?;
    let whole = chunk.compressed;
    let Some(asked) = range.map_or(Some(0..whole), |text| parse_range(text, whole)) else {
        return Ok(Reply::Json(416, String::new()));
    };
    let line = Line { latency: spec.latency, rate: spec.rate };
    let file = chunk.open()?;
    Ok(Reply::Part(Part { file, whole, range: asked, is_range: range.is_some(), decoded: chunk.decoded, line }))
}

/// `bytes=a-b` and `bytes=a-`.
fn parse_range(text: &str, whole: u64) -> Option<Range<u64>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let first = first.parse().ok()?;
    let end = if last.is_empty() { whole } else { last.parse::<u64>().ok()?.saturating_add(1).min(whole) };
    (first < end).then_some(first..end)
}
