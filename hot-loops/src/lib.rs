//! The loops that touch every byte of a result. A function is optimised as the crate is that it lies in, and the kernel is built to be
//! small: these are a crate of their own, so that the compiler may unroll and vectorise them. None is inlined, for the same reason.

pub mod lz4;
pub mod pickle;
pub mod scan;
