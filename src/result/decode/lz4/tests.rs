use std::io::Write as _;

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::result::fuzz::lz4::{decoded, push_all};

/// Bytes that compress, with references that reach across blocks.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|i| ((i / 7) % 200) as u8 ^ ((i / 4096) as u8)).collect()
}

/// Bytes that do not compress, so that their blocks are stored.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(next).collect()
}

const MOST: usize = 1 << 30;

fn encode(content: &[u8], info: FrameInfo) -> Vec<u8> {
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn plain() -> FrameInfo {
    FrameInfo::new().block_size(BlockSize::Max64KB)
}

fn decode(body: &[u8]) -> Result<Vec<u8>, Defect> {
    decoded(body, usize::MAX, 1000, MOST)
}

#[rstest]
fn push_decodes_every_kind_of_frame(
    #[values(BlockMode::Independent, BlockMode::Linked)] mode: BlockMode,
    #[values(false, true)] block_checksums: bool,
    #[values(false, true)] content_checksum: bool,
    #[values(None, Some(300_000))] content_size: Option<u64>,
    #[values(BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB)] size: BlockSize,
) {
    let content = content(300_000);
    let info = FrameInfo::new()
        .block_mode(mode)
        .block_checksums(block_checksums)
        .content_checksum(content_checksum)
        .content_size(content_size)
        .block_size(size);
    assert_eq!(decode(&encode(&content, info)), Ok(content));
}

#[rstest]
fn push_decodes_whatever_the_pieces_and_the_hint_are(
    #[values(1, 3, 1000, usize::MAX)] piece: usize,
    #[values(0, 1, 149_999, 150_000, 150_001, 10_000_000, usize::MAX)] hint: usize,
) {
    let content = content(150_000);
    let body = encode(&content, plain().block_mode(BlockMode::Linked).content_checksum(true).block_checksums(true));
    assert_eq!(decoded(&body, piece, hint, MOST), Ok(content));
}

#[test]
fn push_decodes_frames_back_to_back() {
    let parts = [content(100), noise(200_000), Vec::new(), content(70_000)];
    let mut body = Vec::new();
    for (part, info) in parts.iter().zip([
        plain(),
        plain().block_mode(BlockMode::Linked),
        plain().content_checksum(true),
        plain().block_mode(BlockMode::Linked).content_checksum(true),
    ]) {
        body.extend(encode(part, info));
    }
    assert_eq!(decode(&body), Ok(parts.concat()));
}

#[rstest]
fn push_skips_skippable_frames(#[values(0, 1, 5000)] length: usize, #[values(0, 15)] kind: u32) {
    let mut skippable = (SKIPPABLE_MAGIC + kind).to_le_bytes().to_vec();
    skippable.extend((length as u32).to_le_bytes());
    skippable.extend(vec![7; length]);
    let frame = encode(&content(1000), plain());
    let body = [skippable.clone(), frame.clone(), skippable.clone(), frame, skippable].concat();
    let expected = [content(1000), content(1000)].concat();
    assert_eq!(decode(&body), Ok(expected.clone()));
    assert_eq!(decoded(&body, 1, 0, MOST), Ok(expected));
}

#[test]
fn push_without_compression_keeps_the_bytes() {
    let mut decompressor = Decompressor::new(Compression::None, Output::new(0, 0, 9, None));
    push_all(&mut decompressor, b"raw ", 9).unwrap();
    push_all(&mut decompressor, b"bytes", 9).unwrap();
    assert_eq!(push_all(&mut decompressor, b"!", 9), Err(Defect::TooLarge(9)));
    assert_eq!(decompressor.finish().unwrap().decoded(), b"raw bytes");
}

/// A frame by hand: header with its checksum, blocks, end mark.
fn frame_with(flags: u8, block_size: u8, blocks: &[u8]) -> Vec<u8> {
    let mut frame = FRAME_MAGIC.to_le_bytes().to_vec();
    frame.extend([flags, block_size, (XxHash32::oneshot(0, &[flags, block_size]) >> 8) as u8]);
    frame.extend(blocks);
    frame
}

#[rstest]
#[case::not_lz4(b"PAR1".to_vec(), "its body is not made of LZ4 frames")]
#[case::version(frame_with(0x80, 0x40, &[]), "an LZ4 frame's header is damaged, or of a later version")]
#[case::block_size(frame_with(0x60, 0x30, &[]), "an LZ4 frame's header is damaged, or of a later version")]
#[case::dictionary(frame_with(0x61, 0x40, &[]), "an LZ4 frame needs a dictionary that was not sent")]
#[case::block_length(frame_with(0x60, 0x40, &[0xFF, 0xFF, 0xFF, 0x7F]), "an LZ4 block has an impossible length")]
#[case::beyond_the_window(
    frame_with(0x60, 0x40, &[5, 0, 0, 0, 0x10, b'a', 9, 0, 0]),
    "an LZ4 block is damaged: it repeats bytes from before its content"
)]
fn push_of_an_unusable_frame_is_damage(#[case] body: Vec<u8>, #[case] details: &str) {
    assert_eq!(decode(&body), Err(Defect::damaged(details)));
}

#[test]
fn push_of_a_block_larger_than_its_frame_allows_is_damage() {
    let block = lz4_flex::block::compress(&content(100_000));
    let blocks = [&(block.len() as u32).to_le_bytes()[..], &block, &[0; 4]].concat();
    assert!(matches!(decode(&frame_with(0x60, 0x40, &blocks)), Err(Defect::Damaged(_))));
    assert_eq!(decode(&frame_with(0x60, 0x50, &blocks)), Ok(content(100_000)));
}

#[test]
fn finish_after_any_part_of_a_frame_is_damage() {
    let body = encode(&content(3000), plain().content_checksum(true).block_checksums(true).content_size(Some(3000)));
    for end in 1..body.len() {
        let cut = decode(&body[..end]);
        assert_eq!(cut, Err(Defect::damaged("its body ends within an LZ4 frame, it was cut off")), "cut at {end}");
    }
}

#[test]
fn push_of_a_flipped_bit_is_damage_where_checksums_are() {
    let body = encode(&content(2000), plain().content_checksum(true).block_checksums(true).content_size(Some(2000)));
    for position in 0..body.len() * 8 {
        let mut flipped = body.clone();
        flipped[position / 8] ^= 1 << (position % 8);
        // Flipped, the magic number may be that of a frame to skip.
        let decoded = decode(&flipped);
        assert!(decoded.is_err() || decoded == Ok(content(2000)), "bit {position}");
    }
}

proptest! {
    #[test]
    fn push_of_what_was_encoded_gives_it_back(
        content in proptest::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..5000),
        repeats in 1_usize..40,
        linked: bool,
        piece in 1_usize..9000,
        hint in 0_usize..300_000,
    ) {
        let content = content.repeat(repeats);
        let mode = if linked { BlockMode::Linked } else { BlockMode::Independent };
        let body = encode(&content, plain().block_mode(mode));
        prop_assert_eq!(decoded(&body, piece, hint, MOST), Ok(content));
    }

    #[test]
    fn push_of_damaged_bytes_never_panics(
        linked: bool,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        piece in 1_usize..3000,
    ) {
        let mode = if linked { BlockMode::Linked } else { BlockMode::Independent };
        let mut body = encode(&content(70_000), plain().block_mode(mode));
        for (position, byte) in changes {
            let position = position.index(body.len());
            body[position] = byte;
        }
        let _ = decoded(&body, piece, 0, MOST);
    }
}
