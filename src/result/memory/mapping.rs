//! The memory of a chunk, as a mapping of its own.

use std::io;
use std::ops::{Deref, DerefMut};

use memmap2::{MmapMut, MmapOptions};

use crate::runtime::drop_in_background;

/// Up to this size its pages are there from the start; beyond it they come as bytes do, for an announced size is only a hint.
const PROVIDED_SIZE: usize = 64 << 20;

/// Zeroed memory that goes back to the system, or to another chunk, as one piece.
pub(in crate::result) struct Mapping(Option<MmapMut>);

impl Mapping {
    pub(in crate::result) fn new(length: usize) -> io::Result<Self> {
        let mut options = MmapOptions::new();
        options.len(length);
        if length <= PROVIDED_SIZE {
            // All pages at once cost less than a fault for each.
            options.populate();
        }
        Ok(Self(Some(options.map_anon()?)))
    }

    /// Changes its length without a copy, where the system can do that; `false` elsewhere. Its bytes may move; further ones are zeros.
    #[cfg(target_os = "linux")]
    pub(super) fn resize(&mut self, length: usize) -> io::Result<bool> {
        let Some(mapping) = &mut self.0 else { return Ok(false) };
        // SAFETY: only memory behind the end of a file must not be touched, and this is no file's.
        unsafe { mapping.remap(length, memmap2::RemapOptions::new().may_move(true)) }?;
        Ok(true)
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unnecessary_wraps, reason = "it is as on Linux")]
    pub(super) fn resize(&mut self, _length: usize) -> io::Result<bool> {
        Ok(false)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // Giving back a large table takes tens of milliseconds, and the thread that lets go of it may hold an interpreter's lock.
        drop_in_background(self.0.take());
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl DerefMut for Mapping {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.as_deref_mut().unwrap_or_default()
    }
}
