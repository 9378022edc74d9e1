//! The SQL Statement Execution protocol: its JSON, and one method per endpoint.

pub(crate) mod client;
pub(crate) mod wire;
