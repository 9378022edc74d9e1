//! The fuzz targets of signing in: see `crate::fuzz`.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a target fails by panicking")]

mod redirect;
mod token;

pub use redirect::redirect;
pub use token::token;
