//! A statement: what is asked, and its life on the server.

mod handle;

pub(crate) use handle::StatementHandle;
