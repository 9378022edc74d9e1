//! What holds for all the values of a buffer.

/// How many bits of `bytes` are set.
#[inline(never)]
pub fn count_ones(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let of_words: u64 = words.iter().map(|word| u64::from(u64::from_le_bytes(*word).count_ones())).sum();
    of_words as usize + rest.iter().map(|byte| byte.count_ones() as usize).sum::<usize>()
}

/// Whether every byte is ASCII.
#[inline(never)]
pub fn is_ascii(bytes: &[u8]) -> bool {
    // A block at a time without a branch: that is what vectorises.
    let (blocks, rest) = bytes.as_chunks::<64>();
    blocks.iter().all(|block| block.iter().fold(0, |all, byte| all | byte) < 0x80) && rest.is_ascii()
}

/// Whether little-endian numbers begin at 0 or more and never fall.
#[inline(never)]
pub fn never_fall(numbers: &[[u8; 4]]) -> bool {
    let read = |number: &[u8; 4]| i32::from_le_bytes(*number);
    let pairs = numbers.iter().zip(numbers.get(1..).unwrap_or_default());
    let falls = pairs.fold(0, |falls, (number, next)| falls | i32::from(read(next) < read(number)));
    falls == 0 && numbers.first().is_none_or(|first| read(first) >= 0)
}

/// Whether every little-endian number lies between `-limit` and `limit`, both excluded; `limit` is from 1 to 10^38.
#[inline(never)]
pub fn are_within(numbers: &[[u8; 16]], limit: i128) -> bool {
    let (offset, span) = (limit - 1, (limit - 1) as u128 * 2);
    let is_beyond = |number: &[u8; 16]| (i128::from_le_bytes(*number).wrapping_add(offset) as u128) > span;
    !numbers.iter().fold(false, |beyond, number| beyond | is_beyond(number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lengths around those of blocks and words, and values around the limits.
    fn numbers() -> impl Strategy<Value = Vec<i32>> {
        proptest::collection::vec(prop_oneof![Just(0), 0..3, any::<i32>(), Just(i32::MIN), Just(i32::MAX)], 0..70)
    }

    proptest! {
        #[test]
        fn bytes_are_counted_and_told_apart(bytes in proptest::collection::vec(any::<u8>(), 0..300), ascii: bool) {
            let bytes: Vec<u8> = bytes.into_iter().map(|byte| if ascii { byte & 0x7F } else { byte }).collect();
            prop_assert_eq!(count_ones(&bytes), bytes.iter().map(|byte| byte.count_ones() as usize).sum());
            prop_assert_eq!(is_ascii(&bytes), bytes.is_ascii());
        }

        #[test]
        fn never_fall_is_what_is_sorted_from_zero_on(mut numbers in numbers(), sorted: bool) {
            if sorted {
                numbers.sort_unstable();
            }
            let bytes: Vec<_> = numbers.iter().map(|number| number.to_le_bytes()).collect();
            prop_assert_eq!(never_fall(&bytes), numbers.is_sorted() && numbers.first().is_none_or(|first| *first >= 0));
        }

        #[test]
        fn are_within_is_what_has_no_more_digits(
            digits in 0_u32..39,
            numbers in proptest::collection::vec(any::<i128>(), 0..5),
            near in -2_i128..3,
            negative: bool,
        ) {
            let limit = 10_i128.pow(digits);
            let near = if negative { -limit + near } else { limit + near };
            let numbers: Vec<_> = numbers.into_iter().map(|number| number % limit).chain([near]).collect();
            let bytes: Vec<_> = numbers.iter().map(|number| number.to_le_bytes()).collect();
            prop_assert_eq!(are_within(&bytes, limit), numbers.iter().all(|number| *number > -limit && *number < limit));
            prop_assert!(!are_within(&[i128::MIN.to_le_bytes()], limit) && !are_within(&[i128::MAX.to_le_bytes()], limit));
        }
    }
}
