//! One block of LZ4, decoded as its bytes arrive.
//!
//! Format: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>. A block is sequences: literals, then a match, which repeats
//! what was decoded before. The last one is literals alone.

/// Bytes that are no block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// A match repeats what lies 0 bytes before it.
    NoOffset,
    /// A match begins before all that it may repeat.
    Offset,
    /// A length beyond what can be counted.
    Length,
}

/// What the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Token,
    LiteralLength { length: usize, code: usize },
    Literals { left: usize, code: usize },
    OffsetLow { code: usize },
    OffsetHigh { code: usize, low: u8 },
    MatchLength { offset: usize, length: usize },
    Match { offset: usize, left: usize },
}

/// A length in a token that more bytes add to.
const OPEN: usize = 15;
/// The shortest match.
const LEAST_MATCH: usize = 4;
/// What one copy moves.
const STRIDE: usize = 16;

/// A block that is being decoded.
#[derive(Debug, Clone)]
pub struct Block {
    state: State,
}

impl Default for Block {
    fn default() -> Self {
        Self { state: State::Token }
    }
}

impl Block {
    /// Whether the block may end here.
    pub fn may_end(&self) -> bool {
        matches!(self.state, State::OffsetLow { .. })
    }

    /// Decodes `input` behind the first `written` bytes of `output`, which are counted on, and takes off it what was decoded. Matches reach
    /// back to `floor`. What is left has no room: it can be pushed again with more.
    #[inline(never)]
    pub fn push(
        &mut self,
        input: &mut &[u8],
        output: &mut [u8],
        written: &mut usize,
        floor: usize,
    ) -> Result<(), Damage> {
        let mut state = self.state;
        let pushed = push(&mut state, input, output, written, floor);
        self.state = state;
        pushed
    }
}

/// The state is a value of its own here, which stays in registers.
#[inline(always)]
fn push(
    state: &mut State,
    input: &mut &[u8],
    output: &mut [u8],
    written: &mut usize,
    floor: usize,
) -> Result<(), Damage> {
    loop {
        if *state == State::Token {
            short_sequences(input, output, written, floor)?;
        }
        if let State::Match { offset, left } = *state {
            let length = left.min(output.len() - *written);
            repeat(output, *written, offset, length);
            *written += length;
            if length < left {
                *state = State::Match { offset, left: left - length };
                return Ok(());
            }
            *state = State::Token;
            continue;
        }
        if let State::Literals { left, code } = *state {
            let length = left.min(output.len() - *written).min(input.len());
            output[*written..*written + length].copy_from_slice(&input[..length]);
            *input = &input[length..];
            *written += length;
            let left = left - length;
            if left > 0 {
                *state = State::Literals { left, code };
                return Ok(());
            }
            *state = State::OffsetLow { code };
        }
        let Some((byte, rest)) = input.split_first() else { return Ok(()) };
        *input = rest;
        *state = next(*state, *byte, *written - floor)?;
    }
}

fn next(state: State, byte: u8, reach: usize) -> Result<State, Damage> {
    let more = |length: usize| length.checked_add(byte.into()).ok_or(Damage::Length);
    let is_open = byte == u8::MAX;
    Ok(match state {
        State::Token => {
            let (length, code) = (usize::from(byte >> 4), usize::from(byte & 0x0F));
            if length == OPEN { State::LiteralLength { length, code } } else { State::Literals { left: length, code } }
        }
        State::LiteralLength { length, code } if is_open => State::LiteralLength { length: more(length)?, code },
        State::LiteralLength { length, code } => State::Literals { left: more(length)?, code },
        State::OffsetLow { code } => State::OffsetHigh { code, low: byte },
        State::OffsetHigh { code, low } => {
            let offset = usize::from(u16::from_le_bytes([low, byte]));
            check(offset, reach)?;
            let length = code + LEAST_MATCH;
            if code == OPEN { State::MatchLength { offset, length } } else { State::Match { offset, left: length } }
        }
        State::MatchLength { offset, length } if is_open => State::MatchLength { offset, length: more(length)? },
        State::MatchLength { offset, length } => State::Match { offset, left: more(length)? },
        State::Literals { .. } | State::Match { .. } => state,
    })
}

#[inline(always)]
fn check(offset: usize, reach: usize) -> Result<(), Damage> {
    match offset {
        0 => Err(Damage::NoOffset),
        offset if offset > reach => Err(Damage::Offset),
        _ => Ok(()),
    }
}

