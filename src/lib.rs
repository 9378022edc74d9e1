//! The Databricks SQL client kernel: sessions, statements and results over the SQL Statement Execution API.
//!
//! The API is declared once, here; Python and Kotlin packages are generated from it. Layers, each calling only those to its right:
//! `api -> {session, statement, result, metadata, volume} -> {sea, auth} -> transport -> error`.

mod api;
mod auth;
mod call;
mod callback;
mod error;
mod fork;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod logging;
mod metadata;
mod profile;
mod result;
mod runtime;
mod sea;
mod secret;
mod session;
mod shutdown;
mod sql_text;
mod statement;
mod time_zone;
mod transport;
mod volume;

pub use api::*;
pub use auth::{
    AzureManagedIdentity, AzureServicePrincipal, Browser, BrowserOptions, CommandRunner, Credentials, IdentityToken,
    OAuthOptions, ProvidedToken, SigningKey, TokenProvider, TokenStorage, WorkloadIdentity,
};
pub use callback::CallbackError;
pub use error::KernelError;
pub use logging::{LogLevel, LogRecord, LogSink, clear_log_sink, flush_log_sink, set_log_level, set_log_sink};
pub use profile::{Profile, ProfileValue};
pub use result::{Progress, ProgressListener, ResultConfig};
pub use secret::Secret;
pub use session::SessionConfig;
pub use shutdown::{finish_background, shutdown_kernel};
pub use statement::StatementState;
pub use transport::{HttpConfig, HttpHeader, ProxyConfig, RetryConfig, TlsConfig};
pub use volume::{TransferProgress, VolumeFile, VolumeOperationKind};

uniffi::setup_scaffolding!();
