//! Results: from links, attachments or rows of text to Arrow IPC chunks in order, never short.
//!
//! Stages: `links` (which chunk is where) -> `download` (fetch, `decompress`, `check`, `relabel`) -> `pipeline` (in parallel, in order,
//! within one budget) -> `reader` (as many rows as announced). Arrays are decoded for a `rewrite` alone.

mod backend;
mod body;
mod budget;
mod check;
mod chunk;
mod config;
mod decompress;
mod defect;
mod download;
mod interval;
mod json;
mod layout;
mod line;
mod links;
mod mapping;
mod memory;
mod part;
mod pipeline;
mod progress;
mod reader;
mod relabel;
mod rewrite;
mod same_types;
mod schema;
mod type_text;

pub(crate) use chunk::{ChunkData, decode};
pub use config::ResultConfig;
pub(crate) use progress::ProgressReports;
pub use progress::{Progress, ProgressListener};
pub(crate) use reader::ResultReader;
