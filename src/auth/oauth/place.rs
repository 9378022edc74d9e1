//! Where somebody signs in.

use url::Url;

use super::discovery::{self, Endpoints};
use super::{OAuthOptions, trust};
use crate::error::Result;
use crate::transport::Http;

/// A workspace, and what the caller has said about where it signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) workspace: Url,
    token_url: Option<Url>,
    discovery_url: Option<Url>,
}

impl Place {
    /// Errors: `InvalidArgument`, a URL of the caller's may not get a secret.
    pub(super) fn new(options: &OAuthOptions, workspace: &Url) -> Result<Self> {
        let named =
            |name, url: &Option<String>| url.as_deref().map(|url| trust::named(name, url, workspace)).transpose();
        Ok(Self {
            workspace: workspace.clone(),
            token_url: named("token_url", &options.token_url)?,
            discovery_url: named("discovery_url", &options.discovery_url)?,
        })
    }

    /// The token endpoint, and whom tokens of other issuers must be meant for. Errors: those of asking for it.
    pub(super) async fn token_endpoint(&self, http: &Http) -> Result<(Url, String)> {
        match &self.token_url {
            Some(url) => Ok((url.clone(), url.to_string())),
            None => {
                let endpoints = discovery::endpoints(http, self.document()).await?;
                Ok((endpoints.token, endpoints.audience))
            }
        }
    }

    /// All endpoints. Errors: those of asking for them.
    pub(super) async fn endpoints(&self, http: &Http) -> Result<Endpoints> {
        let endpoints = discovery::endpoints(http, self.document()).await?;
        Ok(Endpoints { token: self.token_url.clone().unwrap_or(endpoints.token), ..endpoints })
    }

    /// Has the host asked again next time.
    pub(super) fn forget(&self) {
        discovery::forget(self.document());
    }

    /// What tells one place from another, for what is kept of it.
    pub(super) fn name(&self) -> String {
        let urls = [Some(&self.workspace), self.token_url.as_ref(), self.discovery_url.as_ref()];
        urls.map(|url| url.map_or("", Url::as_str)).join(" ")
    }

    fn document(&self) -> discovery::Document<'_> {
        discovery::Document { workspace: &self.workspace, named: self.discovery_url.as_ref() }
    }
}
