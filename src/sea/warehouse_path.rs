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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::error::Code;

    #[rstest]
    #[case::warehouse("/sql/1.0/warehouses/a1b2", "a1b2", None)]
    #[case::endpoint("/sql/1.0/endpoints/a1b2", "a1b2", None)]
    #[case::no_leading_slash("sql/1.0/warehouses/a1b2", "a1b2", None)]
    #[case::trailing_slashes("/sql/1.0/warehouses/a1b2//", "a1b2", None)]
    #[case::blanks(" /sql/1.0/warehouses/a1b2\n", "a1b2", None)]
    #[case::workspace("/sql/1.0/warehouses/a1b2?o=6051921418418893", "a1b2", Some("6051921418418893"))]
    #[case::slash_and_workspace("/sql/1.0/warehouses/a1b2/?x=1&o=42&y=2", "a1b2", Some("42"))]
    #[case::other_parameters("/sql/1.0/warehouses/a1b2?foo=1", "a1b2", None)]
    #[case::empty_query("/sql/1.0/warehouses/a1b2?", "a1b2", None)]
    fn a_path_names_the_warehouse(#[case] text: &str, #[case] id: &str, #[case] org_id: Option<&str>) {
        let expected = WarehousePath { warehouse_id: id.to_owned(), org_id: org_id.map(str::to_owned) };
        assert_eq!(WarehousePath::parse(text).unwrap(), expected);
    }

    #[rstest]
    #[case::empty("", "is not a warehouse's")]
    #[case::bare_id("a1b2", "is not a warehouse's")]
    #[case::no_id("/sql/1.0/warehouses/", "is not a warehouse's")]
    #[case::more_after_the_id("/sql/1.0/warehouses/a1b2/x", "is not a warehouse's")]
    #[case::odd_id("/sql/1.0/warehouses/a b", "is not a warehouse's")]
    #[case::ampersand("/sql/1.0/warehouses/a1b2&o=42", "is not a warehouse's")]
    #[case::other_version("/sql/2.0/warehouses/a1b2", "is not a warehouse's")]
    #[case::cluster("/sql/protocolv1/o/6051/0901-a1b2", "names a cluster")]
    #[case::bare_cluster("sql/protocolv1/o/6051/0901-a1b2?o=1", "names a cluster")]
    #[case::workspace_name("/sql/1.0/warehouses/a1b2?o=prod", "has a workspace id (o=) that is not a number")]
    #[case::empty_workspace("/sql/1.0/warehouses/a1b2?o=", "has a workspace id (o=) that is not a number")]
    fn an_unusable_path_is_refused_by_name(#[case] text: &str, #[case] why: &str) {
        let error = WarehousePath::parse(text).unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(error.details.starts_with(&format!("the http_path {text:?} {why}")), "{}", error.details);
    }
}
