//! The JSON of the SQL Statement Execution protocol: types, and nothing else.
//!
//! Source: <https://docs.databricks.com/api/workspace/statementexecution>. Replies are read leniently: a key that
//! may be absent is optional, and a number may come as text.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

mod bounds;

pub(crate) use bounds::TextRows;
use bounds::{MOST_CHUNKS, MOST_COLUMNS, MOST_LINKS, at_most, headers};

/// `POST /api/2.0/sql/sessions`
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct CreateSession {
    pub(crate) warehouse_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) catalog: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<String>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub(crate) session_confs: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SessionCreated {
    pub(crate) session_id: String,
}

/// `POST /api/2.0/sql/statements`
#[derive(Clone, Serialize)]
pub(crate) struct ExecuteStatement {
    pub(crate) warehouse_id: String,
    pub(crate) session_id: String,
    pub(crate) statement: String,
    pub(crate) disposition: Disposition,
    pub(crate) format: Format,
    pub(crate) result_compression: Compression,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wait_timeout: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) on_wait_timeout: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) row_limit: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) parameters: Vec<StatementParameter>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) query_tags: Vec<QueryTag>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Disposition {
    ExternalLinks,
    InlineOrExternalLinks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Format {
    ArrowStream,
    JsonArray,
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Compression {
    #[default]
    None,
    Lz4Frame,
    #[serde(other)]
    Other,
}

/// A value for a marker: by `name`, or by `ordinal` counted from 1.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StatementParameter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ordinal: Option<i32>,
    #[serde(rename = "type")]
    pub(crate) sql_type: String,
    pub(crate) value: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct QueryTag {
    pub(crate) key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
}

/// The reply to execute and to poll.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StatementResponse {
    pub(crate) statement_id: String,
    pub(crate) status: StatementStatus,
    pub(crate) manifest: Option<Manifest>,
    pub(crate) result: Option<ResultData>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StatementStatus {
    /// `PENDING`, `RUNNING`, `SUCCEEDED`, `FAILED`, `CANCELED` or `CLOSED`; kept as text so that an unknown one can be named.
    pub(crate) state: String,
    pub(crate) error: Option<StatementError>,
    pub(crate) sql_state: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StatementError {
    #[serde(default, deserialize_with = "text_or_number")]
    pub(crate) error_code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) sql_state: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) format: Option<Format>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) schema: ManifestSchema,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) total_chunk_count: Option<i64>,
    #[serde(default, deserialize_with = "at_most::<MOST_CHUNKS, _, _>")]
    pub(crate) chunks: Vec<ChunkInfo>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) total_row_count: Option<i64>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) total_byte_count: Option<i64>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) truncated: bool,
    #[serde(default)]
    pub(crate) result_compression: Option<Compression>,
    /// The result is one row that says which file to transfer, and where.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_volume_operation: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ManifestSchema {
    #[serde(default, deserialize_with = "at_most::<MOST_COLUMNS, _, _>")]
    pub(crate) columns: Vec<ColumnInfo>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct ColumnInfo {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) type_text: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) type_name: String,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) position: Option<i64>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) type_precision: Option<i64>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) type_scale: Option<i64>,
    pub(crate) type_interval_type: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ChunkInfo {
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) chunk_index: Option<i64>,
    /// The chunk's first row, counted from 0.
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) row_offset: Option<i64>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) row_count: Option<i64>,
    /// The size of the decoded chunk in bytes.
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) byte_count: Option<i64>,
}

/// The `result` of a statement's reply, and the whole of a chunk call's.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct ResultData {
    #[serde(default, deserialize_with = "at_most::<MOST_LINKS, _, _>")]
    pub(crate) external_links: Vec<ExternalLink>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) chunk_index: Option<i64>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) row_offset: Option<i64>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) row_count: Option<i64>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) next_chunk_index: Option<i64>,
    pub(crate) next_chunk_internal_link: Option<String>,
    /// One chunk as base64.
    pub(crate) attachment: Option<String>,
    /// One chunk as rows of text.
    pub(crate) data_array: Option<TextRows>,
}

/// Where one chunk can be fetched, without credentials. URL and headers are secrets.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct ExternalLink {
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) chunk_index: Option<i64>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) row_offset: Option<i64>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) row_count: Option<i64>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) byte_count: Option<i64>,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) next_chunk_index: Option<i64>,
    pub(crate) next_chunk_internal_link: Option<String>,
    /// Empty where the server has none yet.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) external_link: String,
    /// RFC 3339, UTC; what is no text says nothing.
    #[serde(default, deserialize_with = "text")]
    pub(crate) expiration: Option<String>,
    #[serde(default, deserialize_with = "headers")]
    pub(crate) http_headers: Option<HashMap<String, String>>,
}

impl ResultData {
    /// The chunk behind those of the reply, as the last link names it, or the reply itself.
    pub(crate) fn next(&self) -> Option<i64> {
        let by_link = self
            .external_links
            .last()
            .and_then(|link| link.next_chunk_index.or_else(|| index_in(link.next_chunk_internal_link.as_deref()?)));
        by_link.or(self.next_chunk_index).or_else(|| index_in(self.next_chunk_internal_link.as_deref()?))
    }
}

/// The chunk that an internal link, `…/result/chunks/1?row_offset=40000`, asks for.
fn index_in(internal_link: &str) -> Option<i64> {
    let (_, chunk) = internal_link.split_once("/result/chunks/")?;
    chunk.split(['?', '/']).next()?.parse().ok()
}

impl std::fmt::Debug for ResultData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResultData")
            .field("external_links", &self.external_links)
            .field("chunk_index", &self.chunk_index)
            .field("row_count", &self.row_count)
            .field("next_chunk_index", &self.next_chunk_index)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ExternalLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExternalLink")
            .field("chunk_index", &self.chunk_index)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Number(i64),
    Text(String),
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<TextOrNumber>::deserialize(deserializer)?.map(|value| match value {
        TextOrNumber::Number(number) => number.to_string(),
        TextOrNumber::Text(text) => text,
    }))
}

/// A key that may be absent may also be null.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_str().map(str::to_owned))
}

pub(super) fn lenient_i64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Option::<TextOrNumber>::deserialize(deserializer)? {
        None => Ok(None),
        Some(TextOrNumber::Number(number)) => Ok(Some(number)),
        Some(TextOrNumber::Text(text)) => text.parse().map(Some).map_err(serde::de::Error::custom),
    }
}

#[cfg(test)]
mod tests;
