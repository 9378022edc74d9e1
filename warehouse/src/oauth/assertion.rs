//! Clients that prove themselves with a signed assertion: RFC 7523.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::jwt::{PublicKey, Unverified};
use super::tokens::now;

pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion may be good at most.
const LONGEST_LIFE: f64 = 300.0;
/// How far clocks may be apart: RFC 7523, section 3. databricks-jdbc's assertions end in the second in which they are made.
const LEEWAY: f64 = 60.0;

/// The public keys of clients, by client and by the key's id, and the assertions that were used.
pub(super) struct Keys {
    keys: HashMap<(String, String), PublicKey>,
    /// When each ends, by its id.
    used: Mutex<HashMap<String, f64>>,
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
        let read = |(client, kid, pem): (String, String, String)| match PublicKey::from_pem(&pem) {
            Some(key) => Ok(((client, kid), key)),
            None => Err(format!("the public key {kid} of {client} is not one: {WANTED}")),
        };
        Ok(Self { keys: keys.into_iter().map(read).collect::<Result<_, String>>()?, used: Mutex::default() })
    }

    /// Whether a client has a key.
    pub(super) fn has(&self, client: &str) -> bool {
        self.keys.keys().any(|(owner, _)| owner == client)
    }

    /// The client that an assertion proves, which is meant for `endpoint`; `None` when it proves nothing.
    pub(super) fn client(&self, assertion: &str, endpoint: &str) -> Option<String> {
        let assertion = Unverified::<Claims>::parse(assertion)?;
        let key = self.keys.get(&(assertion.claims.iss.clone(), assertion.header.kid.clone()?))?;
        let (claims, now) = (assertion.verify(key)?, now().as_secs_f64());
        let is_timely = claims.exp > now - LEEWAY && claims.exp <= now + LONGEST_LIFE;
        let is_good = claims.sub == claims.iss && claims.aud == endpoint && is_timely;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, ends| *ends > now - LEEWAY);
        (is_good && used.insert(claims.jti, claims.exp).is_none()).then_some(claims.iss)
    }
}

/// What a public key has to be, for errors.
pub(super) const WANTED: &str = "PEM is wanted, which begins with -----BEGIN PUBLIC KEY-----";
