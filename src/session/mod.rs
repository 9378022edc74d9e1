//! A session on a warehouse: its life, and what its statements share.

mod config;
mod core;

pub(crate) use self::core::SessionCore;
pub use config::SessionConfig;
