//! What a person is asked for, and by which app.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::super::OAuthOptions;
use super::super::client_secret::{ClientSecret, exactly};
use super::super::scope::scope;
use super::token_file::TokenStorage;
use crate::callback::CallbackError;
use crate::error::{Code, Error, Result};
use crate::secret::Secret;
use crate::shutdown::callbacks_have_ended;

/// The app that every account has, and where it may be redirected to.
const APP: (&str, [u16; 5]) = ("databricks-sql-python", [8020, 8021, 8022, 8023, 8024]);
/// The one that Entra has, and what it may ask for.
const ENTRA_APP: (&str, [u16; 1]) = ("96eecda7-19ea-49cc-abb5-240097d554f5", [8030]);
const ENTRA_SCOPE: &str = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/user_impersonation offline_access";
const PATIENCE: Duration = Duration::from_secs(300);
const LONGEST_PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// Shows pages to a person, implemented in the caller's language.
#[uniffi::export(rust, foreign)]
pub trait Browser: Send + Sync {
    /// Shows the page at `url`, on which the person signs in, and answers whether it was shown; when not, the address is logged as a
    /// warning. Called on a thread that may wait, also until the person is done. Errors: as if it was not shown.
    fn show(&self, url: String) -> Result<bool, CallbackError>;
}

/// Settings of a browser's sign-in.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct BrowserOptions {
    /// The app that signs in; `databricks-sql-python`, which every account has, when absent.
    #[uniffi(default = None)]
    pub client_id: Option<String>,
    /// The app's secret, where it has one.
    #[uniffi(default = None)]
    pub client_secret: Option<Arc<Secret>>,
    /// The ports of `http://localhost:PORT` that are registered for the app, of which the first free one is listened on; 0 is any. When empty
    /// 8020 to 8024 for the default app, and 8020 for others.
    #[uniffi(default = [])]
    pub redirect_ports: Vec<u16>,
    /// How long the person is waited for; 5 minutes when absent.
    #[uniffi(default = None)]
    pub timeout: Option<Duration>,
    /// Keeps the sign-in in a file, for the next program; in memory alone when absent.
    #[uniffi(default = None)]
    pub storage: Option<TokenStorage>,
    /// Signs in to Azure with an app of Microsoft Entra's, as older clients do. Scopes and app have other defaults then.
    #[uniffi(default = false)]
    pub entra: bool,
}

/// The app of a browser's sign-in, with what it asks for.
pub(in crate::auth) struct App {
    browser: Option<Arc<dyn Browser>>,
    pub(super) client_id: String,
    pub(super) secret: Option<ClientSecret>,
    pub(super) redirect_ports: Vec<u16>,
    pub(super) scope: String,
    pub(super) oauth: OAuthOptions,
    pub(super) patience: Duration,
    pub(super) storage: Option<TokenStorage>,
    pub(super) is_entra: bool,
}

impl App {
    /// Errors: `InvalidArgument`.
    pub(in crate::auth) fn new(
        browser: Option<Arc<dyn Browser>>,
        options: BrowserOptions,
        oauth: OAuthOptions,
    ) -> Result<Self> {
        let BrowserOptions { client_id, client_secret, redirect_ports, timeout, storage, entra: is_entra } = options;
        let (app, ports, usual) = match (is_entra, &client_id) {
            (true, _) => (ENTRA_APP.0, &ENTRA_APP.1[..], ENTRA_SCOPE),
            (false, Some(id)) if id != APP.0 => (APP.0, &APP.1[..1], "sql offline_access"),
            (false, _) => (APP.0, &APP.1[..], "sql offline_access"),
        };
        let client_id = client_id.unwrap_or_else(|| app.to_owned());
        exactly("client_id", &client_id)?;
        let secret = client_secret.map(|secret| ClientSecret::new(client_id.clone(), secret)).transpose()?;
        let patience = timeout.unwrap_or(PATIENCE);
        if patience.is_zero() || patience > LONGEST_PATIENCE {
            let details = "the time that a person has to sign in must be more than 0 and at most 24 hours";
            return Err(Error::invalid_argument(details));
        }
        let redirect_ports = if redirect_ports.is_empty() { ports.to_vec() } else { redirect_ports };
        let scope = scope(&oauth, usual)?;
        Ok(Self { browser, client_id, secret, redirect_ports, scope, oauth, patience, storage, is_entra })
    }

    /// Shows the page to the person; answers whether it was.
    pub(super) async fn show(self: Arc<Self>, page: Url) -> bool {
        let shown = match &self.browser {
            Some(browser) if !callbacks_have_ended() => {
                let (browser, url) = (Arc::clone(browser), page.to_string());
                let called = tokio::task::spawn_blocking(move || browser.show(url)).await;
                called.is_ok_and(|shown| {
                    shown.inspect_err(|error| tracing::debug!(%error, "the browser failed")).unwrap_or(false)
                })
            }
            _ => false,
        };
        if shown {
            tracing::info!(%page, "a browser shows the page to sign in on");
        } else {
            tracing::warn!("open this page to sign in: {page}");
        }
        shown
    }

    pub(super) fn nobody_came(&self, page: &Url, is_shown: bool) -> Error {
        let how = if is_shown { "the browser was shown a page" } else { "no browser could be opened" };
        let details = format!(
            "nobody signed in within {} s: {how}; open {page} on this machine while it is waited for, or sign in without a browser: as a service \
             principal, with a token provider, or with the stored sign-in of another machine",
            self.patience.as_secs_f64()
        );
        Error::new(Code::Unauthenticated, details)
    }
}

impl PartialEq for App {
    /// Who shows the page makes no difference.
    fn eq(&self, other: &Self) -> bool {
        let parts = |app: &Self| (app.client_id.clone(), app.redirect_ports.clone(), app.oauth.clone(), app.is_entra);
        parts(self) == parts(other) && self.secret == other.secret && self.storage == other.storage
    }
}

impl Eq for App {}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("client_id", &self.client_id).field("scope", &self.scope).finish_non_exhaustive()
    }
}
