use rstest::rstest;

use super::super::tokens::now;
use super::*;

const ISSUER: &str = "https://issuer.example";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// A key, and a server that takes the tokens of its issuer for one audience, and has one service principal.
fn trusting() -> (EcdsaKeyPair, Issuer) {
    let (key, public) = key_pair();
    let issuers = vec![(ISSUER.to_owned(), public, Some("databricks".to_owned()))];
    let clients = vec![("sp".to_owned(), "secret".to_owned())];
    (key, issuer(OAuthConfig { issuers, clients, ..OAuthConfig::default() }))
}

fn subject_token(key: &EcdsaKeyPair, changes: &Value) -> String {
    let claims = json!({"iss": ISSUER, "sub": "somebody", "aud": "databricks", "exp": now().as_secs() + 60});
    signed(key, &json!({"alg": "ES256", "kid": "any"}), &otherwise(claims, changes))
}

fn exchange(token: &str) -> Vec<(&'static str, &str)> {
    vec![("grant_type", TOKEN_EXCHANGE), ("subject_token", token), ("subject_token_type", JWT), ("scope", "sql")]
}

fn bearer(token: &str) -> Vec<(&'static str, &str)> {
    vec![("grant_type", JWT_BEARER), ("assertion", token), ("scope", "sql")]
}

fn grant(issuer: &Issuer, fields: &[(&str, &str)]) -> Result<Issued, Refusal> {
    issuer.grant(&request(None, &encoded(fields)))
}

/// Whom a token of ours is about.
fn subject(token: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["sub"].clone()
}

#[rstest]
#[case::principal(with(exchange(""), "client_id", "sp"), "sp", Grant::TokenExchange)]
#[case::user(exchange(""), "somebody", Grant::TokenExchange)]
#[case::original(
    with(exchange(""), "return_original_token_if_authenticated", "true"),
    "somebody",
    Grant::TokenExchange
)]
#[case::id_token(
    with(exchange(""), "subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
    "somebody",
    Grant::TokenExchange
)]
#[case::bearer_principal(with(bearer(""), "identity_federation_client_id", "sp"), "sp", Grant::JwtBearer)]
#[case::bearer_user(bearer(""), "somebody", Grant::JwtBearer)]
fn foreign_token_becomes_one_of_ours(
    #[case] fields: Vec<(&'static str, &'static str)>,
    #[case] whom: &str,
    #[case] counted: Grant,
) {
    let (key, issuer) = trusting();
    let token = subject_token(&key, &json!({}));
    let name = if counted == Grant::JwtBearer { "assertion" } else { "subject_token" };
    let issued = grant(&issuer, &with(fields, name, &token)).unwrap();
    assert_eq!((issued.scope.as_str(), subject(&issued.token)), ("sql", json!(whom)));
    assert!(issuer.knows(&issued.token, Purpose::Api));
    assert_eq!(issuer.issued(), [(counted, 1)].into());
    // RFC 8693, section 2.2.1, wants it; RFC 7523 does not know it.
    let kind = (counted == Grant::TokenExchange).then_some("urn:ietf:params:oauth:token-type:access_token");
    assert_eq!(issued.issued_token_type, kind);
}

/// RFC 8693, section 2.2.2, and RFC 7523, section 3.1.
#[rstest]
#[case::other_issuer(json!({"iss": "https://other.example"}))]
#[case::other_audience(json!({"aud": "others"}))]
#[case::no_audience(json!({"aud": null}))]
#[case::ended(json!({"exp": 1000}))]
#[case::never_ends(json!({"exp": null}))]
#[case::not_yet(json!({"nbf": 99_999_999_999_u64}))]
#[case::about_nobody(json!({"sub": null}))]
fn foreign_token_that_is_not_good_is_refused(#[case] changes: Value) {
    let (key, issuer) = trusting();
    let token = subject_token(&key, &changes);
    assert_eq!(grant(&issuer, &exchange(&token)).unwrap_err().error, "invalid_request");
    assert_eq!(grant(&issuer, &bearer(&token)).unwrap_err().error, "invalid_grant");
}

#[test]
fn one_audience_of_several_is_enough() {
    let (key, issuer) = trusting();
    let token = subject_token(&key, &json!({"aud": ["others", "databricks"]}));
    assert!(grant(&issuer, &exchange(&token)).is_ok());
}

#[rstest]
#[case::other_algorithm("ES384")]
#[case::none("none")]
#[case::symmetric("HS256")]
fn token_of_another_algorithm_is_refused(#[case] algorithm: &str) {
    let (key, issuer) = trusting();
    let claims = json!({"iss": ISSUER, "sub": "somebody", "aud": "databricks", "exp": now().as_secs() + 60});
    let token = signed(&key, &json!({"alg": algorithm}), &claims);
    assert_eq!(grant(&issuer, &exchange(&token)).unwrap_err().error, "invalid_request");
}

#[test]
fn token_that_somebody_else_signed_is_refused() {
    let ((_, issuer), (stranger, _)) = (trusting(), trusting());
    let token = subject_token(&stranger, &json!({}));
    assert_eq!(grant(&issuer, &exchange(&token)).unwrap_err().error, "invalid_request");
}

#[rstest]
#[case::unknown_principal("client_id", "other", "invalid_client")]
#[case::no_type("subject_token_type", "", "invalid_request")]
#[case::other_type("subject_token_type", "urn:ietf:params:oauth:token-type:saml2", "invalid_request")]
#[case::no_token("subject_token", "", "invalid_request")]
#[case::opaque("subject_token", "dapi0123", "invalid_request")]
#[case::unknown_scope("scope", "root", "invalid_scope")]
fn request_that_cannot_be_met_is_refused(#[case] name: &str, #[case] value: &str, #[case] error: &str) {
    let (key, issuer) = trusting();
    let token = subject_token(&key, &json!({}));
    assert_eq!(grant(&issuer, &with(exchange(&token), name, value)).unwrap_err().error, error);
}

#[rstest]
#[case::asked_for("true", "", true)]
#[case::asked_for_with_a_principal("true", "sp", true)]
#[case::not_asked_for("", "", false)]
fn token_of_ours_is_given_back_where_that_is_asked_for(
    #[case] value: &str,
    #[case] principal: &str,
    #[case] is_given_back: bool,
) {
    let (_, issuer) = trusting();
    let form = "grant_type=client_credentials&client_id=sp&client_secret=secret";
    let ours = issuer.grant(&request(None, form)).unwrap().token;
    let fields = with(exchange(&ours), "return_original_token_if_authenticated", value);
    let answer = grant(&issuer, &with(fields, "client_id", principal));
    assert_eq!(answer.is_ok_and(|issued| issued.token == ours && issued.life <= HOUR), is_given_back);
}
