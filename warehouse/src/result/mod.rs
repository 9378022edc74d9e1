//! From an engine's answer to chunks and a manifest.

mod arrow;
mod body;
mod cell;
mod collect;
mod lz4;
mod manifest;
mod text;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::engine::Column;
use crate::faults::ResultFault;

pub(crate) use body::ChunkBody;
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
    /// Whether rows are answered in replies rather than through links.
    pub(crate) inline: bool,
    pub(crate) columns: Vec<Column>,
    pub(crate) chunks: Vec<Chunk>,
    /// Whether bodies are LZ4 frames; `None` when the manifest does not say.
    pub(crate) compressed: Option<bool>,
    pub(crate) truncated: bool,
    /// Whether the one row tells the client which file to transfer.
    pub(crate) is_volume_operation: bool,
    pub(crate) faults: Vec<ResultFault>,
}

/// One chunk.
pub(crate) struct Chunk {
    pub(crate) row_offset: usize,
    pub(crate) row_count: usize,
    /// The bytes before compression.
    pub(crate) byte_count: usize,
    pub(crate) body: ChunkBody,
}

impl Stored {
    pub(crate) fn row_count(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.row_count).sum()
    }

    /// The rows that a chunk is said to have.
    pub(crate) fn declared_rows(&self, index: usize) -> i64 {
        let rows = self.chunks.get(index).map_or(0, |chunk| chunk.row_count) as i64;
        let added = self.faults.iter().map(|fault| match fault {
            ResultFault::ChunkRows { chunk, add } if *chunk == index => *add,
            _ => 0,
        });
        rows + added.sum::<i64>()
    }

    /// The rows that the whole result is said to have.
    pub(crate) fn declared_total(&self) -> i64 {
        let added = self.faults.iter().map(|fault| if let ResultFault::TotalRows { add } = fault { *add } else { 0 });
        self.row_count() as i64 + added.sum::<i64>()
    }

    /// The headers without which the store refuses a link.
    pub(crate) fn required_headers(&self) -> Option<&BTreeMap<String, String>> {
        self.faults.iter().find_map(|fault| match fault {
            ResultFault::RequiredHeaders(headers) => Some(headers),
            _ => None,
        })
    }

    /// How many of the first links have ended when they are given with the statement; those of a chunk call are good.
    pub(crate) fn expired_links(&self) -> usize {
        let count =
            |fault: &ResultFault| if let ResultFault::ExpiredLinks { count } = fault { Some(*count) } else { None };
        self.faults.iter().find_map(count).unwrap_or(0)
    }

    pub(crate) fn has(&self, fault: &ResultFault) -> bool {
        self.faults.contains(fault)
    }
}
