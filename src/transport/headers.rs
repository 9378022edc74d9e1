//! The headers of every request to the server.

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::config::HttpHeader;
use super::user_agent::user_agent;
use crate::error::{Error, Result};

/// Names the workspace on a host that many share.
const ORG_ID: HeaderName = HeaderName::from_static("x-databricks-org-id");

/// What HTTP itself writes: another value would break the connection for the requests after.
const FRAMING: [&str; 8] =
    ["connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"];

/// The headers that do not change between requests: the caller's, the workspace's and the kernel's own, which win.
pub(crate) fn base_headers(
    callers: &[HttpHeader],
    client_name: Option<&str>,
    org_id: Option<&str>,
) -> Result<HeaderMap> {
    let (agents, others): (Vec<_>, Vec<_>) =
        callers.iter().partition(|header| header.name.eq_ignore_ascii_case(USER_AGENT.as_str()));
    let mut headers = HeaderMap::new();
    append(&mut headers, others)?;
    headers.insert(USER_AGENT, user_agent(client_name, &agents)?);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(org_id) = org_id {
        let value = HeaderValue::from_str(org_id)
            .map_err(|_| Error::invalid_argument("the workspace id of the http_path must be digits"))?;
        headers.insert(ORG_ID, value);
    }
    Ok(headers)
}

/// Adds headers from outside; those that are the kernel's alone are left out. Errors name the header, never its value.
pub(crate) fn append<'a>(headers: &mut HeaderMap, others: impl IntoIterator<Item = &'a HttpHeader>) -> Result<()> {
    for HttpHeader { name, value } in others {
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Error::invalid_argument(format!("the header name {name:?} is not valid in HTTP")))?;
        if parsed == AUTHORIZATION || parsed == ORG_ID {
            continue;
        }
        if FRAMING.contains(&parsed.as_str()) {
            return Err(Error::invalid_argument(format!("the header {name} cannot be set: the connection needs it")));
        }
        headers.append(parsed, secret_value(name, value.expose())?);
    }
    Ok(())
}

/// A value that no print shows.
pub(crate) fn secret_value(name: &str, text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Error::invalid_argument(format!("the value of the header {name} has characters that HTTP does not allow"))
    })?;
    value.set_sensitive(true);
    Ok(value)
}
