use rstest::rstest;

use super::*;

const RESOURCE: &str = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";
const MANAGEMENT: &str = "https://management.core.windows.net/";
const GOVERNMENT: &str = "https://management.core.usgovcloudapi.net/";

fn at_azure() -> Issuer {
    let clients = vec![("app".to_owned(), "secret".to_owned())];
    issuer(OAuthConfig {
        azure: Some(AzureConfig { tenant: "tenant".to_owned(), clients, apps: Vec::new() }),
        ..OAuthConfig::default()
    })
}

fn asked() -> Vec<(&'static str, &'static str)> {
    let scope = ("scope", "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default");
    vec![("grant_type", "client_credentials"), ("client_id", "app"), ("client_secret", "secret"), scope]
}

#[rstest]
#[case("adb-1.1.azuredatabricks.net", "https://login.microsoftonline.com/tenant/oauth2/authorize")]
#[case("adb-1.1.databricks.azure.us", "https://login.microsoftonline.us/tenant/oauth2/authorize")]
#[case("adb-1.1.databricks.azure.cn", "https://login.chinacloudapi.cn/tenant/oauth2/authorize")]
#[case("127.0.0.1:1", "http://127.0.0.1:1/tenant/oauth2/authorize")]
#[case("azuredatabricks.net.evil.example", "http://127.0.0.1:1/tenant/oauth2/authorize")]
fn workspace_sends_to_the_login_of_its_cloud(#[case] host: &str, #[case] wanted: &str) {
    let issuer = at_azure();
    let location = issuer.azure_login(host, &issuer.base(host)).unwrap();
    assert_eq!(location.split('?').next(), Some(wanted));
}

#[rstest]
#[case("x.cloud.databricks.com", "https://x.cloud.databricks.com")]
#[case("adb-1.1.azuredatabricks.net", "https://adb-1.1.azuredatabricks.net")]
#[case("login.microsoftonline.us", "https://login.microsoftonline.us")]
#[case("127.0.0.1:1", BASE)]
#[case("evil.example", BASE)]
#[case("evil.example/x.cloud.databricks.com", BASE)]
#[case("evil.example#.azuredatabricks.net", BASE)]
#[case("me@x.cloud.databricks.com", BASE)]
#[case("", BASE)]
fn documents_take_over_the_services_names_alone(#[case] host: &str, #[case] base: &str) {
    assert_eq!(at_azure().base(host), base);
}

#[rstest]
#[case::v2(Version::V2, "scope", "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default", "", Purpose::Api)]
#[case::v1(Version::V1, "resource", RESOURCE, "", Purpose::Api)]
#[case::staging(Version::V1, "resource", "4a67d088-db5c-48f1-9ff2-0aace800ae68", "", Purpose::Api)]
#[case::management(Version::V1, "resource", MANAGEMENT, "login.microsoftonline.com", Purpose::Management)]
#[case::management_v2(Version::V2, "scope", "https://management.core.windows.net//.default", "", Purpose::Management)]
#[case::government(Version::V1, "resource", GOVERNMENT, "login.microsoftonline.us", Purpose::Management)]
fn token_is_good_for_its_resource_alone(
    #[case] version: Version,
    #[case] name: &str,
    #[case] value: &str,
    #[case] host: &str,
    #[case] purpose: Purpose,
) {
    let issuer = at_azure();
    let form = encoded(&with(asked(), name, value));
    let token = issuer.entra(version, "tenant", host, &request(None, &form)).unwrap().issued.token;
    let known = [Purpose::Api, Purpose::Management].map(|purpose| issuer.knows(&token, purpose));
    assert_eq!(known, [purpose == Purpose::Api, purpose == Purpose::Management]);
}

#[rstest]
#[case::unknown_app("client_id", "other", "unauthorized_client", "AADSTS700016: ")]
#[case::wrong_secret("client_secret", "other", "invalid_client", "AADSTS7000215: ")]
#[case::databricks_scope("scope", "all-apis", "invalid_request", "AADSTS900144: ")]
#[case::unknown_resource("scope", "https://graph.example/.default", "invalid_resource", "AADSTS500011: ")]
#[case::other_grant("grant_type", "password", "invalid_request", "AADSTS900144: ")]
fn request_is_refused_in_entras_words(
    #[case] name: &str,
    #[case] value: &str,
    #[case] error: &str,
    #[case] words: &str,
) {
    let form = encoded(&with(asked(), name, value));
    let refusal = at_azure().entra(Version::V2, "tenant", "", &request(None, &form)).unwrap_err();
    assert_eq!(refusal.error, error);
    assert!(refusal.description.starts_with(words), "{refusal:?}");
}

#[test]
fn other_tenant_is_unknown() {
    let form = encoded(&asked());
    let refusal = at_azure().entra(Version::V2, "other", "", &request(None, &form)).unwrap_err();
    assert!(refusal.description.starts_with("AADSTS90002: "), "{refusal:?}");
}

#[test]
fn cloud_knows_its_own_resource_manager_alone() {
    let form = encoded(&with(asked(), "resource", MANAGEMENT));
    let host = "login.microsoftonline.us";
    let refusal = at_azure().entra(Version::V1, "tenant", host, &request(None, &form)).unwrap_err();
    assert_eq!(refusal.error, "invalid_resource");
}

#[rstest]
#[case::system("api-version=2021-10-01&resource=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d", true, true)]
#[case::user("api-version=2021-10-01&resource=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d&client_id=app", true, true)]
#[case::from_afar("api-version=2021-10-01&resource=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d", false, false)]
#[case::unknown_identity(
    "api-version=2021-10-01&resource=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d&client_id=x",
    true,
    false
)]
#[case::no_version("resource=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d", true, false)]
#[case::no_resource("api-version=2021-10-01", true, false)]
fn machine_gives_tokens_to_those_on_it(#[case] query: &str, #[case] is_local: bool, #[case] is_given: bool) {
    let issuer = at_azure();
    let given = issuer.managed_identity(query, is_local);
    assert_eq!(given.is_ok_and(|token| issuer.knows(&token.issued.token, Purpose::Api)), is_given);
}

#[rstest]
#[case::entras_app("client_id=96eecda7-19ea-49cc-abb5-240097d554f5&a=b", true)]
#[case::a_workspaces_app("client_id=databricks-sql-python&a=b", false)]
#[case::nobody("", true)]
fn workspace_sends_those_to_entra_whose_app_it_does_not_know(#[case] query: &str, #[case] is_sent: bool) {
    let location = at_azure().entra_authorize("adb-1.1.azuredatabricks.net", BASE, query);
    let question = if query.is_empty() { String::new() } else { format!("?{query}") };
    let wanted = format!("https://login.microsoftonline.com/tenant/oauth2/v2.0/authorize{question}");
    assert_eq!(location, is_sent.then_some(wanted));
}
