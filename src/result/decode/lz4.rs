//! LZ4 frames, decoded block by block as their bytes arrive, straight into one allocation.
//!
//! Format: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>. A body is any number of frames back to back; a decoder
//! that stops after the first loses rows without an error.

use std::hash::Hasher as _;

use lz4_flex::block::{DecompressError, decompress_into, decompress_into_with_dict};
use twox_hash::XxHash32;

use crate::result::defect::Defect;
use crate::result::memory::output::Output;
use crate::result::memory::scratch::Scratch;
use crate::sea::wire::Compression;

const FRAME_MAGIC: u32 = 0x184D_2204;
/// Frames to skip have one of sixteen magic numbers.
const SKIPPABLE_MAGIC: u32 = 0x184D_2A50;
/// How far back a block may refer to the blocks before it.
const WINDOW: usize = 64 * 1024;

/// How far a push has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::result) enum Pushed {
    /// All bytes were taken.
    All,
    /// The output needs room for so many more bytes; then the rest can be pushed.
    NeedsRoom(usize),
}

/// Turns a chunk's body into the bytes of its Arrow IPC stream.
pub(in crate::result) struct Decompressor {
    output: Output,
    frames: Option<Frames>,
}

impl Decompressor {
    /// What arrives in several pieces is gathered in `scratch`, an empty buffer.
    pub(in crate::result) fn new(compression: Compression, output: Output, scratch: Scratch) -> Self {
        let frames = (compression == Compression::Lz4Frame).then(|| Frames::new(scratch));
        Self { output, frames }
    }

    /// Takes the next bytes of the body off `input`, as far as the output has room for what they decode to.
    pub(in crate::result) fn push(&mut self, input: &mut &[u8]) -> Result<Pushed, Defect> {
        match &mut self.frames {
            Some(frames) => frames.push(input, &mut self.output),
            None if store(input, &mut self.output)? => {
                *input = &[];
                Ok(Pushed::All)
            }
            None => Ok(Pushed::NeedsRoom(input.len())),
        }
    }

    /// What was decoded so far.
    pub(in crate::result) fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// The buffer that pieces were gathered in, for another body.
    pub(in crate::result) fn take_scratch(&mut self) -> Scratch {
        let unused = |frames: &mut Frames| frames.pending.is_empty().then(|| std::mem::take(&mut frames.pending));
        self.frames.as_mut().and_then(unused).unwrap_or_default()
    }

    /// The decoded bytes, when the body ended where a frame does.
    pub(in crate::result) fn finish(self) -> Result<Output, Defect> {
        match self.frames {
            Some(frames) if !frames.is_between_frames() => {
                Err(Defect::damaged("its body ends within an LZ4 frame, it was cut off"))
            }
            _ => Ok(self.output),
        }
    }
}

/// What the next bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Magic,
    SkippableLength,
    Skipped(usize),
    Flags,
    Descriptor { flags: u8, block_size: u8 },
    BlockHeader,
    Block { length: usize, stored: bool },
    ContentChecksum,
}

/// One frame's settings and progress.
#[derive(Clone)]
struct Frame {
    linked: bool,
    block_checksums: bool,
    content_checksum: Option<XxHash32>,
    content_size: Option<u64>,
    largest_block: usize,
    /// Where its content begins in the output.
    start: usize,
}

/// The state between two pushes: no more than one block's compressed bytes.
struct Frames {
    part: Part,
    frame: Frame,
    pending: Scratch,
}

impl Frames {
    fn new(scratch: Scratch) -> Self {
        let frame = Frame {
            linked: false,
            block_checksums: false,
            content_checksum: None,
            content_size: None,
            largest_block: 0,
            start: 0,
        };
        Self { part: Part::Magic, frame, pending: scratch }
    }

    fn is_between_frames(&self) -> bool {
        self.part == Part::Magic && self.pending.is_empty()
    }

    fn push(&mut self, input: &mut &[u8], output: &mut Output) -> Result<Pushed, Defect> {
        loop {
            let needed = self.part_length();
            if let Part::Skipped(length) = self.part {
                let skipped = length.min(input.len());
                *input = &input[skipped..];
                self.part = if skipped == length { Part::Magic } else { Part::Skipped(length - skipped) };
            } else if self.pending.is_empty() && input.len() >= needed {
                let (part, rest) = input.split_at(needed);
                if let Some(room) = self.take(part, output)? {
                    return Ok(Pushed::NeedsRoom(room));
                }
                *input = rest;
            } else {
                let missing = needed - self.pending.len();
                let (more, rest) = input.split_at(missing.min(input.len()));
                self.pending.append(more, needed)?;
                *input = rest;
                if self.pending.len() == needed {
                    let mut part = std::mem::take(&mut self.pending);
                    let room = self.take(&part, output)?;
                    if room.is_none() {
                        part.clear();
                    }
                    self.pending = part;
                    if let Some(room) = room {
                        return Ok(Pushed::NeedsRoom(room));
                    }
                }
            }
            if input.is_empty() {
                return Ok(Pushed::All);
            }
        }
    }

    fn part_length(&self) -> usize {
        match self.part {
            Part::Magic | Part::SkippableLength | Part::BlockHeader | Part::ContentChecksum => 4,
            Part::Flags => 2,
            Part::Descriptor { flags, .. } => {
                if flags & 0x08 != 0 {
                    9
                } else {
                    1
                }
            }
            Part::Block { length, .. } => length + if self.frame.block_checksums { 4 } else { 0 },
            Part::Skipped(length) => length,
        }
    }

