//! How large chunks are taken to be: what the server announced, for as long as what came agreed with it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use crate::fork::lock;
use crate::sea::wire::{Compression, Manifest};

/// What a chunk is taken to need while nothing tells its size.
const UNKNOWN_SIZE: u64 = 16 << 20;
/// LZ4 gains at most so much.
const MOST_GAIN: u64 = 255;

/// Hints to plan with. They refuse nothing, and a wrong one is made up for while a chunk is decoded.
pub(super) struct Sizes {
    /// The decoded sizes out of the manifest.
    announced: HashMap<i64, u64>,
    average: Option<u64>,
    is_compressed: bool,
    /// No announcement is believed beyond this before a chunk has shown that it is true.
    credit: u64,
    seen: Mutex<Seen>,
}

/// The chunks that came.
#[derive(Default)]
struct Seen {
    chunks: u64,
    /// An announced size was wrong: none counts from here on.
    is_off: bool,
    /// The same, of the lengths of bodies that links announce.
    is_body_off: bool,
    largest: u64,
    decoded: u64,
    bodies: u64,
}

impl Sizes {
    pub(super) fn new(manifest: &Manifest, memory_budget: u64) -> Self {
        let size = |bytes: i64| u64::try_from(bytes).ok().filter(|bytes| *bytes > 0);
        let announced = manifest.chunks.iter().enumerate().filter_map(|(position, chunk)| {
            Some((chunk.chunk_index.unwrap_or(position as i64), size(chunk.byte_count?)?))
        });
        let count = manifest.total_chunk_count.and_then(size);
        Self {
            announced: announced.collect(),
            average: manifest.total_byte_count.and_then(size).zip(count).map(|(bytes, count)| bytes / count),
            is_compressed: manifest.result_compression.unwrap_or_default() != Compression::None,
            credit: (memory_budget / 2).max(1),
            seen: Mutex::default(),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }

    /// How many bytes a chunk will decode to; `body` is the length of its body, where a reply has told it.
    pub(super) fn decoded(&self, index: i64, body: Option<u64>) -> u64 {
        let seen = self.seen();
        let announced = self.announced.get(&index).copied().or(self.average);
        let hint = match announced {
            Some(announced) if seen.chunks == 0 => announced.min(self.credit),
            Some(announced) if !seen.is_off => announced,
            _ if seen.chunks == 0 => UNKNOWN_SIZE.min(self.credit),
            _ => seen.like_the_others(body),
        };
        match body {
            Some(body) if self.is_compressed => hint.clamp(body, body.saturating_mul(MOST_GAIN)),
            Some(body) => body,
            None => hint,
        }
    }

    /// How long a chunk's body will be, where anything tells; `announced` is what its link says.
    pub(super) fn body(&self, announced: Option<u64>) -> Option<u64> {
        let seen = self.seen();
        match announced {
            Some(announced) if seen.chunks == 0 => Some(announced.min(self.credit)),
            Some(announced) if !seen.is_body_off => Some(announced),
            _ => seen.bodies.checked_div(seen.chunks),
        }
    }

    /// A chunk has come: its size, its body's length, and what its link had said of that.
    pub(super) fn arrived(&self, index: i64, decoded: u64, body: u64, body_announced: Option<u64>) {
        let announced = self.announced.get(&index).copied();
        let mut seen = self.seen();
        seen.is_off |= announced.is_some_and(|announced| differ(announced, decoded));
        seen.is_body_off |= body_announced.is_some_and(|announced| differ(announced, body));
        seen.chunks += 1;
        seen.largest = seen.largest.max(decoded);
        seen.decoded = seen.decoded.saturating_add(decoded);
        seen.bodies = seen.bodies.saturating_add(body);
    }
}

impl Seen {
    /// The size of a chunk that compresses as the others do. One that is about as large as the largest is taken to be as large: its memory
    /// then fits the next one.
    fn like_the_others(&self, body: Option<u64>) -> u64 {
        let gain = self.decoded as f64 / self.bodies.max(1) as f64;
        let size = body.map_or(self.largest, |body| (body as f64 * gain) as u64);
        if size <= self.largest + self.largest / 8 && size >= self.largest - self.largest / 4 {
            self.largest
        } else {
            size
        }
    }
}

/// Whether two sizes are so far apart that plans made with one are wrong for the other.
fn differ(announced: u64, came: u64) -> bool {
    announced.max(came) - announced.min(came) > came / 4
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MB: u64 = 1 << 20;

    fn sizes(byte_counts: &[Option<u64>]) -> Sizes {
        let chunks: Vec<_> = byte_counts.iter().map(|bytes| json!({"byte_count": bytes})).collect();
        let manifest = json!({"chunks": chunks, "result_compression": "LZ4_FRAME"});
        Sizes::new(&serde_json::from_value(manifest).unwrap(), 64 * MB)
    }

    #[test]
    fn announced_sizes_that_are_true_are_what_is_planned_with() {
        let sizes = sizes(&[Some(13 * MB), Some(13 * MB), Some(2 * MB)]);
        assert_eq!(sizes.decoded(0, None), 13 * MB);
        assert_eq!(sizes.body(Some(8 * MB)), Some(8 * MB));
        sizes.arrived(0, 13 * MB, 8 * MB, Some(8 * MB));
        assert_eq!(sizes.decoded(2, None), 2 * MB);
        assert_eq!(sizes.decoded(2, Some(MB)), 2 * MB);
        assert_eq!(sizes.body(Some(MB)), Some(MB));
    }

    #[test]
    fn a_size_that_is_too_small_is_no_less_than_the_body_and_then_what_others_had() {
        let sizes = sizes(&[Some(1000); 3]);
        assert_eq!(sizes.decoded(0, None), 1000);
        assert_eq!(sizes.decoded(0, Some(8 * MB)), 8 * MB);
        sizes.arrived(0, 13 * MB, 8 * MB, Some(1000));
        assert_eq!(sizes.decoded(1, None), 13 * MB);
        assert_eq!(sizes.decoded(1, Some(8 * MB - 500)), 13 * MB, "as large as the one before");
        assert_eq!(sizes.decoded(2, Some(4 * MB)), 6 * MB + MB / 2);
        assert_eq!(sizes.body(Some(1000)), Some(8 * MB));
    }

    #[test]
    fn a_size_that_is_too_large_is_believed_up_to_half_of_the_budget_and_then_not() {
        let sizes = sizes(&[Some(u64::MAX / 2), Some(u64::MAX / 2)]);
        assert_eq!(sizes.decoded(0, None), 32 * MB);
        assert_eq!(sizes.decoded(0, Some(1000)), 255_000);
        assert_eq!(sizes.body(Some(1 << 40)), Some(32 * MB));
        sizes.arrived(0, 13 * MB, 8 * MB, Some(1 << 40));
        assert_eq!(sizes.decoded(1, None), 13 * MB);
        assert_eq!(sizes.body(Some(1 << 40)), Some(8 * MB));
    }

    #[test]
    fn a_size_that_is_missing_is_a_guess_and_then_what_others_had() {
        let sizes = sizes(&[None, None]);
        assert_eq!(sizes.decoded(0, None), UNKNOWN_SIZE);
        assert_eq!(sizes.body(None), None);
        sizes.arrived(0, 2 * MB, MB, None);
        assert_eq!(sizes.decoded(1, None), 2 * MB);
        assert_eq!(sizes.body(None), Some(MB));
    }

    #[test]
    fn a_body_that_is_not_compressed_is_as_large_as_it_is_long() {
        let manifest = json!({"chunks": [{"byte_count": 5}], "result_compression": "NONE"});
        let sizes = Sizes::new(&serde_json::from_value(manifest).unwrap(), 64 * MB);
        assert_eq!(sizes.decoded(0, Some(9000)), 9000);
    }
}
