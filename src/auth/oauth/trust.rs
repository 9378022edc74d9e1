//! Which servers may get a secret.

use url::Url;

use crate::error::{Code, Error, Result};
use crate::transport::{has_usable_host, is_loopback};

/// Where workspaces and accounts of Databricks are.
const DATABRICKS: [&str; 5] =
    [".databricks.com", ".cloud.databricks.us", ".azuredatabricks.net", ".databricks.azure.us", ".databricks.azure.cn"];

/// A URL that `workspace` has named for signing in. Errors: `Unauthenticated`, no secret may go there.
pub(super) fn found(url: &str, workspace: &Url) -> Result<Url> {
    let trusted = Url::parse(url).ok().filter(|url| is_plain(url) && may_be_named(url, workspace));
    trusted.ok_or_else(|| {
        let details = format!(
            "the host named {url:?} for signing in, and nothing was sent there: it must be the host itself or one of Databricks's, with https, \
             unless both are on this machine; if that is right all the same, pass token_url"
        );
        Error::new(Code::Unauthenticated, details)
    })
}

/// A URL that the caller has named, in the argument `name`.
pub(super) fn named(name: &str, url: &str, workspace: &Url) -> Result<Url> {
    let parsed = Url::parse(url).ok().filter(is_plain);
    let usable = parsed.filter(|url| url.scheme() == "https" || is_here(url) || url.origin() == workspace.origin());
    usable.ok_or_else(|| {
        let rule = "must be a URL that begins with https://, without user, query and fragment";
        Error::invalid_argument(format!("{name} {rule}"))
    })
}

fn may_be_named(url: &Url, workspace: &Url) -> bool {
    let is_databricks = url.host_str().is_some_and(|host| DATABRICKS.iter().any(|suffix| host.ends_with(suffix)));
    (is_here(url) && is_here(workspace))
        || (url.scheme() == "https" && (is_databricks || url.host() == workspace.host()))
}

/// A URL of http or https that has nothing but a host and a path.
fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http")
        && has_usable_host(url)
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}

/// Whether a URL surely leads to this machine: a name below `localhost` leads where its resolver says.
fn is_here(url: &Url) -> bool {
    is_loopback(url) && !url.host_str().is_some_and(|host| host.ends_with(".localhost"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const WORKSPACE: &str = "https://adb-1.2.azuredatabricks.net";

    #[rstest]
    #[case::own(WORKSPACE, "https://adb-1.2.azuredatabricks.net/oidc/v1/token", true)]
    #[case::account(WORKSPACE, "https://accounts.cloud.databricks.com/oidc/accounts/1/v1/token", true)]
    #[case::government(WORKSPACE, "https://accounts.databricks.azure.us/oidc", true)]
    #[case::own_on_another_port(WORKSPACE, "https://adb-1.2.azuredatabricks.net:8443/oidc", true)]
    #[case::private_link("https://sql.corp.example", "https://sql.corp.example/oidc/v1/token", true)]
    #[case::loopback("http://127.0.0.1:8080", "http://localhost:9090/oidc", true)]
    #[case::own_without_tls("http://warehouse:8080", "http://warehouse:8080/oidc/v1/token", false)]
    #[case::stranger(WORKSPACE, "https://evil.example/oidc/v1/token", false)]
    #[case::name_that_ends_alike(WORKSPACE, "https://evilazuredatabricks.net/oidc", false)]
    #[case::domain_itself(WORKSPACE, "https://databricks.com.evil.example/oidc", false)]
    #[case::without_tls(WORKSPACE, "http://adb-1.2.azuredatabricks.net/oidc/v1/token", false)]
    #[case::loopback_of_another(WORKSPACE, "http://127.0.0.1:8080/oidc", false)]
    #[case::other_loopback_name("http://127.0.0.1:8080", "http://x.localhost/oidc", false)]
    #[case::user(WORKSPACE, "https://user@adb-1.2.azuredatabricks.net/oidc", false)]
    #[case::query(WORKSPACE, "https://adb-1.2.azuredatabricks.net/oidc?x=y", false)]
    #[case::other_scheme(WORKSPACE, "file:///oidc/v1/token", false)]
    #[case::nothing(WORKSPACE, "", false)]
    fn a_host_names_itself_or_databricks(#[case] workspace: &str, #[case] url: &str, #[case] is_trusted: bool) {
        let outcome = found(url, &Url::parse(workspace).unwrap());
        assert_eq!(outcome.as_ref().map(Url::as_str).ok(), is_trusted.then_some(url));
        assert!(is_trusted || outcome.unwrap_err().code == Code::Unauthenticated);
    }

    #[rstest]
    #[case::any(WORKSPACE, "https://login.example/token", true)]
    #[case::loopback(WORKSPACE, "http://127.0.0.1:8080/token", true)]
    #[case::own_without_tls("http://warehouse:8080", "http://warehouse:8080/token", true)]
    #[case::without_tls(WORKSPACE, "http://login.example/token", false)]
    #[case::no_scheme(WORKSPACE, "login.example/token", false)]
    #[case::password(WORKSPACE, "https://u:s3cret@login.example/token", false)]
    fn the_caller_may_name_any_with_tls(#[case] workspace: &str, #[case] url: &str, #[case] is_usable: bool) {
        let outcome = named("token_url", url, &Url::parse(workspace).unwrap());
        assert_eq!(outcome.is_ok(), is_usable);
        assert!(is_usable || !outcome.unwrap_err().details.contains("s3cret"));
    }
}
