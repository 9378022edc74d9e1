//! What can be wrong with a chunk.

use crate::error::Error;

/// Why a chunk's bytes cannot be handed over.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Defect {
    /// They are incomplete or damaged; fetched again they may be whole.
    #[error("{0}")]
    Damaged(String),
    /// They are whole, but not what the manifest announced.
    #[error("{0}")]
    Foreign(String),
}

impl Defect {
    pub(super) fn damaged(details: impl Into<String>) -> Self {
        Self::Damaged(details.into())
    }

    pub(super) fn foreign(details: impl Into<String>) -> Self {
        Self::Foreign(details.into())
    }

    /// The error of the chunk with this index.
    pub(super) fn of_chunk(self, index: i64) -> Error {
        Error::data_loss(format!("chunk {index} of the result is not usable: {self}"))
    }
}
