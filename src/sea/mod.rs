//! The SQL Statement Execution protocol: its JSON, and one method per endpoint.

mod call;
pub(crate) mod client;
pub(crate) mod files;
pub(crate) mod flight;
mod host;
mod link;
mod warehouse_path;
pub(crate) mod wire;
