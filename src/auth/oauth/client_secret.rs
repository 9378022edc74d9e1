//! A service principal that signs in with a secret: RFC 6749, section 4.4.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Request;
use reqwest::header::AUTHORIZATION;
use url::Url;
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

use super::token_endpoint::form;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::transport::redact::Known;
use crate::transport::secret_value;

/// A client's id and secret.
#[derive(Clone)]
pub(in crate::auth) struct ClientSecret {
    id: String,
    secret: Arc<Secret>,
    /// As it was given, and as it is sent.
    _known: [Known; 2],
}

impl ClientSecret {
    pub(in crate::auth) fn new(id: String, secret: Arc<Secret>) -> Result<Self> {
        exactly("client_id", &id)?;
        exactly("client_secret", secret.expose())?;
        let known = [Known::new(secret.expose()), Known::new(&encoded(secret.expose()))];
        Ok(Self { id, secret, _known: known })
    }

    pub(in crate::auth) fn request(&self, endpoint: &Url, scope: &str) -> Result<Request> {
        let mut request = form(endpoint, &[("grant_type", "client_credentials"), ("scope", scope)]);
        self.authorize(&mut request)?;
        Ok(request)
    }

    /// Proves to whom a request is sent that it is this client's.
    pub(super) fn authorize(&self, request: &mut Request) -> Result<()> {
        let pair = Zeroizing::new(format!("{}:{}", *encoded(&self.id), *encoded(self.secret.expose())));
        let basic = Zeroizing::new(format!("Basic {}", *Zeroizing::new(STANDARD.encode(&*pair))));
        request.headers_mut().insert(AUTHORIZATION, secret_value("Authorization", &basic)?);
        Ok(())
    }
}

/// As in a form, which is how both are written before they are joined: RFC 6749, section 2.3.1.
fn encoded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(byte_serialize(text.as_bytes()).collect())
}

impl PartialEq for ClientSecret {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.secret.expose() == other.secret.expose()
    }
}

impl Eq for ClientSecret {}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSecret").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Refuses what cannot have been issued so; the error names the argument alone.
pub(in crate::auth) fn exactly(name: &str, value: &str) -> Result<()> {
    let why = match value {
        "" => "is empty",
        _ if value.chars().any(char::is_control) => "has control characters",
        _ if value.trim() != value => "begins or ends with a blank",
        _ => return Ok(()),
    };
    Err(Error::invalid_argument(format!("{name} {why}: pass it exactly as it was issued")))
}
