//! Zeroed memory, small or a mapping of its own.

use std::ops::{Deref, DerefMut};

use super::mapping::Mapping;
use crate::error::{Code, Error};

/// Where a handed-over stream begins: a multiple of this many bytes.
pub(in crate::result) const ALIGNMENT: usize = 64;

/// From this size on an allocation is a mapping of its own.
pub(in crate::result) const MAPPED_SIZE: usize = 1 << 20;

/// The system does not give so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::result) struct NoMemory(pub(in crate::result) usize);

impl From<NoMemory> for Error {
    fn from(NoMemory(length): NoMemory) -> Self {
        let details = format!("the system does not give the {length} bytes that a chunk of the result needs");
        Self::new(Code::ResourceExhausted, details)
    }
}

/// Zeroed memory.
pub(super) enum Memory {
    Small(Vec<u8>),
    Mapped(Mapping),
}

impl Memory {
    pub(super) fn new(length: usize) -> Result<Self, NoMemory> {
        if length >= MAPPED_SIZE {
            return Mapping::new(length).map(Self::Mapped).map_err(|_| NoMemory(length));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|_| NoMemory(length))?;
        bytes.resize(length, 0);
        Ok(Self::Small(bytes))
    }

    /// Changes its length without a copy, where it is a mapping and the system can do that; `false` elsewhere.
    pub(super) fn resize(&mut self, length: usize) -> Result<bool, NoMemory> {
        match self {
            Self::Small(_) => Ok(false),
            Self::Mapped(mapping) => mapping.resize(length).map_err(|_| NoMemory(length)),
        }
    }

    pub(super) fn base(&self) -> usize {
        self.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT)
    }
}

impl Deref for Memory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Small(bytes) => bytes,
            Self::Mapped(mapping) => mapping,
        }
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Small(bytes) => bytes,
            Self::Mapped(mapping) => mapping,
        }
    }
}
