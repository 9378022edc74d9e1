//! The server half alone, over an engine that knows a handful of words: what engine it is does not matter here.

#![expect(clippy::panic, clippy::unwrap_used, reason = "these are tests, their helpers included")]

mod engine;
mod faults;
mod fuzz;
mod lifetime;
mod links;
mod oauth;
mod requests;
mod results;
mod support;
mod volumes;
