//! What a result may hold, and the memory that its chunks are decoded into.

pub(super) mod budget;
mod mapping;
pub(super) mod output;
pub(super) mod raw;
