//! Clients that prove themselves with a signed assertion: RFC 7523.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use spki::SubjectPublicKeyInfoRef;

pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion may be good at most.
const LONGEST_LIFE: f64 = 300.0;

/// The public keys of clients, by client and by the key's id, and the assertions that were used.
pub(super) struct Keys {
    keys: HashMap<(String, String), Vec<u8>>,
    /// When each ends, by its id.
    used: Mutex<HashMap<String, f64>>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    jti: String,
    exp: f64,
}

impl Keys {
    /// Takes public keys in PEM, each with its client and id. Errors: one is not a public key; the text says whose.
    pub(super) fn new(keys: Vec<(String, String, String)>) -> Result<Self, String> {
        let read = |(client, kid, pem): (String, String, String)| {
            let failed = || {
                format!(
                    "the public key {kid} of {client} is not one: PEM is wanted, which begins with -----BEGIN PUBLIC KEY-----"
                )
            };
            let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).map_err(|_| failed())?;
            let info = SubjectPublicKeyInfoRef::try_from(der.as_ref()).map_err(|_| failed())?;
            Ok(((client, kid), info.subject_public_key.raw_bytes().to_vec()))
        };
        Ok(Self { keys: keys.into_iter().map(read).collect::<Result<_, String>>()?, used: Mutex::default() })
    }

    /// The client that an assertion proves, which is meant for `endpoint`; `None` when it proves nothing.
    pub(super) fn client(&self, assertion: &str, endpoint: &str) -> Option<String> {
        let (signed, signature) = assertion.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let (header, claims): (Header, Claims) = (part(header)?, part(claims)?);
        let key = self.keys.get(&(claims.iss.clone(), header.kid))?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        UnparsedPublicKey::new(algorithm(&header.alg)?, key).verify(signed.as_bytes(), &signature).ok()?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64();
        let is_good =
            claims.sub == claims.iss && claims.aud == endpoint && claims.exp > now && claims.exp <= now + LONGEST_LIFE;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, ends| *ends > now);
        (is_good && used.insert(claims.jti, claims.exp).is_none()).then_some(claims.iss)
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

fn algorithm(name: &str) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match name {
        "RS256" => &RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &RSA_PKCS1_2048_8192_SHA512,
        "PS256" => &RSA_PSS_2048_8192_SHA256,
        "PS384" => &RSA_PSS_2048_8192_SHA384,
        "PS512" => &RSA_PSS_2048_8192_SHA512,
        "ES256" => &ECDSA_P256_SHA256_FIXED,
        "ES384" => &ECDSA_P384_SHA384_FIXED,
        _ => return None,
    })
}
