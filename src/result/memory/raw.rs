//! Zeroed memory, small or a mapping of its own.

use std::ops::{Deref, DerefMut};

use super::mapping::Mapping;

/// Where a handed-over stream begins: a multiple of this many bytes.
pub(in crate::result) const ALIGNMENT: usize = 64;

/// From this size on an allocation is a mapping of its own.
pub(in crate::result) const MAPPED_SIZE: usize = 1 << 20;

/// Zeroed memory.
pub(super) enum Memory {
    Small(Vec<u8>),
    Mapped(Mapping),
}

impl Memory {
    pub(super) fn new(length: usize) -> Self {
        if length < MAPPED_SIZE {
            return Self::Small(vec![0; length]);
        }
        Mapping::new(length).map_or_else(|_| Self::Small(vec![0; length]), Self::Mapped)
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
