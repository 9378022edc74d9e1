//! LZ4 frames, decoded as their bytes arrive, straight into one allocation.
//!
//! Format: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>. A body is any number of frames back to back; a decoder
//! that stops after the first loses rows without an error.

use std::hash::Hasher as _;

use hot_loops::lz4::{Block, Damage};
use twox_hash::XxHash32;

use crate::result::defect::Defect;
use crate::result::memory::output::Output;
use crate::sea::wire::Compression;

const FRAME_MAGIC: u32 = 0x184D_2204;
/// Frames to skip have one of sixteen magic numbers.
const SKIPPABLE_MAGIC: u32 = 0x184D_2A50;
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
    pub(in crate::result) fn new(compression: Compression, output: Output) -> Self {
        Self { output, frames: (compression == Compression::Lz4Frame).then(Frames::default) }
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Magic,
    SkippableLength,
    Skipped(usize),
    Flags,
    Descriptor {
        flags: u8,
        block_size: u8,
    },
    BlockHeader,
    /// The rest of a block, of so many bytes.
    Block {
        left: usize,
        stored: bool,
    },
    BlockChecksum,
    ContentChecksum,
}

impl Part {
    /// How many bytes are taken as one: of others as many as there are.
    fn whole_length(self) -> Option<usize> {
        match self {
            Self::Block { .. } | Self::Skipped(_) => None,
            Self::Flags => Some(2),
            Self::Descriptor { flags, .. } if flags & 0x08 != 0 => Some(LONGEST_WHOLE),
            Self::Descriptor { .. } => Some(1),
            Self::Magic | Self::SkippableLength | Self::BlockHeader | Self::BlockChecksum | Self::ContentChecksum => {
                Some(4)
            }
        }
    }
}

/// The longest part that is taken as one: the size of a frame's content and its header's checksum.
const LONGEST_WHOLE: usize = 9;

/// One frame's settings and progress.
#[derive(Clone, Default)]
struct Frame {
    linked: bool,
    block_checksum: Option<XxHash32>,
    content_checksum: Option<XxHash32>,
    content_size: Option<u64>,
    largest_block: usize,
    /// Where its content begins in the output.
    start: usize,
}

/// The state between two pushes.
#[derive(Default)]
struct Frames {
    part: Part,
    frame: Frame,
    block: Block,
    /// Where the block's content begins in the output.
    block_start: usize,
    /// The beginning of a part that is taken as one, as far as it has come.
    pending: [u8; LONGEST_WHOLE],
    pending_length: usize,
}

impl Frames {
    fn is_between_frames(&self) -> bool {
        self.part == Part::Magic && self.pending_length == 0
    }

    fn push(&mut self, input: &mut &[u8], output: &mut Output) -> Result<Pushed, Defect> {
        while !input.is_empty() {
            match (self.part, self.part.whole_length()) {
                (Part::Block { left, stored }, _) => {
                    if let Some(room) = self.decode(left, stored, input, output)? {
                        return Ok(Pushed::NeedsRoom(room));
                    }
                }
                (Part::Skipped(length), _) => {
                    let skipped = length.min(input.len());
                    *input = &input[skipped..];
                    self.part = if skipped == length { Part::Magic } else { Part::Skipped(length - skipped) };
                }
                (_, whole) => {
                    let whole = whole.unwrap_or(LONGEST_WHOLE);
                    let (more, rest) = input.split_at((whole - self.pending_length).min(input.len()));
                    self.pending[self.pending_length..][..more.len()].copy_from_slice(more);
                    self.pending_length += more.len();
                    *input = rest;
                    if self.pending_length == whole {
                        self.pending_length = 0;
                        let pending = self.pending;
                        self.take(&pending[..whole], output)?;
                    }
                }
            }
        }
        Ok(Pushed::All)
    }

    /// Takes a part as one.
    fn take(&mut self, bytes: &[u8], output: &Output) -> Result<(), Defect> {
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
            Part::BlockChecksum => {
                let found = self.frame.block_checksum.replace(XxHash32::with_seed(0));
                if found.map(|checksum| checksum.finish_32()) != Some(little_endian(bytes)) {
                    return Err(Defect::damaged("the checksum of an LZ4 block does not fit"));
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
            part @ (Part::Block { .. } | Part::Skipped(_)) => part,
        };
        Ok(())
    }

    fn block_header(&mut self, header: u32, output: &Output) -> Result<Part, Defect> {
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
        self.block = Block::default();
        self.block_start = output.decoded_len();
        Ok(Part::Block { left: length, stored })
    }

    /// Decodes what has come of a block's last `left` bytes; answers how much more room the output needs before the rest can be.
    fn decode(
        &mut self,
        left: usize,
        stored: bool,
        input: &mut &[u8],
        output: &mut Output,
    ) -> Result<Option<usize>, Defect> {
        let piece = &input[..left.min(input.len())];
        let before = output.decoded_len();
        let taken = match stored {
            true if store(piece, output)? => piece.len(),
            true => 0,
            false => self.sequences(piece, output)?,
        };
        if let Some(checksum) = &mut self.frame.block_checksum {
            checksum.write(&piece[..taken]);
        }
        if let Some(checksum) = &mut self.frame.content_checksum {
            checksum.write(&output.decoded()[before..]);
        }
        *input = &input[taken..];
        if taken == left {
            if !stored && !self.block.may_end() {
                return Err(Defect::damaged("an LZ4 block is damaged: it ends within a sequence"));
            }
            self.part = if self.frame.block_checksum.is_some() { Part::BlockChecksum } else { Part::BlockHeader };
            return Ok(None);
        }
        self.part = Part::Block { left: left - taken, stored };
        if taken == piece.len() {
            return Ok(None);
        }
        let room = self.room_in_block(output);
        if room == 0 {
            return Err(Defect::damaged("an LZ4 block decodes to more than its frame allows"));
        }
        Ok(Some(if stored { piece.len() } else { room }))
    }

    /// Decodes sequences into the room that there is: an exact size leaves less than a whole block for the last one. Answers how many bytes
    /// of the piece were taken.
    fn sequences(&mut self, piece: &[u8], output: &mut Output) -> Result<usize, Defect> {
        let floor = if self.frame.linked { self.frame.start } else { self.block_start };
        let before = output.decoded_len();
        let content = output.content_with_room(self.room_in_block(output))?;
        let (mut rest, mut written) = (piece, before);
        self.block.push(&mut rest, content, &mut written, floor).map_err(|damage| {
            Defect::damaged(match damage {
                Damage::NoOffset => "an LZ4 block is damaged: it repeats bytes from 0 bytes before",
                Damage::Offset => "an LZ4 block is damaged: it repeats bytes from before its content",
                Damage::Length => "an LZ4 block is damaged: one of its lengths cannot be counted",
            })
        })?;
        output.advance(written - before);
        Ok(piece.len() - rest.len())
    }

    /// How many bytes more the block may decode to.
    fn room_in_block(&self, output: &Output) -> usize {
        (self.block_start + self.frame.largest_block).saturating_sub(output.decoded_len())
    }
}

/// Takes bytes as they are; `false` when there is too little room.
fn store(bytes: &[u8], output: &mut Output) -> Result<bool, Defect> {
    if output.room()? < bytes.len() {
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
        block_checksum: (flags & 0x10 != 0).then(|| XxHash32::with_seed(0)),
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
