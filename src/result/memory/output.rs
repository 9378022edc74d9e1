//! Memory for a chunk that is still arriving.

use std::io;
use std::ops::Range;
use std::sync::Weak;

use arrow_buffer::Buffer;
use bytes::Bytes;

use super::budget::{Budget, Claim};
use super::raw::{ALIGNMENT, Memory, NoMemory};

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

/// What lies behind the decoded bytes in the end: a stream's end marker.
const TAIL: usize = 8;

/// One allocation that decoded bytes are appended to, behind free room for another schema message. It is made when the first bytes are there.
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
    /// How many there may be.
    most: usize,
}

impl Output {
    /// Room for `headroom` bytes, rounded up, and then for `expected` decoded ones, of which there may be `most`; in the memory of a chunk
    /// that was read, where `claim` finds some that fits.
    pub(in crate::result) fn new(headroom: usize, expected: usize, most: usize, claim: Option<Claim>) -> Self {
        let start = headroom.next_multiple_of(ALIGNMENT);
        let length = length_with(start, expected.min(most));
        let budget = claim.as_ref().map_or_else(Weak::new, Claim::budget);
        let bytes = Memory::Small(Vec::new());
        Self { bytes, planned: Some((length, claim)), budget, base: 0, start, end: start, most }
    }

    fn provide(&mut self) -> Result<(), NoMemory> {
        if let Some((length, claim)) = self.planned.take() {
            self.bytes = match claim.and_then(|claim| claim.spare(length)) {
                Some(mapping) => Memory::Mapped(mapping),
                None => Memory::new(length)?,
            };
            self.base = self.bytes.base();
        }
        Ok(())
    }

    /// The decoded bytes.
    pub(in crate::result) fn decoded(&self) -> &[u8] {
        self.bytes.get(self.base + self.start..self.base + self.end).unwrap_or_default()
    }

    pub(in crate::result) fn decoded_len(&self) -> usize {
        self.end - self.start
    }

    /// How many decoded bytes it should have room for so that `room` more fit, which is half as many again at least, for growing may be a copy.
    /// `None` where it may not be more than there are.
    pub(in crate::result) fn grown_by(&self, room: usize) -> Option<usize> {
        let decoded = self.decoded_len();
        let length = decoded.saturating_add(room).max(decoded.saturating_add(decoded / 2)).min(self.most);
        let capacity = self.bytes.len().saturating_sub(self.base + self.start + TAIL);
        (length > capacity).then_some(length)
    }

    /// Makes room for `length` decoded bytes in all.
    pub(in crate::result) fn grow(&mut self, length: usize) -> Result<(), NoMemory> {
        self.provide()?;
        if self.bytes.len() - self.base - self.start >= length.saturating_add(TAIL) {
            return Ok(());
        }
        let needed = self.start.saturating_add(length).saturating_add(TAIL);
        // A mapping begins with a page wherever it goes, so that `base` stays.
        if self.bytes.resize(needed.saturating_add(self.base))? {
            return Ok(());
        }
        let (mut bytes, base) = allocate(needed)?;
        bytes[base + self.start..base + self.end].copy_from_slice(self.decoded());
        (self.bytes, self.base) = (bytes, base);
        Ok(())
    }

    /// How many bytes more fit.
    pub(in crate::result) fn room(&mut self) -> Result<usize, NoMemory> {
        self.provide()?;
        let end = self.base + self.end + TAIL;
        Ok(self.bytes.len().saturating_sub(end).min(self.most.saturating_sub(self.decoded_len())))
    }

    /// The decoded bytes, and behind them the room for more, at most `limit` bytes of it.
    pub(in crate::result) fn content_with_room(&mut self, limit: usize) -> Result<&mut [u8], NoMemory> {
        let room = self.room()?.min(limit);
        let end = self.base + self.end + room;
        Ok(&mut self.bytes[self.base + self.start..end])
    }

    /// Takes the first `count` bytes of the room as decoded ones.
    pub(in crate::result) fn advance(&mut self, count: usize) {
        self.end += count.min(self.bytes.len() - self.base - self.end);
    }

