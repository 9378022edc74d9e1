//! Runs a fuzz target without libFuzzer: over its corpus, and over inputs that are made from it. Needs no nightly
//! toolchain.

mod mutation;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fastrand::Rng;

use mutation::mutated;

/// Where `cargo fuzz` keeps its files too.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Calls `target` with every input of `fuzz/corpus/NAME`, and then with `count` inputs made from them, the same ones
/// each time. Where `FUZZ_SECONDS` is set it calls it for so long, with other ones each time.
///
/// # Panics
/// Where `target` does. The input then lies in `fuzz/artifacts/NAME`.
pub fn run(name: &str, count: usize, target: impl Fn(&[u8])) {
    let corpus = corpus(name);
    for input in &corpus {
        check(name, input, &target);
    }
    match std::env::var("FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs_f64) {
        None => {
            let mut random = Rng::with_seed(0);
            (0..count).for_each(|_| check(name, &mutated(&corpus, &mut random), &target));
        }
        Some(span) => {
            let (begin, mut random) = (Instant::now(), Rng::new());
            while begin.elapsed() < span {
                check(name, &mutated(&corpus, &mut random), &target);
            }
        }
    }
}

#[expect(clippy::panic, reason = "a test fails by panicking")]
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(FOLDER).join("corpus").join(name);
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    let inputs: Vec<Vec<u8>> = files.iter().flat_map(fs::read).collect();
    if inputs.is_empty() || inputs.len() < files.len() {
        panic!("the corpus {} cannot be read, or is empty", folder.display());
    }
    inputs
}

#[expect(clippy::panic, reason = "a test fails by panicking")]
fn check(name: &str, input: &[u8], target: &impl Fn(&[u8])) {
    if catch_unwind(AssertUnwindSafe(|| target(input))).is_err() {
        let folder = Path::new(FOLDER).join("artifacts").join(name);
        let file = folder.join("failed");
        let kept = fs::create_dir_all(&folder).and_then(|()| fs::write(&file, input));
        panic!("the target {name} fails for {} ({kept:?}): {}", file.display(), input.escape_ascii());
    }
}