/// What is read of a sequence at once: the token, the copy of its literals, the offset, one more byte of the match's length.
const READ: usize = 1 + STRIDE + 2 + 1;
/// The longest match whose length takes one byte beside the token.
const LONGEST: usize = OPEN + LEAST_MATCH + 254;
/// What is written of a sequence at most: its literals and its match, rounded up.
const WRITE: usize = STRIDE + LONGEST + STRIDE;
/// No match reaches back so far.
const REACH: usize = 1 << 16;

/// Decodes whole sequences with short lengths, as most are, while neither end is near.
#[inline(always)]
fn short_sequences(input: &mut &[u8], output: &mut [u8], written: &mut usize, floor: usize) -> Result<(), Damage> {
    while *written < REACH && output.len() - *written >= WRITE {
        let Some(sequence) = input.first_chunk() else { return Ok(()) };
        let Some(decoded) = short_sequence(sequence, output, *written, *written - floor)? else { return Ok(()) };
        *input = &input[decoded.read..];
        *written += decoded.written;
    }
    // With all that a match may repeat in an array, where it lies within is known when this is compiled.
    let Some((mut rest, mut window)) = written.checked_sub(REACH).map(|start| (*input, &mut output[start..])) else {
        return Ok(());
    };
    let mut end = *written;
    while let (Some(sequence), Some(around)) = (rest.first_chunk(), window.first_chunk_mut::<{ REACH + WRITE }>())
        && let Some(decoded) = short_sequence(sequence, around, REACH, end - floor)?
    {
        rest = &rest[decoded.read..];
        window = &mut std::mem::take(&mut window)[decoded.written..];
        end += decoded.written;
    }
    (*input, *written) = (rest, end);
    Ok(())
}

/// How many bytes a sequence was, and how many it became.
struct Decoded {
    read: usize,
    written: usize,
}

/// Decodes a sequence behind the first `end` bytes of `output`; `None` where its lengths take more bytes than are looked at. Its match
/// reaches back to `reach` bytes before `end`.
#[inline(always)]
fn short_sequence(
    sequence: &[u8; READ],
    output: &mut [u8],
    end: usize,
    reach: usize,
) -> Result<Option<Decoded>, Damage> {
    let (literals, code) = (usize::from(sequence[0] >> 4), usize::from(sequence[0] & 0x0F));
    if literals == OPEN {
        return Ok(None);
    }
    output[end..end + STRIDE].copy_from_slice(&sequence[1..1 + STRIDE]);
    let mut offset = [0; 2];
    offset.copy_from_slice(&sequence[1 + literals..3 + literals]);
    let offset = usize::from(u16::from_le_bytes(offset));
    let (mut read, mut length) = (3 + literals, code + LEAST_MATCH);
    if code == OPEN {
        let more = sequence[read];
        if more == u8::MAX {
            return Ok(None);
        }
        length += usize::from(more);
        read += 1;
    }
    check(offset, reach + literals)?;
    let to = end + literals;
    if code < OPEN && offset >= length {
        copy::<{ OPEN - 1 + LEAST_MATCH }>(output, to - offset, to);
    } else if code < OPEN {
        for at in to..to + length {
            output[at] = output[at - offset];
        }
    } else if offset >= STRIDE {
        for done in (0..length).step_by(STRIDE) {
            copy::<STRIDE>(output, to - offset + done, to + done);
        }
    } else {
        repeat(output, to, offset, length);
    }
    Ok(Some(Decoded { read, written: literals + length }))
}

#[inline(always)]
fn copy<const COUNT: usize>(output: &mut [u8], from: usize, to: usize) {
    let mut bytes = [0; COUNT];
    bytes.copy_from_slice(&output[from..from + COUNT]);
    output[to..to + COUNT].copy_from_slice(&bytes);
}

