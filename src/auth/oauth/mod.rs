//! OAuth: one file for each way to prove who signs in, over one token endpoint.

mod client_secret;
mod discovery;
mod private_key;
mod token_endpoint;
mod trust;

use reqwest::Request;
use url::Url;

use super::cache::Token;
use crate::error::{Code, Error, Result};
use crate::transport::Http;

pub(super) use client_secret::ClientSecret;
pub(super) use private_key::PrivateKey;
pub use private_key::SigningKey;
use token_endpoint::Refused;

/// Settings that sign-ins share.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct OAuthOptions {
    /// What the token may be used for; `all-apis` when empty.
    #[uniffi(default = [])]
    pub scopes: Vec<String>,
    /// The token endpoint, `https://…`; found by asking the host when absent.
    #[uniffi(default = None)]
    pub token_url: Option<String>,
}

/// How somebody signs in, apart from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignIn {
    pub(super) client: Client,
    pub(super) options: OAuthOptions,
}

/// Who signs in, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Client {
    Secret(ClientSecret),
    Key(PrivateKey),
}

impl SignIn {
    pub(super) fn new(client: Client, options: OAuthOptions) -> Result<Self> {
        for scope in &options.scopes {
            // RFC 6749, section 3.3.
            let is_scope_char = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
            if scope.is_empty() || !scope.bytes().all(is_scope_char) {
                let details =
                    format!("the scope {scope:?} is not one: pass each scope by itself, such as \"all-apis\"");
                return Err(Error::invalid_argument(details));
            }
        }
        Ok(Self { client, options })
    }

    fn scope(&self) -> String {
        if self.options.scopes.is_empty() { "all-apis".to_owned() } else { self.options.scopes.join(" ") }
    }
}

/// A sign-in to one workspace. Those that are equal share their tokens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flow {
    workspace: Url,
    token_url: Option<Url>,
    sign_in: SignIn,
}

impl Flow {
    /// Errors: `InvalidArgument`, the token endpoint that was named may not get a secret.
    pub(super) fn new(sign_in: &SignIn, workspace: &Url) -> Result<Self> {
        let token_url = sign_in.options.token_url.as_deref().map(|url| trust::named(url, workspace)).transpose()?;
        Ok(Self { workspace: workspace.clone(), token_url, sign_in: sign_in.clone() })
    }

    /// Signs in. Errors: `Unauthenticated`, with what to correct; or those of the network.
    pub(super) async fn token(&self, http: &Http) -> Result<Token> {
        let endpoint = match &self.token_url {
            Some(url) => url.clone(),
            None => discovery::token_endpoint(http, &self.workspace).await?,
        };
        let outcome = token_endpoint::ask(http, &endpoint, || self.request(&endpoint)).await;
        outcome.map_err(|Refused { error, may_be_elsewhere }| {
            if may_be_elsewhere {
                discovery::forget(&self.workspace);
            }
            error
        })
    }

    fn request(&self, endpoint: &Url) -> Result<Request> {
        match &self.sign_in.client {
            Client::Secret(client) => client.request(endpoint, &self.sign_in.scope()),
            Client::Key(client) => client.request(endpoint, &self.sign_in.scope()),
        }
    }
}

/// The code of a reply that refuses: what waiting could mend, a timeout and too many requests, keeps its own.
fn refusal_code(error: &Error) -> Code {
    match error.http_status {
        Some(300..=407 | 409..=428 | 430..=499) => Code::Unauthenticated,
        _ => error.code,
    }
}
