//! Inputs made from others.

use fastrand::Rng;

/// What is longer brings nothing that a shorter input does not show.
const LONGEST: usize = 64 * 1024;

/// Numbers at which something changes, in the widths that formats have.
const EDGES: [i64; 14] =
    [0, 1, -1, 7, 8, 64, 127, 128, 255, 0x7FFF, 0xFFFF, i32::MAX as i64, i32::MIN as i64, i64::MAX];

/// The same, as text.
const NUMBERS: [&str; 9] = ["0", "1", "-1", "2", "38", "99", "-0.5e-3", "9223372036854775807", "9223372036854775808"];

/// One of `corpus` with one to six changes.
pub(crate) fn mutated(corpus: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let mut input = one_of(corpus, random).to_vec();
    for _ in 0..random.usize(1..=6) {
        change(&mut input, corpus, random);
    }
    input.truncate(LONGEST);
    input
}

fn change(input: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Rng) {
    let range = range_of(input, random);
    match random.u8(0..10) {
        0 => set(input, range.start, &[random.u8(..)]),
        1 => {
            let flipped = input.get(range.start).map_or(0, |byte| byte ^ 1 << random.u8(0..8));
            set(input, range.start, &[flipped]);
        }
        2 => {
            let width = 1 << random.usize(0..=3);
            let edge = EDGES[random.usize(..EDGES.len())].to_le_bytes();
            set(input, range.start, &edge[..width]);
        }
        3 => drop(input.drain(range)),
        4 => {
            let again = input[range.clone()].to_vec();
            drop(input.splice(range.start..range.start, again));
        }
        5 => {
            let bytes: Vec<u8> = (0..random.usize(1..=8)).map(|_| random.u8(..)).collect();
            drop(input.splice(range.start..range.start, bytes));
        }
        6 => {
            let text: Vec<u8> = (0..random.usize(1..=4)).map(|_| random.u8(b' '..=b'~')).collect();
            drop(input.splice(range, text));
        }
        7 => {
            let is_digit = |at: &usize| input[*at].is_ascii_digit();
            let Some(first) = (range.start..input.len()).find(is_digit) else { return };
            let end = (first..input.len()).find(|at| !is_digit(at)).unwrap_or(input.len());
            let number = NUMBERS[random.usize(..NUMBERS.len())].bytes();
            drop(input.splice(first..end, number));
        }
        8 => {
            let other = one_of(corpus, random);
            let piece = other[range_of(other, random)].to_vec();
            drop(input.splice(range, piece));
        }
        _ => {
            let other = one_of(corpus, random);
            input.truncate(range.start);
            input.extend(&other[range_of(other, random).start..]);
        }
    }
}

fn one_of<'a>(corpus: &'a [Vec<u8>], random: &mut Rng) -> &'a [u8] {
    random.choice(corpus).map_or(&[], Vec::as_slice)
}

/// A piece of `input`: most are short.
fn range_of(input: &[u8], random: &mut Rng) -> std::ops::Range<usize> {
    let start = random.usize(0..=input.len());
    let most = if random.u8(0..4) == 0 { input.len() } else { 16 };
    start..input.len().min(start + random.usize(0..=most))
}

fn set(input: &mut [u8], at: usize, bytes: &[u8]) {
    for (byte, new) in input.iter_mut().skip(at).zip(bytes) {
        *byte = *new;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn inputs_of_one_seed_are_the_same_and_nearly_all_differ() {
        let corpus = [b"SELECT 1".to_vec(), vec![0xFF; 40], Vec::new()];
        let made = |seed| {
            let mut random = Rng::with_seed(seed);
            (0..1000).map(|_| mutated(&corpus, &mut random)).collect::<Vec<_>>()
        };
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
        assert!(made(1).iter().collect::<HashSet<_>>().len() > 700);
    }
}
