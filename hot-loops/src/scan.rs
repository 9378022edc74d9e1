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
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (words, rest) = bytes.as_chunks::<8>();
    let (blocks, words) = words.as_chunks::<8>();
    let any = |words: &[[u8; 8]]| words.iter().fold(0, |all, word| all | u64::from_le_bytes(*word));
    blocks.iter().all(|block| any(block) & HIGH == 0) && any(words) & HIGH == 0 && rest.is_ascii()
}

/// Whether little-endian numbers begin at 0 or more and never fall.
#[inline(never)]
pub fn never_fall(numbers: &[[u8; 4]]) -> bool {
    // Two numbers in a word. Where neither is negative, a borrow takes the sign that is lent to the next one, and goes no further.
    const SIGNS: u64 = 0x8000_0000_8000_0000;
    let (Some((first, next)), Some((_, before))) = (numbers.split_first(), numbers.split_last()) else { return true };
    let (pairs, odd) = before.as_flattened().as_chunks::<8>();
    let (next_pairs, next_odd) = next.as_flattened().as_chunks::<8>();
    let falls = pairs.iter().zip(next_pairs).fold(0, |falls, (number, next)| {
        let (number, next) = (u64::from_le_bytes(*number), u64::from_le_bytes(*next));
        falls | number | next | !((next | SIGNS) - (number & !SIGNS))
    });
    let read = |bytes: &[u8]| bytes.first_chunk().map(|number| i32::from_le_bytes(*number));
    falls & SIGNS == 0 && read(odd) <= read(next_odd) && i32::from_le_bytes(*first) >= 0
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
