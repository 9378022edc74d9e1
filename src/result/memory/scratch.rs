//! A buffer for the pieces of one whole.

use std::ops::Deref;

use super::raw::{Memory, NoMemory};

/// A buffer for gathered pieces has a multiple of this many bytes, so that it need not grow with each that is a little longer.
const GATHER_STEP: usize = 64 << 10;

/// A buffer that pieces are gathered in until they are whole, used again and again.
pub(in crate::result) struct Scratch {
    memory: Memory,
    length: usize,
}

impl Scratch {
    pub(in crate::result) fn clear(&mut self) {
        self.length = 0;
    }

    /// Appends bytes, of a whole that has `whole` in the end.
    pub(in crate::result) fn append(&mut self, bytes: &[u8], whole: usize) -> Result<(), NoMemory> {
        let end = self.length + bytes.len();
        if self.memory.len() < end {
            // The next whole is about as long.
            let mut memory = Memory::new(whole.max(end).next_multiple_of(GATHER_STEP))?;
            memory[..self.length].copy_from_slice(self);
            self.memory = memory;
        }
        self.memory[self.length..end].copy_from_slice(bytes);
        self.length = end;
        Ok(())
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self { memory: Memory::Small(Vec::new()), length: 0 }
    }
}

impl Deref for Scratch {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[..self.length]
    }
}
