//! A person who signs in with a browser: RFC 6749, section 4.1, as RFC 8252 has it for programs without a secret.

mod app;
mod pkce;
mod redirect;
mod sealed;
mod token_file;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use reqwest::Request;
use reqwest::header::{HeaderValue, ORIGIN};
use url::Url;

use super::Place;
use super::discovery::{Endpoints, beneath};
use super::token_endpoint::{Issued, Refused, ask, form};
use crate::auth::cache::{Life, Token};
use crate::auth::pat::bearer;
use crate::auth::{Asked, AuthHeaders};
use crate::error::{Code, Error, Result};
use crate::fork::{PerProcess, lock};
use crate::secret::Secret;
use crate::transport::redact::Known;
use crate::transport::{Http, RequestKind};

pub(in crate::auth) use app::App;
pub use app::{Browser, BrowserOptions};
use pkce::Pkce;
#[cfg(any(test, fuzzing))]
pub(super) use redirect::Target;
use redirect::{Listener, Redirect};
pub use token_file::TokenStorage;
use token_file::{Stored, TokenFile};

/// One page at a time asks a person of this process, and has the ports for it.
static ASKING: PerProcess<Arc<tokio::sync::Mutex<()>>> = PerProcess::new();

/// What Entra says when it gives an app's tokens only to pages. Other apps get none when a page seems to ask.
const ONLY_FROM_A_PAGE: &str = "AADSTS9002327";

/// A stored token that ends so soon is not taken any more.
const LEAST_LIFE: Duration = Duration::from_secs(60);

/// A person's sign-in to one workspace.
#[derive(Debug)]
pub(in crate::auth) struct Login {
    place: Place,
    app: Arc<App>,
    file: Option<TokenFile>,
    /// What the next token can be had with.
    refresh: Mutex<Option<Arc<Secret>>>,
    /// The last token that was answered: whoever asks again wants another.
    answered: Mutex<Option<Arc<Secret>>>,
}

impl PartialEq for Login {
    fn eq(&self, other: &Self) -> bool {
        (&self.place, &self.app) == (&other.place, &other.app)
    }
}

impl Eq for Login {}

impl Login {
    /// Errors: `InvalidArgument`.
    pub(in crate::auth) fn new(app: Arc<App>, workspace: &Url) -> Result<Self> {
        let place = Place::new(&app.oauth, workspace)?;
        let whose = [place.name().as_str(), &app.client_id, &app.scope].map(str::to_owned);
        let file = app.storage.as_ref().map(|storage| TokenFile::new(storage, &whose)).transpose()?;
        let (refresh, answered) = (Mutex::new(None), Mutex::new(None));
        Ok(Self { place, app, file, refresh, answered })
    }

    /// The next token: of the file, by what the last sign-in left, or of a person who signs in, unless that one is not to be bothered.
    pub(in crate::auth) async fn token(&self, http: &Http, asked: Asked) -> Result<Token> {
        let file = match &self.file {
            Some(file) => Some(file.lock(self.app.patience).await?),
            None => None,
        };
        let stored = match &file {
            Some(file) => file.read().await,
            None => None,
        };
        if let Some(token) = stored.as_ref().and_then(|stored| self.usable(stored)) {
            return Ok(self.answer(token));
        }
        let endpoints = self.endpoints(http).await?;
        let refresh = stored.and_then(|stored| stored.refresh).or_else(|| lock(&self.refresh).clone());
        let renewed = match refresh {
            Some(refresh) => self.renewed(http, &endpoints, &refresh).await?,
            None => None,
        };
        let issued = match (renewed, asked) {
            (Some(issued), _) => issued,
            (None, asked) => {
                *lock(&self.refresh) = None;
                if let Some(file) = &file {
                    file.remove();
                }
                if asked == Asked::Ahead {
                    return Err(Error::new(
                        Code::Unauthenticated,
                        "the sign-in has ended: somebody must sign in again",
                    ));
                }
                self.signed_in(http, &endpoints).await.map_err(|Refused { error, may_be_elsewhere }| {
                    if may_be_elsewhere {
                        self.place.forget();
                    }
                    error
                })?
            }
        };
        lock(&self.refresh).clone_from(&issued.refresh);
        if let Some(file) = file {
            file.write(Stored::new(&issued, SystemTime::now())).await;
        }
        Ok(self.answer(issued.token))
    }

    fn answer(&self, token: Token) -> Token {
        *lock(&self.answered) = Some(Arc::clone(&token.headers.authorization));
        token
    }

