//! What is fuzzed: functions that take any bytes and panic where the kernel does not keep what it promises of them.
//!
//! Compiled for tests, which run them over `fuzz/corpus` and inputs made from it, and with `--cfg fuzzing` for
//! libFuzzer (`make fuzz`); in no library that is handed on.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a target fails by panicking")]

pub(crate) mod redaction;
mod sql_text;

pub use redaction::redaction;
pub(crate) use redaction::{CORE, has_part_of_core};
pub use sql_text::sql_text;

pub use crate::auth::oauth::fuzz::{redirect, token};
pub use crate::profile::fuzz::profile;
pub use crate::result::fuzz::{cells, ipc, layout, lz4, type_text};

/// Runs each target over its corpus, and so many inputs made from it.
#[cfg(test)]
macro_rules! run_targets {
    ($($target:ident: $count:literal),*) => {
        mod tests {
            $(#[test] fn $target() { fuzz_runner::run(stringify!($target), $count, super::$target); })*
        }
    };
}
#[cfg(test)]
run_targets!(
    cells: 10_000, ipc: 10_000, layout: 20_000, lz4: 8000, profile: 10_000, redaction: 5000, redirect: 10_000, sql_text: 4000, token: 20_000,
    type_text: 50_000
);
