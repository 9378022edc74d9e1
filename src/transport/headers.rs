//! The headers of every request to the server.

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::config::HttpHeader;
use super::user_agent::user_agent;
use crate::error::{Error, Result};

/// Names the workspace on a host that many share.
const ORG_ID: HeaderName = HeaderName::from_static("x-databricks-org-id");

/// What HTTP itself writes: another value would break the connection for the requests after.
pub(super) const FRAMING: [&str; 8] =
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::error::Code;
    use crate::secret::Secret;

    fn header(name: &str, value: &str) -> HttpHeader {
        HttpHeader { name: name.to_owned(), value: Secret::new(value.to_owned()) }
    }

    fn sent(callers: &[HttpHeader]) -> Vec<(String, String)> {
        let headers = base_headers(callers, None, Some("42")).unwrap();
        let pairs = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let mut pairs: Vec<_> = pairs.filter(|(name, _)| name != "user-agent").collect();
        pairs.sort();
        pairs
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[rstest]
    #[case::none(&[], &[])]
    #[case::own(&[("X-Team", "a"), ("x-team", "b")], &[("x-team", "a"), ("x-team", "b")])]
    #[case::authorization(&[("AUTHORIZATION", "Bearer evil")], &[])]
    #[case::workspace(&[("X-Databricks-Org-Id", "666")], &[])]
    #[case::accept(&[("Accept", "text/html")], &[])]
    fn callers_headers_join_the_kernels_and_never_replace_them(
        #[case] callers: &[(&str, &str)],
        #[case] added: &[(&str, &str)],
    ) {
        let callers: Vec<_> = callers.iter().map(|(name, value)| header(name, value)).collect();
        let mut expected = pairs(added);
        expected.extend(pairs(&[("accept", "application/json"), ("x-databricks-org-id", "42")]));
        expected.sort();
        assert_eq!(sent(&callers), expected);
    }

    #[rstest]
    #[case::blank_in_name("x team", "v", "the header name \"x team\" is not valid in HTTP")]
    #[case::empty_name("", "v", "the header name \"\" is not valid in HTTP")]
    #[case::injection(
        "x-team",
        "s3cret\r\nx-evil: 1",
        "the value of the header x-team has characters that HTTP does not allow"
    )]
    #[case::framing("Content-Length", "3", "the header Content-Length cannot be set: the connection needs it")]
    #[case::host("host", "other", "the header host cannot be set: the connection needs it")]
    fn an_unusable_header_is_refused_by_name(#[case] name: &str, #[case] value: &str, #[case] details: &str) {
        let error = base_headers(&[header(name, value)], None, None).unwrap_err();
        assert_eq!((error.code, error.details.as_str()), (Code::InvalidArgument, details));
    }

    #[test]
    fn values_are_hidden_from_prints() {
        let headers = base_headers(&[header("x-team", "s3cret")], None, None).unwrap();
        assert!(!format!("{headers:?}").contains("s3cret"));
    }

    #[rstest]
    #[case::kernel_alone(None, &[], "")]
    #[case::program(Some("shop/2.1"), &[], " shop/2.1")]
    #[case::header(None, &["PyDatabricksSqlConnector/4.9.0 (cli)"], " PyDatabricksSqlConnector/4.9.0 (cli)")]
    #[case::both(Some(" shop/2.1 "), &["one/1", "two/2"], " shop/2.1 one/1 two/2")]
    #[case::empty(Some(""), &[" "], "")]
    fn the_user_agent_begins_with_the_kernel(
        #[case] client_name: Option<&str>,
        #[case] agents: &[&str],
        #[case] appended: &str,
    ) {
        let callers: Vec<_> = agents.iter().map(|agent| header("User-Agent", agent)).collect();
        let headers = base_headers(&callers, client_name, None).unwrap();
        let expected = format!("DatabricksSQLKernel/{}{appended}", env!("CARGO_PKG_VERSION"));
        assert_eq!(headers.get_all(USER_AGENT).iter().collect::<Vec<_>>(), [expected.as_str()]);
    }

    #[rstest]
    #[case::name(Some("shöp"), None, "client_name may have printable ASCII characters only")]
    #[case::header(None, Some("a\r\nb"), "the header User-Agent may have printable ASCII characters only")]
    fn an_unusable_user_agent_is_refused(
        #[case] client_name: Option<&str>,
        #[case] agent: Option<&str>,
        #[case] details: &str,
    ) {
        let callers: Vec<_> = agent.into_iter().map(|agent| header("user-agent", agent)).collect();
        let error = base_headers(&callers, client_name, None).unwrap_err();
        assert_eq!((error.code, error.details.as_str()), (Code::InvalidArgument, details));
    }
}
