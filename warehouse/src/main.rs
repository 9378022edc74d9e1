//! The local-warehouse program.
fn main() {}
