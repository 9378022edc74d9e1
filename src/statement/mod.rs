//! A statement: what is asked, and its life on the server; one file an operation.

mod cancellation;
mod execute;
mod handle;
mod modified_rows;
mod outcome;
mod parameter;
mod poll;
pub(crate) mod query_tags;
mod read_all;
mod result;
mod spec;
mod start;
mod status;
mod submit;
mod zone;

pub(crate) use cancellation::Cancellation;
pub(crate) use execute::{Executed, execute};
pub(crate) use handle::StatementHandle;
pub(crate) use parameter::Parameters;
pub(crate) use read_all::read_all;
pub(crate) use result::{await_result, fetch_result};
pub(crate) use spec::StatementSpec;
pub use status::StatementState;
pub(crate) use status::status;
pub(crate) use submit::submit;
