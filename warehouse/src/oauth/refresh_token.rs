//! Tokens that renew a sign-in: RFC 6749, section 6. Each is good once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::apps::Authority;
use super::form::Form;
use super::tokens::{Family, Grant, opaque};
use super::{INVALID_REQUEST, INVALID_SCOPE, Issued, Issuer, Refusal, USER};

const INVALID_GRANT: Refusal = Refusal {
    error: "invalid_grant",
    description: "The refresh token is unknown, was used before or has been revoked",
};

#[derive(Clone)]
struct RefreshToken {
    client: String,
    scope: String,
    family: Family,
    was_used: bool,
}

#[derive(Default)]
pub(super) struct RefreshTokens(Mutex<HashMap<String, RefreshToken>>);

impl RefreshTokens {
    /// A token that renews these scopes for this client.
    pub(super) fn issue(&self, client: &str, scope: &str, family: Family) -> Result<String, Refusal> {
        let token = opaque()?;
        let entry = RefreshToken { client: client.to_owned(), scope: scope.to_owned(), family, was_used: false };
        self.tokens().insert(token.clone(), entry);
        Ok(token)
    }

    /// What a token renews, and the scopes of the renewal: all, or those asked for. It is used up. A second use ends all that came from
    /// the same sign-in.
    fn redeem(&self, token: &str, client: &str, scope: Option<&str>) -> Result<(RefreshToken, String), Refusal> {
        let mut tokens = self.tokens();
        let entry = tokens.get_mut(token).filter(|entry| entry.client == client).ok_or(INVALID_GRANT)?;
        if entry.was_used {
            entry.family.revoke();
        }
        if entry.family.is_revoked() {
            return Err(INVALID_GRANT);
        }
        let scope = scope.unwrap_or(&entry.scope).to_owned();
        if scope.split(' ').any(|wanted| entry.scope.split(' ').all(|granted| granted != wanted)) {
            return Err(INVALID_SCOPE);
        }
        entry.was_used = true;
        Ok((entry.clone(), scope))
    }

    pub(super) fn revoke_all(&self) {
        self.tokens().clear();
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, RefreshToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Issuer {
    pub(super) fn refresh_token(&self, base: &str, authority: Authority, form: &Form) -> Result<Issued, Refusal> {
        let (Some(token), Some(client)) = (form.get("refresh_token"), form.get("client_id")) else {
            return Err(INVALID_REQUEST);
        };
        self.known_app(client, authority)?;
        let (renewed, scope) = self.refresh_tokens.redeem(token, client, form.get("scope"))?;
        let family = renewed.family;
        let mut issued = self.issue(Grant::RefreshToken, base, (USER, client), &scope, family.clone())?;
        issued.refresh_token = Some(self.refresh_tokens.issue(client, &renewed.scope, family)?);
        Ok(issued)
    }
}
