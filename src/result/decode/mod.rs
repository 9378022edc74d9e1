//! From a chunk's bytes to what is handed over: decompressed, checked, put under the result's schema; arrays are decoded for a rewrite alone.

mod arrays;
pub(super) mod check;
pub(super) mod json;
pub(super) mod lz4;
pub(super) mod relabel;
pub(super) mod rewrite;
mod same_types;
