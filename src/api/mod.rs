//! The exported objects: thin, over the kernel's inner types.
//!
//! Every call that waits exists three times from one body: `x` blocks, `x_async` is awaited, and `x_within` waits for a limited time, so
//! that a caller who must stay interruptible can look up in between and call it again to go on waiting for the same answer.

mod arrow_c;
mod async_statement;
mod canceller;
mod chunk;
mod executed_statement;
mod metadata;
mod result_stream;
mod session;
mod statement;
mod volume;
mod volume_operation;
mod volume_reader;
mod volume_transfer;
mod volume_writer;

pub use arrow_c::{
    BatchRows, BatchSource, CapsuleKind, CapsuleKinds, ResultColumn, capsule_kinds, columns_of, exported_batches,
    exported_schema,
};
pub use async_statement::{AsyncStatement, StatementStatus};
pub use canceller::Canceller;
pub use chunk::{Chunk, ChunkMemory, PickleMemory, PickledRows};
pub use executed_statement::ExecutedStatement;
pub use metadata::{Metadata, MetadataCall};
pub use result_stream::{ChunkStep, ResultStream};
pub use session::Session;
pub use statement::Statement;
pub use volume::{Volume, VolumeListing};
pub use volume_operation::VolumeOperation;
pub use volume_reader::{PieceStep, VolumeReader};
pub use volume_transfer::VolumeTransfer;
pub use volume_writer::VolumeWriter;

/// The kernel's version, such as `1.4.0`.
#[uniffi::export]
pub fn kernel_version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// The first word of a statement, such as `SELECT`, behind blanks and comments, in the letter case that it has; empty when
/// something else comes first. It is read in linear time, and the server is not asked.
#[uniffi::export]
pub fn leading_keyword(sql: &str) -> String {
    crate::sql_text::leading_keyword(sql).to_owned()
}

#[cfg(test)]
mod tests;