    /// Takes one part, or nothing where the output needs more room first: how much.
    fn take(&mut self, bytes: &[u8], output: &mut Output) -> Result<Option<usize>, Defect> {
        self.part = match self.part {
            Part::Magic => match little_endian(bytes) {
                FRAME_MAGIC => Part::Flags,
                magic if magic & 0xFFFF_FFF0 == SKIPPABLE_MAGIC => Part::SkippableLength,
                _ => return Err(Defect::damaged("its body is not made of LZ4 frames")),
            },
            Part::SkippableLength => match little_endian(bytes) {
                0 => Part::Magic,
                length => Part::Skipped(length as usize),
            },
            Part::Flags => check_flags(bytes[0], bytes[1])?,
            Part::Descriptor { flags, block_size } => {
                self.frame = frame(flags, block_size, bytes, output.decoded_len())?;
                Part::BlockHeader
            }
            Part::BlockHeader => self.block_header(little_endian(bytes), output)?,
            Part::Block { length, stored } => {
                if let Some(room) = self.block(bytes, length, stored, output)? {
                    return Ok(Some(room));
                }
                Part::BlockHeader
            }
            Part::ContentChecksum => {
                let found = self.frame.content_checksum.as_ref().map(XxHash32::finish_32);
                if found != Some(little_endian(bytes)) {
                    return Err(Defect::damaged("the checksum of an LZ4 frame's content does not fit"));
                }
                Part::Magic
            }
            Part::Skipped(_) => Part::Magic,
        };
        Ok(None)
    }

    fn block_header(&self, header: u32, output: &Output) -> Result<Part, Defect> {
        if header == 0 {
            let size = (output.decoded_len() - self.frame.start) as u64;
            return match self.frame.content_size {
                Some(announced) if announced != size => {
                    Err(Defect::damaged(format!("an LZ4 frame holds {size} bytes, it announced {announced}")))
                }
                _ if self.frame.content_checksum.is_some() => Ok(Part::ContentChecksum),
                _ => Ok(Part::Magic),
            };
        }
        let (length, stored) = ((header & 0x7FFF_FFFF) as usize, header & 0x8000_0000 != 0);
        if length == 0 || length > self.frame.largest_block {
            return Err(Defect::damaged("an LZ4 block has an impossible length"));
        }
        Ok(Part::Block { length, stored })
    }

    fn block(
        &mut self,
        bytes: &[u8],
        length: usize,
        stored: bool,
        output: &mut Output,
    ) -> Result<Option<usize>, Defect> {
        let (block, checksum) = bytes.split_at(length);
        if self.frame.block_checksums && XxHash32::oneshot(0, block) != little_endian(checksum) {
            return Err(Defect::damaged("the checksum of an LZ4 block does not fit"));
        }
        let before = output.decoded_len();
        let is_taken = if stored { store(block, output)? } else { self.decode(block, output)? };
        if !is_taken {
            return Ok(Some(if stored { length } else { self.frame.largest_block }));
        }
        if let Some(checksum) = &mut self.frame.content_checksum {
            checksum.write(&output.decoded()[before..]);
        }
        Ok(None)
    }

    /// Decodes into the room that there is: an exact size leaves less than a whole block for the last one. `false` when it is too little.
    fn decode(&self, block: &[u8], output: &mut Output) -> Result<bool, Defect> {
        let (decoded, room) = output.split()?;
        let end = room.len().min(self.frame.largest_block);
        let history = &decoded[self.frame.start.max(decoded.len().saturating_sub(WINDOW))..];
        let written = if self.frame.linked && !history.is_empty() {
            decompress_into_with_dict(block, &mut room[..end], history)
        } else {
            decompress_into(block, &mut room[..end])
        };
        match written {
            Ok(count) => {
                output.advance(count);
                Ok(true)
            }
            Err(DecompressError::OutputTooSmall { .. }) if end < self.frame.largest_block => Ok(false),
            Err(error) => Err(Defect::damaged(format!("an LZ4 block is damaged: {error}"))),
        }
    }
}

/// Takes bytes as they are; `false` when there is too little room.
fn store(bytes: &[u8], output: &mut Output) -> Result<bool, Defect> {
    if output.split()?.1.len() < bytes.len() {
        return Ok(false);
    }
    output.append(bytes)?;
    Ok(true)
}

fn check_flags(flags: u8, block_size: u8) -> Result<Part, Defect> {
    let known = flags & 0b1100_0010 == 0b0100_0000 && block_size & 0b1000_1111 == 0 && block_size >> 4 >= 4;
    if !known {
        return Err(Defect::damaged("an LZ4 frame's header is damaged, or of a later version"));
    }
    if flags & 0x01 != 0 {
        return Err(Defect::damaged("an LZ4 frame needs a dictionary that was not sent"));
    }
    Ok(Part::Descriptor { flags, block_size })
}

/// The frame that a header describes; `rest` is what follows its first two bytes.
fn frame(flags: u8, block_size: u8, rest: &[u8], start: usize) -> Result<Frame, Defect> {
    let (size, checksum) = rest.split_at(rest.len() - 1);
    let header: Vec<u8> = [flags, block_size].iter().chain(size).copied().collect();
    if [(XxHash32::oneshot(0, &header) >> 8) as u8] != checksum {
        return Err(Defect::damaged("the checksum of an LZ4 frame's header does not fit"));
    }
    Ok(Frame {
        linked: flags & 0x20 == 0,
        block_checksums: flags & 0x10 != 0,
        content_checksum: (flags & 0x04 != 0).then(|| XxHash32::with_seed(0)),
        content_size: size.try_into().ok().map(u64::from_le_bytes),
        // 4 to 7 stand for 64 KiB, 256 KiB, 1 MiB and 4 MiB.
        largest_block: 1 << (8 + 2 * (block_size >> 4)),
        start,
    })
}

/// The number in exactly four bytes.
fn little_endian(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests;
