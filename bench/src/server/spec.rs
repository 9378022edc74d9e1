//! What a statement asks for. Its text says it, its id and its links carry it, so that the server remembers nothing.

use std::time::Duration;

/// A result's shape and the line that it comes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) chunks: usize,
    /// The rows of each chunk.
    pub(crate) rows: usize,
    /// The wait before the first byte of a body.
    pub(crate) latency: Duration,
    /// Bytes per second on one connection; 0 is as fast as it goes.
    pub(crate) rate: u64,
    /// The size that is announced of every chunk and body; 0 is the true one.
    pub(crate) announced: u64,
}

impl Spec {
    /// `bench chunks=40 rows=1000 latency_ms=50 rate=40000000 announced=1000`. Any other text asks for one row, in the reply itself.
    pub(crate) fn of_statement(text: &str) -> Option<Self> {
        let words = text.strip_prefix("bench ")?;
        let value = |name: &str| {
            let word = words.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            word.and_then(|word| word.parse::<u64>().ok())
        };
        Some(Self {
            chunks: value("chunks")? as usize,
            rows: value("rows")? as usize,
            latency: Duration::from_millis(value("latency_ms").unwrap_or(0)),
            rate: value("rate").unwrap_or(0),
            announced: value("announced").unwrap_or(0),
        })
    }

    /// As a part of a path.
    pub(crate) fn to_segment(self) -> String {
        format!("{}-{}-{}-{}-{}", self.chunks, self.rows, self.latency.as_millis(), self.rate, self.announced)
    }

    pub(crate) fn of_segment(segment: &str) -> Option<Self> {
        let numbers: Option<Vec<u64>> = segment.split('-').map(|number| number.parse().ok()).collect();
        let [chunks, rows, latency, rate, announced] = numbers?[..] else { return None };
        let latency = Duration::from_millis(latency);
        Some(Self { chunks: chunks as usize, rows: rows as usize, latency, rate, announced })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_and_the_segment_made_of_it_say_the_same() {
        let spec = Spec::of_statement("bench chunks=40 rows=1000 latency_ms=50 rate=40000000 announced=7").unwrap();
        let latency = Duration::from_millis(50);
        let expected = Spec { chunks: 40, rows: 1000, latency, rate: 40_000_000, announced: 7 };
        assert_eq!(spec, expected);
        assert_eq!(Spec::of_segment(&spec.to_segment()), Some(expected));
        assert_eq!(Spec::of_statement("SELECT 1"), None);
        assert_eq!(Spec::of_segment("40-1000"), None);
    }
}
