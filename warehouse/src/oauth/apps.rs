//! Public apps, in which people sign in by their browser, and where each may be led back to.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use url::{Host, Url};

/// Microsoft Entra's id of the workspaces' resource, and of the app that signs in there by the browser.
pub(super) const AZURE_RESOURCE: &str = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";
pub(super) const AZURE_APP: &str = "96eecda7-19ea-49cc-abb5-240097d554f5";

/// What a token may be used for.
pub(super) const SCOPES: [&str; 4] = ["all-apis", "sql", "offline_access", "openid"];

/// The apps that every workspace has, with their ports.
const BUILT_IN: [(&str, RangeInclusive<u16>); 5] = [
    ("databricks-sql-python", 8020..=8024),
    ("databricks-sql-connector", 8030..=8030),
    ("databricks-sql-jdbc", 8020..=8040),
    ("databricks-cli", 8020..=8040),
    (AZURE_APP, 8030..=8030),
];

/// Whose endpoints a client asks: an app is known to one of them alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authority {
    Workspace,
    Entra,
}

impl Authority {
    /// Whether all of these scopes are known here.
    pub(super) fn knows(self, scope: &str) -> bool {
        scope.split(' ').all(|scope| match self {
            Self::Workspace => SCOPES.contains(&scope),
            Self::Entra => {
                let of_resource = scope.strip_prefix(AZURE_RESOURCE);
                matches!(scope, "offline_access" | "openid" | "profile")
                    || matches!(of_resource, Some("/user_impersonation" | "/.default"))
            }
        })
    }
}

/// Where an app may be led back to.
enum Redirects {
    /// `http://localhost:PORT`, to the letter.
    Ports(RangeInclusive<u16>),
    /// Any port of this machine: RFC 8252, section 7.3.
    Loopback,
}

struct App {
    authority: Authority,
    redirects: Redirects,
    /// Whether it runs in a browser, and asks from an origin of its own.
    is_single_page: bool,
}

/// The apps by their id.
pub(super) struct Apps(HashMap<String, App>);

impl Apps {
    /// Those of every workspace, further ones, and Single-Page ones of Entra.
    pub(super) fn new(further: Vec<String>, single_page: Vec<String>) -> Self {
        let built_in = BUILT_IN.map(|(id, ports)| {
            let authority = if id == AZURE_APP { Authority::Entra } else { Authority::Workspace };
            (id.to_owned(), App { authority, redirects: Redirects::Ports(ports), is_single_page: false })
        });
        let at_loopback = |authority, is_single_page| {
            move |id| (id, App { authority, redirects: Redirects::Loopback, is_single_page })
        };
        let further = further.into_iter().map(at_loopback(Authority::Workspace, false));
        let single_page = single_page.into_iter().map(at_loopback(Authority::Entra, true));
        Self(built_in.into_iter().chain(further).chain(single_page).collect())
    }

    /// The authority that knows an app.
    pub(super) fn authority(&self, app: &str) -> Option<Authority> {
        self.0.get(app).map(|app| app.authority)
    }

    /// Whether an app may redeem codes from its own origin alone.
    pub(super) fn is_single_page(&self, app: &str) -> bool {
        self.0.get(app).is_some_and(|app| app.is_single_page)
    }

    /// Whether an app may be led back to this address.
    pub(super) fn may_redirect(&self, app: &str, redirect_uri: &str) -> bool {
        match self.0.get(app).map(|app| &app.redirects) {
            None => false,
            Some(Redirects::Ports(ports)) => {
                ports.clone().any(|port| redirect_uri == format!("http://localhost:{port}"))
            }
            Some(Redirects::Loopback) => is_loopback(redirect_uri),
        }
    }
}

fn is_loopback(redirect_uri: &str) -> bool {
    let Some(url) = Url::parse(redirect_uri).ok().filter(|_| redirect_uri.starts_with("http://")) else { return false };
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    is_here && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}