    /// Appends bytes in memory that grows by as much as it takes; `most` is for those who ask.
    pub(in crate::result) fn append(&mut self, bytes: &[u8]) -> Result<(), NoMemory> {
        self.provide()?;
        let end = self.base + self.end;
        if self.bytes.len() - end < bytes.len() {
            self.grow((self.decoded_len() + bytes.len()).max(self.decoded_len() + self.decoded_len() / 2))?;
        }
        let end = self.base + self.end;
        self.bytes[end..end + bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
        Ok(())
    }

    /// Forgets the decoded bytes behind the first `length`.
    pub(in crate::result) fn truncate(&mut self, length: usize) {
        self.end = self.end.min(self.start + length);
    }

    /// The free room and the decoded bytes as one, and where the decoded ones begin in it. Some bytes must have been appended.
    pub(in crate::result) fn with_headroom(&mut self) -> (&mut [u8], usize) {
        (&mut self.bytes[self.base..self.base + self.end], self.start)
    }

    /// Shares what lies between two positions of [`Output::with_headroom`], without a copy unless most of the allocation were unused.
    pub(in crate::result) fn into_buffer(mut self, range: Range<usize>) -> Result<Buffer, NoMemory> {
        if range.len() < self.bytes.len() / 2 {
            let (mut bytes, base) = allocate(range.len())?;
            bytes[base..base + range.len()].copy_from_slice(&self.bytes[self.base..][range.clone()]);
            return Ok(handed_over(bytes, base..base + range.len(), Weak::new()));
        }
        let end = self.base + range.end;
        if self.bytes.len() > end + end / 8 {
            // The next chunk is about as large as this one is, not as it was given room to grow.
            self.bytes.resize(end.max(length_with(self.start, self.decoded_len())))?;
        }
        Ok(handed_over(self.bytes, self.base + range.start..end, self.budget))
    }
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes).map_err(|_| io::ErrorKind::OutOfMemory)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How long memory is that `decoded` bytes fit in behind `start`, wherever it begins.
fn length_with(start: usize, decoded: usize) -> usize {
    start.saturating_add(decoded).saturating_add(TAIL + ALIGNMENT)
}

/// `length` zeroed bytes behind an aligned position, and that position.
fn allocate(length: usize) -> Result<(Memory, usize), NoMemory> {
    let bytes = Memory::new(length.saturating_add(ALIGNMENT))?;
    let base = bytes.base();
    Ok((bytes, base))
}

fn handed_over(memory: Memory, range: Range<usize>, budget: Weak<Budget>) -> Buffer {
    Buffer::from(Bytes::from_owner(HandedOver { memory: Some(memory), range, budget }))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn output(headroom: usize, expected: usize) -> Output {
        Output::new(headroom, expected, usize::MAX, None)
    }

    #[rstest]
    #[case::small(10, 10_000)]
    #[case::that_becomes_a_mapping(10, 2 << 20)]
    #[case::mapping(1 << 20, 5 << 20)]
    fn output_that_grows_keeps_its_bytes_and_its_alignment(#[case] hint: usize, #[case] length: usize) {
        let mut output = output(100, hint);
        let expected: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
        for piece in expected.chunks(length / 30) {
            output.append(piece).unwrap();
        }
        assert_eq!(output.decoded(), expected);
        let (_, start) = output.with_headroom();
        assert_eq!(start, 128);
        let buffer = output.into_buffer(start..start + expected.len()).unwrap();
        assert_eq!(buffer.as_slice(), expected);
        assert_eq!(buffer.as_ptr() as usize % ALIGNMENT, 0);
        assert!(buffer.capacity() <= length + length / 2 + 4096);
    }

    #[test]
    fn into_buffer_of_a_small_part_frees_the_rest() {
        let mut output = output(0, 1 << 20);
        output.append(b"small").unwrap();
        let buffer = output.into_buffer(0..5).unwrap();
        assert_eq!(buffer.as_slice(), b"small");
        assert!(buffer.capacity() < 1024);
        assert_eq!(buffer.as_ptr() as usize % ALIGNMENT, 0);
    }

    /// As long as a chunk needs that is as large: that one is decoded into it.
    #[test]
    fn memory_that_grew_fits_the_next_chunk_of_its_size() {
        let budget = Budget::new(64 << 20);
        let mut held = budget.reserve(1, true).unwrap();
        let size = 3 << 20;
        let mut first = Output::new(100, 2 << 20, usize::MAX, Some(held.claim()));
        first.room().unwrap();
        first.grow(size + size / 2).unwrap();
        first.append(&vec![1; size]).unwrap();
        let (_, start) = first.with_headroom();
        let buffer = first.into_buffer(start..start + size).unwrap();
        let address = buffer.as_ptr();
        drop(buffer);
        let mut second = Output::new(100, size, usize::MAX, Some(held.claim()));
        second.append(b"second").unwrap();
        assert_eq!(second.decoded().as_ptr(), address);
    }

    #[test]
    fn output_grows_up_to_the_most_and_no_further() {
        let mut output = Output::new(0, usize::MAX, 3000, None);
        assert_eq!(output.room().unwrap(), 3000);
        output.advance(2000);
        assert_eq!(output.grown_by(500), None, "there is room already");
        output.advance(1000);
        assert_eq!(output.grown_by(1), None);

        let mut output = Output::new(0, 1000, 3000, None);
        output.room().unwrap();
        output.advance(1000);
        assert_eq!(output.grown_by(1), Some(1500));
        assert_eq!(output.grown_by(5000), Some(3000));
        output.grow(3000).unwrap();
        assert_eq!(output.room().unwrap(), 2000);
    }

    #[test]
    fn output_that_the_system_has_no_memory_for_is_an_error() {
        assert!(matches!(output(0, usize::MAX / 2).room(), Err(NoMemory(length)) if length > usize::MAX / 2));
        let mut output = output(0, 10);
        output.append(b"kept").unwrap();
        assert!(output.grow(usize::MAX).is_err());
        assert_eq!(output.decoded(), b"kept");
    }
}
