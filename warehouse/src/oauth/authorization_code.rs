//! Signing in by a browser: RFC 6749, section 4.1, with PKCE (RFC 7636). Whoever asks is the one user, and agrees.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use url::Url;

use super::apps::Authority;
use super::form::Form;
use super::tokens::{Family, Grant, opaque};
use super::{INVALID_CLIENT, INVALID_REQUEST, INVALID_SCOPE, Issued, Issuer, Refusal, USER};

/// RFC 6749, section 4.1.2, recommends no longer.
const CODE_LIFE: Duration = Duration::from_secs(600);
/// The length of a SHA-256 in base64url, which is what S256 sends.
const CHALLENGE_LENGTH: usize = 43;

const INVALID_GRANT: Refusal = Refusal {
    error: "invalid_grant",
    description: "The code is unknown, was used before, has ended or is not for this client, redirect_uri or code_verifier",
};
const UNKNOWN_APP: Refusal = Refusal { error: "invalid_request", description: "The client_id is missing or unknown" };
const UNKNOWN_REDIRECT: Refusal =
    Refusal { error: "invalid_request", description: "The redirect_uri is missing or not registered for this client" };
const NO_CHALLENGE: Refusal =
    Refusal { error: "invalid_request", description: "A code_challenge with code_challenge_method=S256 is required" };
const UNSUPPORTED_RESPONSE_TYPE: Refusal =
    Refusal { error: "unsupported_response_type", description: "The only response type is code" };

struct Code {
    client: String,
    redirect_uri: String,
    challenge: String,
    scope: String,
    ends: Instant,
    family: Family,
    was_used: bool,
}

/// The codes that were issued.
pub(super) struct Codes {
    life: Duration,
    codes: Mutex<HashMap<String, Code>>,
}

impl Default for Codes {
    fn default() -> Self {
        Self::new(CODE_LIFE)
    }
}

impl Codes {
    pub(super) fn new(life: Duration) -> Self {
        Self { life, codes: Mutex::default() }
    }

    /// The scopes of a code that is redeemed as it should be; it is used up. A second use ends all that came from the first.
    fn redeem(&self, code: &str, client: &str, redirect_uri: &str, verifier: &str) -> Option<(String, Family)> {
        let mut codes = self.codes();
        let code = codes.get_mut(code).filter(|code| code.client == client)?;
        if code.was_used {
            code.family.revoke();
            return None;
        }
        let is_proven = code.redirect_uri == redirect_uri && code.challenge == challenge(verifier);
        if !is_proven || code.ends <= Instant::now() {
            return None;
        }
        code.was_used = true;
        Some((code.scope.clone(), code.family.clone()))
    }

    fn codes(&self) -> MutexGuard<'_, HashMap<String, Code>> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// RFC 7636, section 4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

impl Issuer {
    /// Where the browser is led back to: with a code, or with what is wrong. `authority` knows its own apps, and without one all are known.
    /// Errors: it may be led nowhere, for it is not sure that the address is the client's (RFC 6749, section 4.1.2.1).
    pub(crate) fn authorize(&self, authority: Option<Authority>, query: &str) -> Result<String, Refusal> {
        let query = Form::parse(query.as_bytes());
        let client = query.get("client_id").ok_or(UNKNOWN_APP)?;
        let known = self.apps.authority(client).filter(|known| authority.is_none_or(|authority| authority == *known));
        let authority = known.ok_or(UNKNOWN_APP)?;
        let redirect_uri =
            query.get("redirect_uri").filter(|uri| self.apps.may_redirect(client, uri)).ok_or(UNKNOWN_REDIRECT)?;
        let mut location = Url::parse(redirect_uri).map_err(|_| UNKNOWN_REDIRECT)?;
        match self.code(authority, &query, client, redirect_uri) {
            Ok(code) => drop(location.query_pairs_mut().append_pair("code", &code)),
            Err(Refusal { error, description }) => {
                let answer = [("error", error), ("error_description", description)];
                location.query_pairs_mut().extend_pairs(answer);
            }
        }
        if let Some(state) = query.get("state") {
            location.query_pairs_mut().append_pair("state", state);
        }
        Ok(location.into())
    }

    fn code(&self, authority: Authority, query: &Form, client: &str, redirect_uri: &str) -> Result<String, Refusal> {
        if !query.is_unambiguous() {
            return Err(INVALID_REQUEST);
        }
        match query.get("response_type") {
            Some("code") => {}
            Some(_) => return Err(UNSUPPORTED_RESPONSE_TYPE),
            None => return Err(INVALID_REQUEST),
        }
        let challenge = query.get("code_challenge").filter(|text| text.len() == CHALLENGE_LENGTH);
        let challenge = challenge.filter(|_| query.get("code_challenge_method") == Some("S256")).ok_or(NO_CHALLENGE)?;
        let scope = query.get("scope").unwrap_or("all-apis");
        if !authority.knows(scope) {
            return Err(INVALID_SCOPE);
        }
        let text = opaque()?;
        let code = Code {
            client: client.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            challenge: challenge.to_owned(),
            scope: scope.to_owned(),
            ends: Instant::now() + self.codes.life,
            family: Family::default(),
            was_used: false,
        };
        self.codes.codes().insert(text.clone(), code);
        Ok(text)
    }

    pub(super) fn authorization_code(&self, base: &str, authority: Authority, form: &Form) -> Result<Issued, Refusal> {
        let (Some(code), Some(client), Some(redirect_uri)) =
            (form.get("code"), form.get("client_id"), form.get("redirect_uri"))
        else {
            return Err(INVALID_REQUEST);
        };
        let verifier = form.get("code_verifier").filter(|text| is_verifier(text)).ok_or(INVALID_REQUEST)?;
        self.known_app(client, authority)?;
        let (scope, family) = self.codes.redeem(code, client, redirect_uri, verifier).ok_or(INVALID_GRANT)?;
        let mut issued = self.issue(Grant::AuthorizationCode, base, (USER, client), &scope, family.clone())?;
        if scope.split(' ').any(|scope| scope == "offline_access") {
            issued.refresh_token = Some(self.refresh_tokens.issue(client, &scope, family)?);
        }
        Ok(issued)
    }

    pub(super) fn known_app(&self, client: &str, authority: Authority) -> Result<(), Refusal> {
        (self.apps.authority(client) == Some(authority)).then_some(()).ok_or(INVALID_CLIENT)
    }
}
