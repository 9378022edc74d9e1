//! The ways to sign in that a case names.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use databricks_sql_kernel::{
    AzureManagedIdentity, AzureServicePrincipal, Browser, BrowserOptions, CallbackError, Credentials, IdentityToken,
    KernelError, OAuthOptions, Secret, SigningKey, WorkloadIdentity,
};
use serde_json::Value;

use crate::steps::{optional, text};

/// The credentials of an option of this name; none when it is no way to sign in.
pub(crate) fn credentials(way: &str, option: &Value) -> Option<Result<Arc<Credentials>, KernelError>> {
    let scopes = option["scopes"].as_array().into_iter().flatten();
    let scopes = scopes.map(|scope| scope.as_str().unwrap().to_owned()).collect();
    let settings = Some(OAuthOptions { scopes, ..OAuthOptions::default() });
    Some(match way {
        "access_token" => Credentials::personal_access_token(Secret::new(option.as_str().unwrap().to_owned())),
        "oauth_m2m" => service_principal(option, settings),
        "oauth_u2m" => {
            let browser = (option["browser"] != "none").then(|| Arc::new(Visit) as Arc<dyn Browser>);
            let options = BrowserOptions {
                client_id: optional(option, "client_id"),
                redirect_ports: vec![0],
                timeout: option["timeout_ms"].as_u64().map(Duration::from_millis),
                ..BrowserOptions::default()
            };
            Credentials::oauth_u2m(browser, Some(options), settings)
        }
        "workload" => {
            let token = IdentityToken::File { path: text(option, "file") };
            let workload = WorkloadIdentity { token, client_id: optional(option, "client_id"), audience: None };
            Credentials::workload_identity(workload, settings)
        }
        "azure_principal" => Credentials::azure_service_principal(AzureServicePrincipal {
            client_id: text(option, "client_id"),
            client_secret: Secret::new(text(option, "client_secret")),
            tenant_id: optional(option, "tenant_id"),
            workspace_resource_id: optional(option, "workspace_resource_id"),
        }),
        "azure_identity" => Credentials::azure_managed_identity(AzureManagedIdentity {
            client_id: optional(option, "client_id"),
            workspace_resource_id: optional(option, "workspace_resource_id"),
        }),
        _ => return None,
    })
}

fn service_principal(option: &Value, settings: Option<OAuthOptions>) -> Result<Arc<Credentials>, KernelError> {
    let id = text(option, "client_id");
    match option["key_file"].as_str() {
        None => Credentials::oauth_m2m(id, Secret::new(text(option, "client_secret")), settings),
        Some(file) => {
            let key = SigningKey {
                pem: Secret::new(std::fs::read_to_string(file).unwrap()),
                kid: text(option, "kid"),
                algorithm: optional(option, "algorithm"),
                passphrase: optional(option, "passphrase").map(Secret::new),
            };
            Credentials::oauth_m2m_jwt(id, key, settings)
        }
    }
}

/// A person's browser: it goes to the page, and wherever that leads.
struct Visit;

impl Browser for Visit {
    fn show(&self, url: String) -> Result<bool, CallbackError> {
        let mut next = Some(url);
        while let Some(url) = next {
            next = visit(&url).map_err(|error| CallbackError::Failed { details: error.to_string() })?;
        }
        Ok(true)
    }
}

/// Where a page leads.
fn visit(url: &str) -> std::io::Result<Option<String>> {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    let location =
        |line: &str| line.to_ascii_lowercase().starts_with("location: ").then(|| line["location: ".len()..].to_owned());
    Ok(reply.lines().find_map(location))
}
