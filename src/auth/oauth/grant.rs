//! Sign-ins that are one request to the token endpoint.

use std::sync::Arc;

use url::Url;

use super::client_secret::ClientSecret;
use super::private_key::PrivateKey;
use super::scope::scope;
use super::token_endpoint::{Issued, Refused, ask};
use super::token_exchange::{SubjectToken, WorkloadIdentity};
use super::{OAuthOptions, Place};
use crate::auth::cache::Token;
use crate::error::Result;
use crate::transport::{Http, RequestKind};

/// How somebody signs in, apart from where.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::auth) struct SignIn {
    client: Client,
    scope: String,
    options: OAuthOptions,
}

/// Who signs in, and what proves it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::auth) enum Client {
    Secret(ClientSecret),
    Key(PrivateKey),
    Subject(SubjectToken),
    Workload(WorkloadIdentity),
}

impl SignIn {
    /// Errors: `InvalidArgument`.
    pub(in crate::auth) fn new(client: Client, options: OAuthOptions) -> Result<Self> {
        Ok(Self { client, scope: scope(&options, "all-apis")?, options })
    }
}

/// A sign-in to one workspace.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::auth) struct Grant {
    place: Place,
    sign_in: Arc<SignIn>,
}

impl Grant {
    /// Errors: `InvalidArgument`, an endpoint that was named may not get a secret.
    pub(in crate::auth) fn new(sign_in: Arc<SignIn>, workspace: &Url) -> Result<Self> {
        Ok(Self { place: Place::new(&sign_in.options, workspace)?, sign_in })
    }

    /// Signs in. Errors: `Unauthenticated`, with what to correct; or those of the network.
    pub(in crate::auth) async fn token(&self, http: &Http) -> Result<Token> {
        let outcome = match self.place.token_endpoint(http).await {
            Ok((endpoint, audience)) => self.issued(http, &endpoint, &audience).await,
            Err(error) => Err(error.into()),
        };
        let outcome = outcome.map(|issued| issued.token).map_err(|Refused { error, may_be_elsewhere }| {
            if may_be_elsewhere {
                self.place.forget();
            }
            error
        });
        match &self.sign_in.client {
            Client::Subject(subject) => subject.or_itself(outcome),
            _ => outcome,
        }
    }

    async fn issued(&self, http: &Http, endpoint: &Url, audience: &str) -> Result<Issued, Refused> {
        let SignIn { client, scope, .. } = &*self.sign_in;
        match client {
            Client::Secret(client) => ask(http, RequestKind::Token, endpoint, || client.request(endpoint, scope)).await,
            Client::Key(client) => ask(http, RequestKind::Token, endpoint, || client.request(endpoint, scope)).await,
            Client::Subject(subject) => {
                ask(http, RequestKind::Token, endpoint, || Ok(subject.request(endpoint, scope))).await
            }
            Client::Workload(workload) => {
                let subject = workload.token(http, audience).await?;
                ask(http, RequestKind::Token, endpoint, || Ok(subject.request(endpoint, scope))).await
            }
        }
    }
}
