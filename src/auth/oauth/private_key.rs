//! A service principal that signs in with a private key: RFC 7523, section 2.2.

mod pem;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Request;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
    RsaKeyPair,
};
use serde_json::{Value, json};
use url::Url;

use super::client_secret::exactly;
use super::token_endpoint::form;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// How long an assertion may be used, which is the most that the service takes.
const LIFE: Duration = Duration::from_secs(300);
/// It is made out to have been written so long ago, for servers whose clocks are late.
const BACKDATED: Duration = Duration::from_secs(10);

/// A private key, and how it signs.
#[derive(Debug, Clone, uniffi::Record)]
pub struct SigningKey {
    /// The key, PEM: RSA as PKCS#8 or PKCS#1, EC (P-256, P-384) as PKCS#8; PKCS#8 may be encrypted (PBES2).
    pub pem: Arc<Secret>,
    /// The id under which its public half is registered.
    pub kid: String,
    /// `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256` or `ES384`; `RS256` when absent.
    #[uniffi(default = None)]
    pub algorithm: Option<String>,
    /// What the key is encrypted with.
    #[uniffi(default = None)]
    pub passphrase: Option<Arc<Secret>>,
}

/// A client's id and its key.
#[derive(Clone)]
pub(in crate::auth) struct PrivateKey {
    id: String,
    kid: String,
    algorithm: &'static str,
    signer: Arc<Signer>,
    /// Tells one key from another.
    fingerprint: [u8; 32],
}

enum Signer {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
}

/// How a key of one kind signs.
enum Scheme {
    Rsa(&'static dyn RsaEncoding),
    Ec(&'static EcdsaSigningAlgorithm),
}

fn scheme(algorithm: &str) -> Option<(&'static str, Scheme)> {
    Some(match algorithm {
        "RS256" => ("RS256", Scheme::Rsa(&RSA_PKCS1_SHA256)),
        "RS384" => ("RS384", Scheme::Rsa(&RSA_PKCS1_SHA384)),
        "RS512" => ("RS512", Scheme::Rsa(&RSA_PKCS1_SHA512)),
        "PS256" => ("PS256", Scheme::Rsa(&RSA_PSS_SHA256)),
        "PS384" => ("PS384", Scheme::Rsa(&RSA_PSS_SHA384)),
        "PS512" => ("PS512", Scheme::Rsa(&RSA_PSS_SHA512)),
        "ES256" => ("ES256", Scheme::Ec(&ECDSA_P256_SHA256_FIXED_SIGNING)),
        "ES384" => ("ES384", Scheme::Ec(&ECDSA_P384_SHA384_FIXED_SIGNING)),
        _ => return None,
    })
}

impl PrivateKey {
    pub(in crate::auth) fn new(id: String, key: &SigningKey) -> Result<Self> {
        exactly("client_id", &id)?;
        exactly("kid", &key.kid)?;
        let wanted = key.algorithm.as_deref().unwrap_or("RS256");
        let (algorithm, scheme) = scheme(wanted).ok_or_else(|| {
            Error::invalid_argument(format!(
                "the algorithm {wanted:?} is not one: RS256, RS384, RS512, PS256, PS384, PS512, ES256 and ES384 are"
            ))
        })?;
        let der = pem::read(key.pem.expose(), key.passphrase.as_ref().map(|passphrase| passphrase.expose()))?;
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(digest(&SHA256, der.bytes()).as_ref());
        let signer = Arc::new(signer(algorithm, scheme, &der)?);
        Ok(Self { id, kid: key.kid.clone(), algorithm, signer, fingerprint })
    }

    pub(super) fn request(&self, endpoint: &Url, scope: &str) -> Result<Request> {
        let assertion = self.assertion(endpoint, SystemTime::now())?;
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
            ("scope", scope),
        ];
        Ok(form(endpoint, &fields))
    }

    /// A new assertion, which no other request has.
    fn assertion(&self, endpoint: &Url, now: SystemTime) -> Result<String> {
        let failed = |_| Error::internal("the system gave no random numbers, or the key could not sign");
        let random = SystemRandom::new();
        let mut id = [0; 16];
        random.fill(&mut id).map_err(failed)?;
        let issued = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_sub(BACKDATED);
        let header = json!({"typ": "JWT", "alg": self.algorithm, "kid": self.kid});
        let claims = json!({"iss": self.id, "sub": self.id, "aud": endpoint.as_str(), "jti": URL_SAFE_NO_PAD.encode(id),
            "iat": issued.as_secs(), "exp": (issued + LIFE).as_secs()});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.signer.sign(&random, signed.as_bytes()).map_err(failed)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn signer(algorithm: &str, scheme: Scheme, der: &pem::Der) -> Result<Signer> {
    let unusable = |error: ring::error::KeyRejected, kind: &str| {
        let details = format!("the private key is not {kind} that {algorithm} can sign with ({error})");
        Error::invalid_argument(details)
    };
    match (scheme, der) {
        (Scheme::Rsa(encoding), pem::Der::Pkcs1(bytes)) => RsaKeyPair::from_der(bytes)
            .map(|key| Signer::Rsa(key, encoding))
            .map_err(|error| unusable(error, "an RSA key")),
        (Scheme::Rsa(encoding), pem::Der::Pkcs8(bytes)) => RsaKeyPair::from_pkcs8(bytes)
            .map(|key| Signer::Rsa(key, encoding))
            .map_err(|error| unusable(error, "an RSA key")),
        (Scheme::Ec(curve), pem::Der::Pkcs8(bytes)) => EcdsaKeyPair::from_pkcs8(curve, bytes, &SystemRandom::new())
            .map(Signer::Ec)
            .map_err(|error| unusable(error, "a key of the curve")),
        (Scheme::Ec(_), pem::Der::Pkcs1(_)) => {
            Err(Error::invalid_argument(format!("the private key is an RSA key, which {algorithm} cannot sign with")))
        }
    }
}

impl Signer {
    fn sign(&self, random: &SystemRandom, message: &[u8]) -> Result<Vec<u8>, ring::error::Unspecified> {
        match self {
            Self::Rsa(key, encoding) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(*encoding, random, message, &mut signature)?;
                Ok(signature)
            }
            Self::Ec(key) => Ok(key.sign(random, message)?.as_ref().to_vec()),
        }
    }
}

impl PartialEq for PrivateKey {
    fn eq(&self, other: &Self) -> bool {
        (&self.id, &self.kid, self.algorithm, self.fingerprint)
            == (&other.id, &other.kid, other.algorithm, other.fingerprint)
    }
}

impl Eq for PrivateKey {}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("id", &self.id).field("kid", &self.kid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
