//! A session on a warehouse: its life, and what its statements share.

mod config;
mod core;
mod zone;

pub(crate) use self::core::SessionCore;
pub use config::SessionConfig;
