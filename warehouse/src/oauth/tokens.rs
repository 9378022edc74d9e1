//! The access tokens that were issued.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Serialize;
use serde_json::{Value, json};

use super::jwt::Signer;
use super::{Refusal, SERVER_ERROR};

/// What a token was issued for, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Grant {
    ClientCredentials,
    AuthorizationCode,
    RefreshToken,
    TokenExchange,
    JwtBearer,
    /// Microsoft Entra's client credentials.
    Azure,
    ManagedIdentity,
}

/// Where a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// At the API of the workspace.
    Api,
    /// At Azure's Resource Manager.
    Management,
}

/// All tokens of one sign-in in a browser: they end together when one of them is used as only a thief would.
#[derive(Debug, Clone, Default)]
pub(super) struct Family(Arc<AtomicBool>);

impl Family {
    pub(super) fn revoke(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_revoked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct Token {
    ends: Instant,
    purpose: Purpose,
    family: Family,
}

#[derive(Default)]
struct State {
    tokens: HashMap<String, Token>,
    issued: BTreeMap<Grant, u64>,
}

/// Signs tokens, knows them again and counts them.
pub(super) struct Tokens {
    signer: Signer,
    life: Duration,
    state: Mutex<State>,
}

impl Tokens {
    pub(super) fn new(life: Duration) -> Result<Self, String> {
        let signer = Signer::new().map_err(|error| format!("no key to sign tokens with could be made: {error}"))?;
        Ok(Self { signer, life, state: Mutex::default() })
    }

    /// How long each token is good.
    pub(super) fn life(&self) -> Duration {
        self.life
    }

    /// The key that tokens can be checked with.
    pub(super) fn public_key(&self) -> Value {
        self.signer.public_key()
    }

    /// Signs a token that says this, and when it was issued and ends.
    pub(super) fn issue(
        &self,
        grant: Grant,
        purpose: Purpose,
        family: Family,
        mut claims: Value,
    ) -> Result<String, Refusal> {
        let issued_at = now();
        claims["iat"] = json!(issued_at.as_secs());
        claims["exp"] = json!((issued_at + self.life).as_secs());
        claims["jti"] = json!(uuid::Uuid::new_v4().to_string());
        let token = self.signer.sign(&claims).map_err(|_| SERVER_ERROR)?;
        let (mut state, now) = (self.state(), Instant::now());
        state.tokens.retain(|_, token| token.ends > now);
        state.tokens.insert(token.clone(), Token { ends: now + self.life, purpose, family });
        *state.issued.entry(grant).or_default() += 1;
        Ok(token)
    }

    /// How long a token is still good for this; `None` when it is not.
    pub(super) fn rest(&self, token: &str, purpose: Purpose) -> Option<Duration> {
        let state = self.state();
        let token = state.tokens.get(token).filter(|token| token.purpose == purpose && !token.family.is_revoked())?;
        token.ends.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero())
    }

    pub(super) fn revoke_all(&self) {
        self.state().tokens.clear();
    }

    /// How many were issued since the start.
    pub(super) fn issued(&self) -> BTreeMap<Grant, u64> {
        self.state().issued.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time since 1970.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// 256 random bits, for what is a secret but says nothing.
pub(super) fn opaque() -> Result<String, Refusal> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SERVER_ERROR)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
