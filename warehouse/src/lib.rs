//! A local SQL warehouse: a real SQL engine behind the Databricks SQL Statement Execution protocol.
//!
//! `server -> api -> {statement, result, volumes, links, oauth, faults} -> engine`: the server half knows HTTP, states and result shapes; the engine
//! behind the trait knows SQL.

mod api;
mod certificate;
pub mod engine;
mod faults;
mod links;
mod oauth;
mod result;
mod server;
mod statement;
mod volumes;

pub use oauth::{AzureConfig, OAuthConfig};
pub use server::{Config, Server, StartError};
