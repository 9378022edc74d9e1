//! The kernel over the local warehouse: real requests, a real SQL engine, faults on demand.
//!
//! Every test starts what it needs and stops it; the warehouse's program comes from `LOCAL_WAREHOUSE_BIN`. Waiting is by event.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod cancel;
mod exit;
mod faults;
mod session;
mod statement;
mod support;
mod volume;
