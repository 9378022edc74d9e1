//! OAuth: one file for each way to prove who signs in, over one token endpoint.

mod browser;
mod client_secret;
mod discovery;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod grant;
mod place;
mod private_key;
mod scope;
mod token_endpoint;
mod token_exchange;
mod trust;

use crate::error::{Code, Error};

pub(super) use browser::{App, Login};
pub use browser::{Browser, BrowserOptions, TokenStorage};
pub(super) use client_secret::{ClientSecret, exactly};
pub(super) use grant::{Client, Grant, SignIn};
use place::Place;
pub(super) use private_key::PrivateKey;
pub use private_key::SigningKey;
pub(super) use token_endpoint::{Issued, ask, claims, form, life};
pub(super) use token_exchange::SubjectToken;
pub use token_exchange::{IdentityToken, WorkloadIdentity};

/// Settings that sign-ins share.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct OAuthOptions {
    /// What the token may be used for; when empty `all-apis`, or for a browser's sign-in `sql` and `offline_access`.
    #[uniffi(default = [])]
    pub scopes: Vec<String>,
    /// The token endpoint, `https://…`; found by asking the host when absent.
    #[uniffi(default = None)]
    pub token_url: Option<String>,
    /// The document that says where the endpoints are (RFC 8414), `https://…`; the host's own when absent.
    #[uniffi(default = None)]
    pub discovery_url: Option<String>,
}

/// The code of a reply that refuses: what waiting could mend, a timeout and too many requests, keeps its own.
pub(super) fn refusal_code(error: &Error) -> Code {
    match error.http_status {
        Some(300..=407 | 409..=428 | 430..=499) => Code::Unauthenticated,
        _ => error.code,
    }
}
