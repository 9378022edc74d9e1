//! Texts that only a passphrase opens: AES-256-GCM (NIST SP 800-38D) with a key by PBKDF2 (RFC 8018).

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::fork::lock;
use crate::secret::Secret;

/// How often a passphrase is hashed, as OWASP advises for PBKDF2 with SHA-256.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();
const SALT: usize = 16;

/// A sealed text, as it is stored.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    salt: String,
    nonce: String,
    sealed: String,
}

/// Seals and opens with one passphrase. A key is made once for each salt, since that takes its time.
pub(super) struct Sealer {
    passphrase: Arc<Secret>,
    last: Mutex<Option<(Vec<u8>, LessSafeKey)>>,
}

impl Sealer {
    pub(super) fn new(passphrase: Arc<Secret>) -> Self {
        Self { passphrase, last: Mutex::new(None) }
    }

    /// Seals `text`, which opens for the same `purpose` alone.
    pub(super) fn seal(&self, text: &str, purpose: &str) -> Result<Sealed> {
        let failed = |_| Error::internal("the system gave no random numbers, or a text could not be sealed");
        let random = SystemRandom::new();
        let mut salt = lock(&self.last).as_ref().map_or_else(Vec::new, |(salt, _)| salt.clone());
        if salt.is_empty() {
            salt = vec![0; SALT];
            random.fill(&mut salt).map_err(failed)?;
        }
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce).map_err(failed)?;
        let mut bytes = Zeroizing::new(text.as_bytes().to_vec());
        let key = self.key(&salt).map_err(failed)?;
        let aad = Aad::from(purpose.as_bytes());
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut *bytes).map_err(failed)?;
        let [salt, nonce, sealed] = [&salt[..], &nonce, &bytes].map(|bytes| STANDARD.encode(bytes));
        Ok(Sealed { salt, nonce, sealed })
    }

    /// The text; none when it was sealed otherwise, or is damaged.
    pub(super) fn open(&self, sealed: &Sealed, purpose: &str) -> Option<Zeroizing<String>> {
        let [salt, nonce, bytes] = [&sealed.salt, &sealed.nonce, &sealed.sealed].map(|text| STANDARD.decode(text).ok());
        let (salt, mut bytes) = (salt?, Zeroizing::new(bytes?));
        let nonce = Nonce::try_assume_unique_for_key(&nonce?).ok()?;
        let text = self.key(&salt).ok()?.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut bytes).ok()?;
        String::from_utf8(text.to_vec()).ok().map(Zeroizing::new)
    }

    fn key(&self, salt: &[u8]) -> Result<LessSafeKey, ring::error::Unspecified> {
        let mut last = lock(&self.last);
        if let Some((_, key)) = last.as_ref().filter(|(known, _)| known == salt) {
            return Ok(key.clone());
        }
        let mut bytes = Zeroizing::new([0; 32]);
        derive(PBKDF2_HMAC_SHA256, ITERATIONS, salt, self.passphrase.expose().as_bytes(), &mut *bytes);
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*bytes)?);
        *last = Some((salt.to_vec(), key.clone()));
        Ok(key)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}
