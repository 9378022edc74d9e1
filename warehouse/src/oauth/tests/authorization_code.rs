use rstest::rstest;
use url::Url;

use super::super::apps::AZURE_APP;
use super::super::authorization_code::Codes;
use super::*;

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const APP: &str = "databricks-sql-python";
const REDIRECT: &str = "http://localhost:8020";
const AZURE_SCOPE: &str = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/user_impersonation offline_access";

fn asked() -> Vec<(&'static str, &'static str)> {
    vec![
        ("response_type", "code"),
        ("client_id", APP),
        ("redirect_uri", REDIRECT),
        ("scope", "sql offline_access"),
        ("state", "s t&=é"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

fn redeemed(code: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", APP),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ]
}

fn renewing(token: &str) -> Vec<(&'static str, &str)> {
    vec![("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", APP)]
}

fn further_app() -> Issuer {
    issuer(OAuthConfig { apps: vec!["my-app".to_owned()], ..OAuthConfig::default() })
}

/// The parameters that the browser is led back with.
fn led_back(issuer: &Issuer, fields: &[(&str, &str)]) -> Result<HashMap<String, String>, Refusal> {
    let location = Url::parse(&issuer.authorize(Some(Authority::Workspace), &encoded(fields))?).unwrap();
    Ok(location.query_pairs().into_owned().collect())
}

fn code(issuer: &Issuer) -> String {
    led_back(issuer, &asked()).unwrap()["code"].clone()
}

fn grant(issuer: &Issuer, fields: &[(&str, &str)]) -> Result<Issued, Refusal> {
    issuer.grant(&request(None, &encoded(fields)))
}

#[test]
fn browser_is_led_back_with_the_state_and_a_code_for_a_token() {
    let issuer = further_app();
    let location = issuer.authorize(Some(Authority::Workspace), &encoded(&asked())).unwrap();
    assert!(location.starts_with("http://localhost:8020/?code="), "{location}");
    let parameters = led_back(&issuer, &asked()).unwrap();
    assert_eq!(parameters["state"], "s t&=é");
    let issued = grant(&issuer, &redeemed(&parameters["code"])).unwrap();
    assert_eq!((issued.scope.as_str(), issued.life), ("sql offline_access", HOUR));
    assert!(issuer.knows(&issued.token, Purpose::Api) && issued.refresh_token.is_some());
    assert_eq!(issuer.issued(), [(Grant::AuthorizationCode, 1)].into());
}

/// RFC 6749, section 4.1.2.1: such errors must not go to the address.
#[rstest]
#[case::no_client("client_id", "")]
#[case::unknown_client("client_id", "other")]
#[case::entras_client("client_id", AZURE_APP)]
#[case::no_redirect("redirect_uri", "")]
#[case::other_port("redirect_uri", "http://localhost:8025")]
#[case::slash("redirect_uri", "http://localhost:8020/")]
#[case::address("redirect_uri", "http://127.0.0.1:8020")]
#[case::stranger("redirect_uri", "https://evil.example")]
#[case::looks_like_it("redirect_uri", "http://localhost:8020@evil.example")]
fn address_that_may_be_a_strangers_is_led_nowhere(#[case] name: &str, #[case] value: &str) {
    let error = led_back(&further_app(), &with(asked(), name, value)).unwrap_err();
    assert_eq!(error.error, "invalid_request");
}

/// RFC 6749, section 4.1.2.1, and RFC 7636, section 4.4.1.
#[rstest]
#[case::no_response_type("response_type", "", "invalid_request")]
#[case::implicit("response_type", "token", "unsupported_response_type")]
#[case::no_challenge("code_challenge", "", "invalid_request")]
#[case::short_challenge("code_challenge", "E9Melhoa", "invalid_request")]
#[case::plain("code_challenge_method", "plain", "invalid_request")]
#[case::method_left_out("code_challenge_method", "", "invalid_request")]
#[case::unknown_scope("scope", "root", "invalid_scope")]
fn what_else_is_wrong_goes_to_the_app(#[case] name: &str, #[case] value: &str, #[case] error: &str) {
    let parameters = led_back(&further_app(), &with(asked(), name, value)).unwrap();
    assert_eq!((parameters["error"].as_str(), parameters["state"].as_str()), (error, "s t&=é"));
    assert!(!parameters.contains_key("code") && !parameters["error_description"].is_empty());
}

#[test]
fn parameter_that_is_given_twice_goes_to_the_app() {
    let twice = [asked(), vec![("scope", "sql")]].concat();
    assert_eq!(led_back(&further_app(), &twice).unwrap()["error"], "invalid_request");
}

/// RFC 8252, section 7.3.
#[rstest]
#[case("http://127.0.0.1:51000", true)]
#[case("http://[::1]:51000/callback", true)]
#[case("http://localhost:51000/callback?a=b", true)]
#[case("https://127.0.0.1:51000", false)]
#[case("http://127.0.0.1.evil.example:51000", false)]
#[case("http://127.0.0.1:51000#part", false)]
#[case("http://me@127.0.0.1:51000", false)]
#[case("http:127.0.0.1", false)]
#[case("com.example.app:/callback", false)]
fn further_app_is_led_to_any_port_of_this_machine(#[case] redirect_uri: &str, #[case] is_allowed: bool) {
    let fields = with(with(asked(), "client_id", "my-app"), "redirect_uri", redirect_uri);
    assert_eq!(led_back(&further_app(), &fields).is_ok_and(|parameters| parameters.contains_key("code")), is_allowed);
}

#[test]
fn address_keeps_its_own_query() {
    let fields = with(with(asked(), "client_id", "my-app"), "redirect_uri", "http://127.0.0.1:51000/?a=b");
    assert_eq!(led_back(&further_app(), &fields).unwrap()["a"], "b");
}

/// RFC 6749, sections 4.1.3 and 5.2; RFC 7636, section 4.6.
#[rstest]
#[case::other_verifier("code_verifier", "aBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "invalid_grant")]
#[case::challenge_as_verifier("code_verifier", CHALLENGE, "invalid_grant")]
#[case::other_redirect("redirect_uri", "http://localhost:8021", "invalid_grant")]
#[case::other_app("client_id", "databricks-cli", "invalid_grant")]
#[case::other_code("code", "another", "invalid_grant")]
#[case::unknown_app("client_id", "other", "invalid_client")]
#[case::no_verifier("code_verifier", "", "invalid_request")]
#[case::short_verifier("code_verifier", "short", "invalid_request")]
#[case::no_app("client_id", "", "invalid_request")]
#[case::no_redirect("redirect_uri", "", "invalid_request")]
#[case::no_code("code", "", "invalid_request")]
fn code_is_bound_to_what_asked_for_it(#[case] name: &str, #[case] value: &str, #[case] error: &str) {
    let issuer = further_app();
    let code = code(&issuer);
    assert_eq!(grant(&issuer, &with(redeemed(&code), name, value)).unwrap_err().error, error);
    assert!(grant(&issuer, &redeemed(&code)).is_ok(), "an attempt of somebody else's leaves the code good");
}

/// RFC 6749, section 4.1.2.
#[test]
fn second_use_of_a_code_ends_what_the_first_was_given() {
    let issuer = further_app();
    let code = code(&issuer);
    let issued = grant(&issuer, &redeemed(&code)).unwrap();
    assert_eq!(grant(&issuer, &redeemed(&code)).unwrap_err().error, "invalid_grant");
    assert!(!issuer.knows(&issued.token, Purpose::Api));
    let renewal = grant(&issuer, &renewing(&issued.refresh_token.unwrap()));
    assert_eq!(renewal.unwrap_err().error, "invalid_grant");
}

#[test]
fn code_that_has_ended_is_refused() {
    let issuer = Issuer { codes: Codes::new(Duration::ZERO), ..further_app() };
    assert_eq!(grant(&issuer, &redeemed(&code(&issuer))).unwrap_err().error, "invalid_grant");
}

#[test]
fn without_offline_access_nothing_renews() {
    let issuer = further_app();
    let code = led_back(&issuer, &with(asked(), "scope", "sql")).unwrap()["code"].clone();
    assert_eq!(grant(&issuer, &redeemed(&code)).unwrap().refresh_token, None);
}

fn signed_in(issuer: &Issuer) -> (String, String) {
    let issued = grant(issuer, &redeemed(&code(issuer))).unwrap();
    (issued.token, issued.refresh_token.unwrap())
}

#[test]
fn renewals_go_on_each_with_the_token_of_the_last() {
    let issuer = further_app();
    let (_, mut token) = signed_in(&issuer);
    for _ in 0..5 {
        let issued = grant(&issuer, &renewing(&token)).unwrap();
        assert!(issuer.knows(&issued.token, Purpose::Api));
        token = issued.refresh_token.unwrap();
    }
    assert_eq!(issuer.issued()[&Grant::RefreshToken], 5);
}

/// RFC 9700, section 4.14.2.
#[test]
fn second_use_of_a_refresh_token_ends_its_family_alone() {
    let issuer = further_app();
    let ((first, used), (other, other_refresh)) = (signed_in(&issuer), signed_in(&issuer));
    let renewed = grant(&issuer, &renewing(&used)).unwrap();
    let newest = renewed.refresh_token.unwrap();
    for dead in [&used, &newest] {
        assert_eq!(grant(&issuer, &renewing(dead)).unwrap_err().error, "invalid_grant");
    }
    let known = [&first, &renewed.token, &other].map(|token| issuer.knows(token, Purpose::Api));
    assert_eq!(known, [false, false, true]);
    assert!(grant(&issuer, &renewing(&other_refresh)).is_ok());
}

/// RFC 6749, section 6.
#[rstest]
#[case::fewer_scopes("scope", "sql", None)]
#[case::more_scopes("scope", "sql all-apis", Some("invalid_scope"))]
#[case::other_app("client_id", "databricks-cli", Some("invalid_grant"))]
#[case::unknown_app("client_id", "other", Some("invalid_client"))]
#[case::unknown_token("refresh_token", "another", Some("invalid_grant"))]
#[case::no_token("refresh_token", "", Some("invalid_request"))]
fn renewal_is_bound_to_its_sign_in(#[case] name: &str, #[case] value: &str, #[case] error: Option<&str>) {
    let issuer = further_app();
    let (_, token) = signed_in(&issuer);
    let renewed = grant(&issuer, &with(renewing(&token), name, value));
    assert_eq!(renewed.err().map(|refusal| refusal.error), error);
    assert_eq!(
        grant(&issuer, &renewing(&token)).is_ok(),
        error.is_some(),
        "what was refused has not used the token up"
    );
}

#[test]
fn renewal_with_fewer_scopes_can_be_widened_again() {
    let issuer = further_app();
    let (_, token) = signed_in(&issuer);
    let narrow = grant(&issuer, &with(renewing(&token), "scope", "sql")).unwrap();
    assert_eq!(narrow.scope, "sql");
    assert_eq!(grant(&issuer, &renewing(&narrow.refresh_token.unwrap())).unwrap().scope, "sql offline_access");
}

#[rstest]
#[case(false, true)]
#[case(true, false)]
fn refresh_tokens_end_where_that_is_wanted(#[case] with_refresh_tokens: bool, #[case] is_good: bool) {
    let issuer = further_app();
    let (access, refresh) = signed_in(&issuer);
    issuer.revoke_all(with_refresh_tokens);
    assert!(!issuer.knows(&access, Purpose::Api));
    assert_eq!(grant(&issuer, &renewing(&refresh)).is_ok(), is_good);
}

/// AADSTS9002327: a Single-Page app has to ask from its own origin.
#[rstest]
#[case::native(AZURE_APP, None, None)]
#[case::single_page("page", Some("http://localhost:8030"), None)]
#[case::single_page_from_nowhere("page", None, Some("AADSTS9002327"))]
fn entras_apps_redeem_codes(#[case] app: &str, #[case] origin: Option<&str>, #[case] number: Option<&str>) {
    let azure = AzureConfig { tenant: "tenant".to_owned(), clients: Vec::new(), apps: vec!["page".to_owned()] };
    let issuer = issuer(OAuthConfig { azure: Some(azure), ..OAuthConfig::default() });
    let fields = with(with(asked(), "client_id", app), "scope", AZURE_SCOPE);
    let fields = with(fields, "redirect_uri", "http://localhost:8030");
    let location = Url::parse(&issuer.authorize(Some(Authority::Entra), &encoded(&fields)).unwrap()).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let fields = with(redeemed(&code), "client_id", app);
    let form = encoded(&with(fields, "redirect_uri", "http://localhost:8030"));
    let request = TokenRequest { origin, ..request(None, &form) };
    for tenant in ["tenant", "organizations"] {
        let answer = issuer.entra(Version::V2, tenant, "", &request);
        let refused = answer.as_ref().err().and_then(|refusal| refusal.description.split(':').next());
        assert_eq!(refused, number);
        if let Ok(token) = answer {
            assert!(issuer.knows(&token.issued.token, Purpose::Api) && token.issued.refresh_token.is_some());
            break;
        }
    }
}
