//! Microsoft Entra, which signs in to workspaces of Azure.

mod cloud;
mod managed_identity;
mod service_principal;

use super::cache::{Life, Token};
use crate::secret::Secret;
use crate::transport::HttpHeader;

pub use managed_identity::AzureManagedIdentity;
pub(super) use managed_identity::Identity;
pub use service_principal::AzureServicePrincipal;
pub(super) use service_principal::Principal;

/// Azure Databricks, as a resource that tokens are asked for.
pub(super) const DATABRICKS_RESOURCE: &str = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";

/// A token with what shows that whoever has it may manage the workspace with this id.
fn managing(mut token: Token, manager: &Token, resource_id: &str) -> Token {
    let header = |name: &str, value: &str| HttpHeader { name: name.to_owned(), value: Secret::new(value.to_owned()) };
    token.headers.extra.push(header("X-Databricks-Azure-SP-Management-Token", manager.headers.token()));
    token.headers.extra.push(header("X-Databricks-Azure-Workspace-Resource-Id", resource_id));
    token.life = match (token.life, manager.life) {
        (Life::Once, _) | (_, Life::Once) => Life::Once,
        (Life::Open, other) | (other, Life::Open) => other,
        (Life::For(one), Life::For(other)) => Life::For(one.min(other)),
    };
    token
}
