//! What ties the answer of a sign-in to the program that asked: RFC 7636, and `state`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::transport::redact::Known;

/// The secrets of one sign-in.
pub(super) struct Pkce {
    /// Comes back with the redirect.
    pub(super) state: String,
    /// Shown with the page.
    pub(super) challenge: String,
    /// Sent with the code.
    pub(super) verifier: Arc<Secret>,
    _known: Known,
}

impl Pkce {
    pub(super) fn new() -> Result<Self> {
        let (state, verifier) = (random()?, random()?);
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let known = Known::new(&verifier);
        Ok(Self { state, challenge, verifier: Secret::new(verifier), _known: known })
    }
}

/// 32 random bytes.
fn random() -> Result<String> {
    let mut bytes = [0; 32];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Error::internal("the system gave no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
