//! LZ4 frames as the service cuts them.

use std::io::Write;

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

/// How a chunk's messages become frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Small results: a frame for the schema, one for the batches, one for the end; block and content checksums.
    Small,
    /// Chunks of large results: one frame without checksums.
    Large,
    /// One frame for each message.
    PerMessage,
    /// One frame whose blocks refer to the blocks before them.
    Linked,
}

/// The messages of one IPC stream (the first is the schema, the last the end marker) as concatenated frames.
pub(crate) fn compress(messages: &[Vec<u8>], framing: Framing) -> std::io::Result<Vec<u8>> {
    let last = messages.len().saturating_sub(1).max(1);
    let groups: Vec<&[Vec<u8>]> = match framing {
        Framing::Small => vec![&messages[..1], &messages[1..last], &messages[last..]],
        Framing::Large | Framing::Linked => vec![messages],
        Framing::PerMessage => messages.chunks(1).collect(),
    };
    let checksums = framing == Framing::Small;
    let mode = if framing == Framing::Linked { BlockMode::Linked } else { BlockMode::Independent };
    let info = FrameInfo::new()
        .block_size(BlockSize::Max4MB)
        .block_mode(mode)
        .block_checksums(checksums)
        .content_checksum(checksums);
    let mut body = Vec::new();
    for group in groups.into_iter().filter(|group| !group.is_empty()) {
        let mut frame = FrameEncoder::with_frame_info(info.clone(), &mut body);
        for message in group {
            frame.write_all(message)?;
        }
        frame.finish().map_err(std::io::Error::other)?;
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Framing::Small, 3)]
    #[case(Framing::Large, 1)]
    #[case(Framing::PerMessage, 4)]
    #[case(Framing::Linked, 1)]
    fn frames_are_cut_as_named_and_hold_every_byte(#[case] framing: Framing, #[case] frames: usize) {
        let messages = [b"schema".to_vec(), vec![1; 5_000_000], vec![2; 10], b"end".to_vec()];
        let body = compress(&messages, framing).unwrap();
        let (mut rest, mut decoded, mut count) = (body.as_slice(), Vec::new(), 0);
        while !rest.is_empty() {
            lz4_flex::frame::FrameDecoder::new(&mut rest).read_to_end(&mut decoded).unwrap();
            count += 1;
        }
        assert_eq!(decoded, messages.concat());
        assert_eq!(count, frames);
    }
}
