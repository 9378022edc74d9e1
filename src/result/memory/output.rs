//! Memory for a chunk that is still arriving.

use std::io;
use std::ops::Range;
use std::sync::Weak;

use arrow_buffer::Buffer;
use bytes::Bytes;

use super::budget::{Budget, Claim};
use super::raw::{ALIGNMENT, Memory};

/// A chunk that is handed over. Its mapping becomes the memory of a later chunk, when that is still wanted.
struct HandedOver {
    memory: Option<Memory>,
    range: Range<usize>,
    budget: Weak<Budget>,
}

impl AsRef<[u8]> for HandedOver {
    fn as_ref(&self) -> &[u8] {
        self.memory.as_ref().and_then(|memory| memory.get(self.range.clone())).unwrap_or_default()
    }
}

impl Drop for HandedOver {
    fn drop(&mut self) {
        if let (Some(Memory::Mapped(mapping)), Some(budget)) = (self.memory.take(), self.budget.upgrade()) {
            budget.keep(mapping);
        }
    }
}

/// One allocation that decoded bytes are appended to, behind free room for another schema message. It is made when the first bytes are there.
///
/// A size that was announced is only a hint: at most [`Output::LARGEST_HINT`] of it is allocated before bytes arrive.
pub(in crate::result) struct Output {
    bytes: Memory,
    /// How many bytes it is made for, and what it may reuse.
    planned: Option<(usize, Option<Claim>)>,
    /// Where it goes when the chunk was read.
    budget: Weak<Budget>,
    /// The first aligned position of `bytes`.
    base: usize,
    /// Where the decoded bytes begin, counted from `base`, a multiple of [`ALIGNMENT`].
    start: usize,
    /// Where they end.
    end: usize,
}

impl Output {
    /// The most that is allocated in advance.
    const LARGEST_HINT: usize = 1 << 30;

    /// Room for `headroom` bytes, rounded up, and then for `expected` decoded ones; in the memory of a chunk that was read, where
    /// `claim` finds some that fits.
    pub(in crate::result) fn new(headroom: usize, expected: usize, claim: Option<Claim>) -> Self {
        let start = headroom.next_multiple_of(ALIGNMENT);
        let length = start + expected.min(Self::LARGEST_HINT) + ALIGNMENT;
        let budget = claim.as_ref().map_or_else(Weak::new, Claim::budget);
        Self { bytes: Memory::Small(Vec::new()), planned: Some((length, claim)), budget, base: 0, start, end: start }
    }

    fn provide(&mut self) {
        if let Some((length, claim)) = self.planned.take() {
            let spare = claim.and_then(|claim| claim.spare(length));
            self.bytes = spare.map_or_else(|| Memory::new(length), Memory::Mapped);
            self.base = self.bytes.base();
        }
    }

    /// The decoded bytes.
    pub(in crate::result) fn decoded(&self) -> &[u8] {
        self.bytes.get(self.base + self.start..self.base + self.end).unwrap_or_default()
    }

    pub(in crate::result) fn decoded_len(&self) -> usize {
        self.end - self.start
    }

    /// How many bytes can be appended without another allocation.
    fn room(&self) -> usize {
        self.bytes.len() - self.base - self.end
    }

    /// Makes room for `additional` bytes; a larger allocation is a copy, so it is half as large again at least.
    pub(in crate::result) fn reserve(&mut self, additional: usize) {
        self.provide();
        if self.room() >= additional {
            return;
        }
        let grown = (self.end + additional).max(self.end + self.end / 2);
        let (mut bytes, base) = allocate(grown);
        bytes[base + self.start..base + self.end].copy_from_slice(self.decoded());
        (self.bytes, self.base) = (bytes, base);
    }

    /// The decoded bytes, and the room behind them.
    pub(in crate::result) fn split(&mut self) -> (&[u8], &mut [u8]) {
        self.provide();
        let (before, room) = self.bytes.split_at_mut(self.base + self.end);
        (&before[self.base + self.start..], room)
    }

    /// Takes the first `count` bytes of the room as decoded ones.
    pub(in crate::result) fn advance(&mut self, count: usize) {
        self.end += count.min(self.room());
    }

    pub(in crate::result) fn append(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.split().1[..bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    /// Forgets the decoded bytes behind the first `length`.
    pub(in crate::result) fn truncate(&mut self, length: usize) {
        self.end = self.end.min(self.start + length);
    }

    /// The free room and the decoded bytes as one, and where the decoded ones begin in it.
    pub(in crate::result) fn with_headroom(&mut self) -> (&mut [u8], usize) {
        self.provide();
        (&mut self.bytes[self.base..self.base + self.end], self.start)
    }

    /// Shares what lies between two positions of [`Output::with_headroom`], without a copy unless most of the allocation were unused.
    pub(in crate::result) fn into_buffer(mut self, range: Range<usize>) -> Buffer {
        self.provide();
        if range.len() < self.bytes.len() / 2 {
            let (mut bytes, base) = allocate(range.len());
            bytes[base..base + range.len()].copy_from_slice(&self.bytes[self.base..][range.clone()]);
            return handed_over(bytes, base..base + range.len(), Weak::new());
        }
        handed_over(self.bytes, self.base + range.start..self.base + range.end, self.budget)
    }
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `length` zeroed bytes behind an aligned position, and that position.
fn allocate(length: usize) -> (Memory, usize) {
    let bytes = Memory::new(length + ALIGNMENT);
    let base = bytes.base();
    (bytes, base)
}

fn handed_over(memory: Memory, range: Range<usize>, budget: Weak<Budget>) -> Buffer {
    Buffer::from(Bytes::from_owner(HandedOver { memory: Some(memory), range, budget }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_grows_keeps_its_bytes_and_its_alignment() {
        let mut output = Output::new(100, 10, None);
        let expected: Vec<u8> = (0..10_000).map(|i| (i % 251) as u8).collect();
        for piece in expected.chunks(333) {
            output.append(piece);
        }
        assert_eq!(output.decoded(), expected);
        let (_, start) = output.with_headroom();
        assert_eq!(start, 128);
        let buffer = output.into_buffer(start..start + expected.len());
        assert_eq!(buffer.as_slice(), expected);
        assert_eq!(buffer.as_ptr() as usize % ALIGNMENT, 0);
    }

    #[test]
    fn into_buffer_of_a_small_part_frees_the_rest() {
        let mut output = Output::new(0, 1 << 20, None);
        output.append(b"small");
        let buffer = output.into_buffer(0..5);
        assert_eq!(buffer.as_slice(), b"small");
        assert!(buffer.capacity() < 1024);
        assert_eq!(buffer.as_ptr() as usize % ALIGNMENT, 0);
    }

    #[test]
    fn new_with_an_absurd_hint_allocates_a_bounded_part() {
        assert!(Output::new(0, usize::MAX, None).split().1.len() <= Output::LARGEST_HINT + ALIGNMENT);
    }
}
