//! Service principals that sign in for themselves: RFC 6749, section 4.4, by a secret or by an assertion (RFC 7523).

use super::apps::Authority;
use super::assertion::JWT_BEARER;
use super::form::{Form, basic};
use super::tokens::{Family, Grant};
use super::{INVALID_CLIENT, INVALID_REQUEST, INVALID_SCOPE, Issued, Issuer, Refusal, token_endpoint};

impl Issuer {
    pub(super) fn client_credentials(
        &self,
        base: &str,
        authorization: Option<&str>,
        form: &Form,
    ) -> Result<Issued, Refusal> {
        let client = self.client(base, authorization, form)?;
        let scope = form.get("scope").unwrap_or("all-apis");
        if !Authority::Workspace.knows(scope) {
            return Err(INVALID_SCOPE);
        }
        self.issue(Grant::ClientCredentials, base, (&client, &client), scope, Family::default())
    }

    /// The client that a request proves to come from: by an assertion, by `Authorization` or in the form, never by two of them.
    fn client(&self, base: &str, authorization: Option<&str>, form: &Form) -> Result<String, Refusal> {
        let Some(assertion) = form.get("client_assertion") else {
            let known =
                secrets(authorization, form)?.into_iter().find(|(id, secret)| self.clients.get(id) == Some(secret));
            return known.map(|(id, _)| id).ok_or(INVALID_CLIENT);
        };
        if authorization.is_some() || form.get("client_assertion_type") != Some(JWT_BEARER) {
            return Err(INVALID_REQUEST);
        }
        self.keys.client(assertion, &token_endpoint(base)).ok_or(INVALID_CLIENT)
    }
}

/// What the id and the secret of a request may be.
pub(super) fn secrets(authorization: Option<&str>, form: &Form) -> Result<Vec<(String, String)>, Refusal> {
    match (authorization, form.get("client_id").zip(form.get("client_secret"))) {
        (Some(header), None) => Ok(basic(header)),
        (None, Some((id, secret))) => Ok(vec![(id.to_owned(), secret.to_owned())]),
        (Some(_), Some(_)) => Err(INVALID_REQUEST),
        (None, None) => Ok(Vec::new()),
    }
}