/// Writes `length` bytes at `to`, each the one that lies `offset` before it.
#[inline(never)]
fn repeat(output: &mut [u8], to: usize, offset: usize, length: usize) {
    let from = to - offset;
    if offset >= length {
        output.copy_within(from..from + length, to);
    } else {
        // What is there doubles with each copy.
        let mut there = offset;
        let mut done = 0;
        while done < length {
            let part = there.min(length - done);
            output.copy_within(from..from + part, to + done);
            done += part;
            there += part;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Decodes a block that comes in pieces behind `before`, whose end from `floor` on it may repeat, into an output that grows by `grow`
    /// bytes when it is full.
    fn decode(block: &[u8], before: &[u8], floor: usize, piece: usize, grow: usize) -> Result<Option<Vec<u8>>, Damage> {
        let mut output = before.to_vec();
        let mut written = before.len();
        let mut state = Block::default();
        for mut bytes in block.chunks(piece) {
            loop {
                state.push(&mut bytes, &mut output, &mut written, floor)?;
                if bytes.is_empty() {
                    break;
                }
                assert_eq!(written, output.len());
                output.resize(written + grow, 0xEE);
            }
        }
        output.truncate(written);
        Ok(state.may_end().then(|| output.split_off(before.len())))
    }

    /// How much was decoded before: nothing, or about as much as a match may reach back.
    fn decoded_before() -> impl Strategy<Value = usize> {
        prop_oneof![Just(0), REACH - 700..REACH + 700]
    }

    /// Runs, repeats at every distance, and noise.
    fn content() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            (any::<u8>(), 1_usize..600).prop_map(|(byte, count)| vec![byte; count]),
            (proptest::collection::vec(any::<u8>(), 1..40), 1_usize..30).prop_map(|(unit, count)| unit.repeat(count)),
            proptest::collection::vec(any::<u8>(), 0..600),
            proptest::collection::vec(0_u8..4, 0..600),
        ];
        proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn what_was_encoded_comes_back(
            content in content(), before in decoded_before(), piece in 1_usize..700, grow in 1_usize..3000,
        ) {
            let block = lz4_flex::block::compress(&content);
            prop_assert_eq!(decode(&block, &vec![0; before], before, piece, grow), Ok(Some(content)));
        }

        #[test]
        fn what_was_encoded_with_a_history_comes_back(
            content in content(),
            history in content(),
            before in decoded_before(),
            piece in 1_usize..700,
            grow in 1_usize..3000,
        ) {
            let history = [vec![0; before], history].concat();
            let block = lz4_flex::block::compress_with_dict(&content, &history);
            prop_assert_eq!(decode(&block, &history, 0, piece, grow), Ok(Some(content)));
        }

        /// The judge is another decoder, which takes whole blocks and knows how long their content is.
        #[test]
        fn damaged_bytes_are_answered_as_by_another_decoder(
            content in content(),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            cut in any::<prop::sample::Index>(),
            is_cut: bool,
            before in decoded_before(),
            piece in 1_usize..700,
        ) {
            let mut block = lz4_flex::block::compress(&content);
            for (position, byte) in changes {
                let position = position.index(block.len());
                block[position] = byte;
            }
            if is_cut {
                block.truncate(cut.index(block.len()));
            }
            let ours = decode(&block, &vec![0; before], before, piece, 1000);
            prop_assert_eq!(&ours, &decode(&block, &[], 0, usize::MAX, 1 << 16), "pieces and room do not matter");
            let judge = lz4_flex::block::decompress(&block, 1 << 20);
            match ours {
                Ok(Some(decoded)) if decoded.len() <= 1 << 20 => prop_assert_eq!(judge.ok(), Some(decoded)),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => prop_assert!(judge.is_err(), "{:?} where the judge has {:?}", ours, judge),
            }
        }
    }

    #[test]
    fn offset_of_nothing_and_offset_before_the_floor_are_damage() {
        assert_eq!(decode(&[0x10, b'a', 0, 0], &[], 0, 9, 9), Err(Damage::NoOffset));
        assert_eq!(decode(&[0x10, b'a', 2, 0], &[], 0, 9, 9), Err(Damage::Offset));
        assert_eq!(decode(&[0x10, b'a', 1, 0, 0x10, b'b'], &[], 0, 1, 1), Ok(Some(b"aaaaab".to_vec())));
    }

    #[test]
    fn block_that_ends_with_a_match_or_before_its_literals_may_not_end_there() {
        for cut in [&[0x10][..], &[0xF0], &[0xF0, 255], &[0x20, b'a'], &[0x10, b'a', 1], &[0x10, b'a', 1, 0], &[]] {
            assert_eq!(decode(cut, &[], 0, 9, 9), Ok(None), "{cut:?}");
        }
    }
}
