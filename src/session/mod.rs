//! A session on a warehouse: its life, and what its statements share.

mod config;

pub use config::SessionConfig;
