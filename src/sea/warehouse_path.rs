//! The warehouse's path, as people copy it from the workspace.

use crate::error::{Error, Result};

/// What `http_path` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WarehousePath {
    pub(super) warehouse_id: String,
    /// The workspace on a host that several share, from `?o=`.
    pub(super) org_id: Option<String>,
}

impl WarehousePath {
    /// Reads `/sql/1.0/warehouses/ID` or `/sql/1.0/endpoints/ID`, with an optional `?o=ID`. Other query parameters are left out.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let (path, query) = text.trim().split_once('?').unwrap_or((text.trim(), ""));
        let path = path.trim_matches('/');
        if path.starts_with("sql/protocolv1/") {
            return Err(Error::invalid_argument(format!(
                "the http_path {text:?} names a cluster, and this client needs a SQL warehouse: /sql/1.0/warehouses/ID"
            )));
        }
        let warehouse_id = ["sql/1.0/warehouses/", "sql/1.0/endpoints/"]
            .into_iter()
            .find_map(|prefix| path.strip_prefix(prefix))
            .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)))
            .ok_or_else(|| {
                Error::invalid_argument(format!(
                    "the http_path {text:?} is not a warehouse's: it must be /sql/1.0/warehouses/ID or /sql/1.0/endpoints/ID"
                ))
            })?;
        let org_id = query.split('&').find_map(|pair| pair.strip_prefix("o=")).map(str::to_owned);
        if org_id.as_ref().is_some_and(|id| id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(Error::invalid_argument(format!(
                "the http_path {text:?} has a workspace id (o=) that is not a number"
            )));
        }
        Ok(Self { warehouse_id: warehouse_id.to_owned(), org_id })
    }
}
