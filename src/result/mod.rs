//! Results: from links, attachments or rows of text to Arrow IPC chunks in order, never short.
//!
//! Stages: `links` (which chunk is where) -> `fetch` (its bytes) -> `decode` (decompressed, checked, under the result's schema) ->
//! `pipeline` (in parallel, in order, within the budget of `memory`) -> `reader` (as many rows as announced).

mod chunk;
mod config;
mod decode;
mod defect;
mod extent;
mod fetch;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod heading;
mod label;
mod layout;
mod links;
mod memory;
mod offsets;
mod pipeline;
mod progress;
mod reader;
mod rows;
mod schema;
mod sizes;

pub(crate) use chunk::{ChunkData, decode, row_counts};
pub use config::ResultConfig;
pub(crate) use heading::SessionZone;
pub(crate) use progress::ProgressReports;
pub use progress::{Progress, ProgressListener};
pub(crate) use reader::ResultReader;
pub(crate) use rows::pickled;
pub(crate) use schema::schema_stream;