    /// The token of a file, while it is good and not the one that was answered before.
    fn usable(&self, stored: &Stored) -> Option<Token> {
        let left = stored.expires_at?.duration_since(SystemTime::now()).ok().filter(|left| *left > LEAST_LIFE)?;
        let authorization = bearer(stored.access.as_ref()?.expose(), "the stored token").ok()?;
        let answered = lock(&self.answered);
        if answered.as_ref().is_some_and(|last| last.expose() == authorization.expose()) {
            return None;
        }
        Some(Token { headers: AuthHeaders::of(authorization), life: Life::For(left) })
    }

    async fn endpoints(&self, http: &Http) -> Result<Endpoints> {
        if !self.app.is_entra {
            return self.place.endpoints(http).await;
        }
        let at = |path: &str| beneath(&self.place.workspace, &format!("oidc/oauth2/v2.0/{path}"));
        Ok(Endpoints { token: at("token")?, authorization: at("authorize")?, audience: String::new() })
    }

    /// The next token by a refresh token; none when that one is not good any more.
    async fn renewed(&self, http: &Http, endpoints: &Endpoints, refresh: &Arc<Secret>) -> Result<Option<Issued>> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose()),
            ("client_id", &self.app.client_id),
            ("scope", if self.app.is_entra { &self.app.scope } else { "" }),
        ];
        match self.ask(http, endpoints, &fields, None).await {
            // What is not issued anew stays good.
            Ok(issued) => Ok(Some(Issued { refresh: issued.refresh.or_else(|| Some(Arc::clone(refresh))), ..issued })),
            Err(refused) if refused.is_of_grant() => {
                tracing::debug!(error = %refused.error, "the sign-in has ended");
                Ok(None)
            }
            Err(refused) => Err(refused.error),
        }
    }

    /// Has a person sign in.
    async fn signed_in(&self, http: &Http, endpoints: &Endpoints) -> Result<Issued, Refused> {
        let asking = Arc::clone(&ASKING.lock());
        let _alone = asking.lock().await;
        let pkce = Pkce::new()?;
        let listener = Listener::bind(&self.app.redirect_ports).await?;
        let redirect_uri = listener.redirect_uri();
        let page = self.page(&endpoints.authorization, &redirect_uri, &pkce);
        // Some browsers run until the person closes them.
        let showing = tokio::spawn(Arc::clone(&self.app).show(page.clone()));
        let Ok(redirect) = tokio::time::timeout(self.app.patience, listener.redirect(&pkce.state)).await else {
            let is_shown = !showing.is_finished() || showing.await.unwrap_or(false);
            return Err(self.app.nobody_came(&page, is_shown).into());
        };
        let Redirect { code, browser } = redirect?;
        let code = match code {
            Ok(code) => code,
            Err(error) => {
                browser.tell(false).await;
                return Err(error.into());
            }
        };
        let _known = Known::new(code.expose());
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("code_verifier", pkce.verifier.expose()),
            ("client_id", &self.app.client_id),
            ("redirect_uri", &redirect_uri),
        ];
        let outcome = self.ask(http, endpoints, &fields, Some(&redirect_uri)).await;
        browser.tell(outcome.is_ok()).await;
        outcome
    }

    fn page(&self, authorization: &Url, redirect_uri: &str, pkce: &Pkce) -> Url {
        let mut page = authorization.clone();
        page.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.app.client_id),
            ("redirect_uri", redirect_uri),
            ("scope", &self.app.scope),
            ("state", pkce.state.as_str()),
            ("code_challenge", &pkce.challenge),
            ("code_challenge_method", "S256"),
        ]);
        page
    }

    async fn ask(
        &self,
        http: &Http,
        endpoints: &Endpoints,
        fields: &[(&str, &str)],
        redirect_uri: Option<&str>,
    ) -> Result<Issued, Refused> {
        let outcome = self.ask_from(http, endpoints, fields, None).await;
        match outcome {
            Err(refused) if refused.error.details.contains(ONLY_FROM_A_PAGE) => {
                let origin = HeaderValue::from_str(redirect_uri.unwrap_or("http://localhost"));
                let origin = origin.map_err(|error| Error::internal("an origin is no header").because(error))?;
                self.ask_from(http, endpoints, fields, Some(origin)).await
            }
            outcome => outcome,
        }
    }

    async fn ask_from(
        &self,
        http: &Http,
        endpoints: &Endpoints,
        fields: &[(&str, &str)],
        origin: Option<HeaderValue>,
    ) -> Result<Issued, Refused> {
        let request = || -> Result<Request> {
            let mut request = form(&endpoints.token, fields);
            if let Some(secret) = &self.app.secret {
                secret.authorize(&mut request)?;
            }
            if let Some(origin) = &origin {
                request.headers_mut().insert(ORIGIN, origin.clone());
            }
            Ok(request)
        };
        ask(http, RequestKind::Grant, &endpoints.token, request).await
    }
}

#[cfg(test)]
mod tests;
