//! From an engine's answer to chunks and a manifest.

mod arrow;
mod cell;
mod collect;
mod lz4;
mod manifest;
mod text;

use axum::body::Bytes;
use serde::Deserialize;

use crate::engine::Column;
use crate::faults::ResultFault;

pub(crate) use collect::{Limits, collect};
pub(crate) use manifest::manifest;

/// In which form rows are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Format {
    #[default]
    JsonArray,
    ArrowStream,
    Csv,
}

/// A result, whole, as it is served.
pub(crate) struct Stored {
    pub(crate) format: Format,
    pub(crate) columns: Vec<Column>,
    pub(crate) chunks: Vec<Chunk>,
    /// Whether bodies are LZ4 frames; `None` when the manifest does not say.
    pub(crate) compressed: Option<bool>,
    pub(crate) truncated: bool,
    pub(crate) faults: Vec<ResultFault>,
}

/// One chunk.
pub(crate) struct Chunk {
    pub(crate) row_offset: usize,
    pub(crate) row_count: usize,
    /// The bytes before compression.
    pub(crate) byte_count: usize,
    pub(crate) body: Bytes,
}

impl Stored {
    pub(crate) fn row_count(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.row_count).sum()
    }

    pub(crate) fn has(&self, fault: &ResultFault) -> bool {
        self.faults.contains(fault)
    }
}
