//! The workspace's address, as it is copied from a browser.

use url::Url;

use super::settings::Setting;
use crate::error::{Error, Result};
use crate::transport::{has_usable_host, is_loopback};

/// Where workspaces of Azure are.
const AZURE: [&str; 3] = [".azuredatabricks.net", ".databricks.azure.us", ".databricks.azure.cn"];

/// A workspace's address, without path and query.
#[derive(Debug)]
pub(super) struct Host {
    url: Url,
    /// The workspace that `?o=` names on a host of several.
    pub(super) workspace_id: Option<String>,
}

impl Host {
    /// Reads an address with or without scheme, port, path and query; without a scheme it is HTTPS.
    pub(super) fn parse(setting: &Setting) -> Result<Self> {
        let unusable = |what: &str| {
            Error::invalid_argument(format!(
                "the host of {} {what}: give a host name such as my-workspace.cloud.databricks.com",
                setting.source
            ))
        };
        let text = setting.value().trim();
        if text.contains('\n') {
            return Err(unusable("goes on in the next line, which is indented"));
        }
        let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&text).map_err(|_| unusable("is not one"))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(unusable("has a scheme that is neither https nor http"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unusable("has a user name or password in it"));
        }
        if !has_usable_host(&url) {
            return Err(unusable("has characters that no host name has"));
        }
        let workspace_id = url.query_pairs().find(|(name, _)| name == "o").map(|(_, id)| id.into_owned());
        Ok(Self { url, workspace_id: workspace_id.filter(|id| !id.is_empty()) })
    }

    /// `https://host` or `https://host:port`.
    pub(super) fn address(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Whether Microsoft Entra signs in there.
    pub(super) fn is_azure(&self) -> bool {
        self.url.host_str().is_some_and(|host| AZURE.iter().any(|suffix| host.ends_with(suffix)))
    }

    /// Whether it may be a double of Azure's, on this machine.
    pub(super) fn is_here(&self) -> bool {
        is_loopback(&self.url)
    }
}
