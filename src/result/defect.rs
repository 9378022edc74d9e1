//! What can be wrong with a chunk.

use super::memory::raw::NoMemory;
use crate::error::{Code, Error};

/// Why a chunk's bytes cannot be handed over.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Defect {
    /// They are incomplete or damaged; fetched again they may be whole.
    #[error("{0}")]
    Damaged(String),
    /// They are whole, but not what the manifest announced.
    #[error("{0}")]
    Foreign(String),
    /// They are more than this many.
    #[error("it decodes to more than {0} bytes, the most that the session's max_chunk_bytes allows")]
    TooLarge(usize),
    /// Their body goes on behind this many, whatever it decodes to.
    #[error("its body is longer than {0} bytes, more than one that decodes to the session's max_chunk_bytes needs")]
    TooLong(u64),
    /// There is no memory for them.
    #[error("the system does not give the {} bytes that it needs", .0.0)]
    NoMemory(NoMemory),
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
        let code = if matches!(self, Self::NoMemory(_)) { Code::ResourceExhausted } else { Code::DataLoss };
        Error::new(code, format!("chunk {index} of the result is not usable: {self}"))
    }
}

impl From<NoMemory> for Defect {
    fn from(error: NoMemory) -> Self {
        Self::NoMemory(error)
    }
}
