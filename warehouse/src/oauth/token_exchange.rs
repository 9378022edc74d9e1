//! Tokens of other issuers for tokens of ours: RFC 8693, and RFC 7523, section 2.1, as some clients ask.

use serde::Deserialize;

use super::apps::Authority;
use super::assertion::WANTED;
use super::form::Form;
use super::jwt::{PublicKey, Unverified};
use super::tokens::{Family, Grant, Purpose, now};
use super::{INVALID_CLIENT, INVALID_REQUEST, INVALID_SCOPE, Issued, Issuer, Refusal};

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// What a workspace takes from other issuers.
const ALGORITHMS: [&str; 2] = ["RS256", "ES256"];

const DESCRIPTION: &str = "The token is not of a trusted issuer, is damaged, has ended or is meant for somebody else";
/// RFC 8693, section 2.2.2.
const BAD_SUBJECT: Refusal = Refusal { error: "invalid_request", description: DESCRIPTION };
/// RFC 7523, section 3.1.
const BAD_ASSERTION: Refusal = Refusal { error: "invalid_grant", description: DESCRIPTION };

/// An issuer whose tokens are taken.
struct Foreign {
    issuer: String,
    key: PublicKey,
    audience: Option<String>,
}

pub(super) struct ForeignIssuers(Vec<Foreign>);

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: f64,
    nbf: Option<f64>,
    aud: Option<Audience>,
}

/// One or several: RFC 7519, section 4.1.3.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn has(&self, wanted: &str) -> bool {
        match self {
            Self::One(audience) => audience == wanted,
            Self::Several(audiences) => audiences.iter().any(|audience| audience == wanted),
        }
    }
}

impl ForeignIssuers {
    /// Takes issuers, each with a public key in PEM, and the audience that its tokens must have, if any. Errors: a key is not one; the text
    /// says whose.
    pub(super) fn new(issuers: Vec<(String, String, Option<String>)>) -> Result<Self, String> {
        let read = |(issuer, pem, audience): (String, String, Option<String>)| match PublicKey::from_pem(&pem) {
            Some(key) => Ok(Foreign { issuer, key, audience }),
            None => Err(format!("the public key of {issuer} is not one: {WANTED}")),
        };
        issuers.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whom a token is about; `None` when it is not good.
    fn subject(&self, token: &str) -> Option<String> {
        self.0.iter().find_map(|foreign| {
            let token = Unverified::<Claims>::parse(token)?;
            if token.claims.iss != foreign.issuer || !ALGORITHMS.contains(&token.header.alg.as_str()) {
                return None;
            }
            let (claims, now) = (token.verify(&foreign.key)?, now().as_secs_f64());
            let is_meant = foreign.audience.as_ref().is_none_or(|wanted| claims.aud.is_some_and(|aud| aud.has(wanted)));
            (is_meant && claims.exp > now && claims.nbf.is_none_or(|begins| begins <= now)).then_some(claims.sub)
        })
    }
}

impl Issuer {
    pub(super) fn token_exchange(&self, base: &str, form: &Form) -> Result<Issued, Refusal> {
        let token = form.get("subject_token").ok_or(INVALID_REQUEST)?;
        let kind = form.get("subject_token_type").filter(|kind| [JWT, ID_TOKEN].contains(kind));
        kind.ok_or(INVALID_REQUEST)?;
        let issued = self.exchange(Grant::TokenExchange, base, token, form.get("client_id"), form)?;
        Ok(Issued { issued_token_type: Some(ACCESS_TOKEN), ..issued.ok_or(BAD_SUBJECT)? })
    }

    pub(super) fn jwt_bearer(&self, base: &str, form: &Form) -> Result<Issued, Refusal> {
        let token = form.get("assertion").ok_or(INVALID_REQUEST)?;
        let issued = self.exchange(Grant::JwtBearer, base, token, form.get("identity_federation_client_id"), form)?;
        issued.ok_or(BAD_ASSERTION)
    }

    /// A token of ours, for a service principal or for the user whom the other token is about; `None` when that is not good. A token that
    /// is ours already is given back where that was asked for.
    fn exchange(
        &self,
        grant: Grant,
        base: &str,
        token: &str,
        principal: Option<&str>,
        form: &Form,
    ) -> Result<Option<Issued>, Refusal> {
        let scope = form.get("scope").unwrap_or("all-apis");
        if !Authority::Workspace.knows(scope) {
            return Err(INVALID_SCOPE);
        }
        if form.get("return_original_token_if_authenticated") == Some("true")
            && let Some(rest) = self.tokens.rest(token, Purpose::Api)
        {
            return Ok(Some(Issued::new(token.to_owned(), rest, scope)));
        }
        if principal.is_some_and(|id| !self.clients.contains_key(id) && !self.keys.has(id)) {
            return Err(INVALID_CLIENT);
        }
        let Some(subject) = self.foreign_issuers.subject(token) else { return Ok(None) };
        let subject = principal.unwrap_or(&subject);
        self.issue(grant, base, (subject, subject), scope, Family::default()).map(Some)
    }
}
