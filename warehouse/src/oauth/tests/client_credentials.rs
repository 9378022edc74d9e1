use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use rstest::rstest;

use super::super::assertion::JWT_BEARER;
use super::super::tokens::now;
use super::*;

fn with_client(token_life: Duration) -> Issuer {
    let clients = vec![("sp".to_owned(), "s: é+%".to_owned())];
    issuer(OAuthConfig { clients, token_life, ..OAuthConfig::default() })
}

/// `sp` and `s: é+%`, written as in a form.
const PAIR: &str = "sp:s%3A+%C3%A9%2B%25";

fn header(pair: &str) -> Option<String> {
    Some(format!("Basic {}", STANDARD.encode(pair)))
}

#[rstest]
#[case::header(header(PAIR), "grant_type=client_credentials&scope=all-apis", "all-apis")]
#[case::header_as_it_stands(header("sp:s: é+%"), "grant_type=client_credentials", "all-apis")]
#[case::no_scope(header(PAIR), "grant_type=client_credentials", "all-apis")]
#[case::two_scopes(header(PAIR), "grant_type=client_credentials&scope=sql+offline_access", "sql offline_access")]
#[case::form(None, "grant_type=client_credentials&client_id=sp&client_secret=s%3A+%C3%A9%2B%25", "all-apis")]
fn a_client_that_proves_itself_gets_a_token(#[case] header: Option<String>, #[case] form: &str, #[case] scope: &str) {
    let issuer = with_client(HOUR);
    let issued = issuer.grant(&request(header.as_deref(), form)).unwrap();
    assert_eq!((issued.scope.as_str(), issued.life), (scope, HOUR));
    assert!(issuer.knows(&issued.token, Purpose::Api));
    issuer.revoke_all(false);
    assert!(!issuer.knows(&issued.token, Purpose::Api));
}

#[rstest]
#[case::nobody(None, "grant_type=client_credentials", "invalid_client")]
#[case::other_secret(header("sp:other"), "grant_type=client_credentials", "invalid_client")]
#[case::other_client(header("other:s%3A+%C3%A9%2B%25"), "grant_type=client_credentials", "invalid_client")]
#[case::no_secret(header("sp:"), "grant_type=client_credentials", "invalid_client")]
#[case::bearer(Some(format!("Bearer {}", STANDARD.encode(PAIR))), "grant_type=client_credentials", "invalid_client")]
#[case::damaged(Some("Basic ???".to_owned()), "grant_type=client_credentials", "invalid_client")]
#[case::twice(header(PAIR), "grant_type=client_credentials&client_id=sp&client_secret=x", "invalid_request")]
#[case::no_grant(header(PAIR), "scope=all-apis", "invalid_request")]
#[case::field_twice(header(PAIR), "grant_type=client_credentials&scope=sql&scope=sql", "invalid_request")]
#[case::other_grant(header(PAIR), "grant_type=password", "unsupported_grant_type")]
#[case::unknown_scope(header(PAIR), "grant_type=client_credentials&scope=sql+root", "invalid_scope")]
fn any_other_request_is_refused(#[case] header: Option<String>, #[case] form: &str, #[case] error: &str) {
    assert_eq!(with_client(HOUR).grant(&request(header.as_deref(), form)).unwrap_err().error, error);
}

#[test]
fn a_token_that_has_ended_is_not_known() {
    let issuer = with_client(Duration::ZERO);
    let issued = issuer.grant(&request(header(PAIR).as_deref(), "grant_type=client_credentials")).unwrap();
    assert!(!issuer.knows(&issued.token, Purpose::Api));
}

#[test]
fn a_token_can_be_checked_with_the_published_key() {
    let issuer = with_client(HOUR);
    let token = issuer.grant(&request(header(PAIR).as_deref(), "grant_type=client_credentials")).unwrap().token;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let keys = issuer.keys();
    let coordinate = |name: &str| decode(keys["keys"][0][name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed.as_bytes(), &decode(signature)).unwrap();
    let claims: Value = serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap();
    assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some("http://127.0.0.1:1/oidc"), Some("sp")));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
}

const ENDPOINT: &str = "http://127.0.0.1:1/oidc/v1/token";

/// An assertion of the client `sp`, signed with its key, with some claims otherwise.
fn assertion(key: &EcdsaKeyPair, header: Value, changes: Value) -> String {
    let now = now().as_secs();
    let claims = json!({"iss": "sp", "sub": "sp", "aud": ENDPOINT, "jti": "1", "iat": now, "exp": now + 200});
    signed(key, &header, &otherwise(claims, &changes))
}

/// A key, and an issuer that knows its public half.
fn keyed() -> (EcdsaKeyPair, Issuer) {
    let (key, public) = key_pair();
    let keys = vec![("sp".to_owned(), "kid-1".to_owned(), public)];
    (key, issuer(OAuthConfig { keys, ..OAuthConfig::default() }))
}

fn signed_form(assertion: &str) -> String {
    format!("grant_type=client_credentials&client_assertion_type={JWT_BEARER}&client_assertion={assertion}")
}

#[test]
fn an_assertion_is_good_once() {
    let (key, issuer) = keyed();
    let form = signed_form(&assertion(&key, json!({"alg": "ES256", "kid": "kid-1"}), json!({})));
    let issued = issuer.grant(&request(None, &form)).unwrap();
    assert!(issuer.knows(&issued.token, Purpose::Api));
    assert_eq!(issuer.grant(&request(None, &form)).unwrap_err(), INVALID_CLIENT);
}

/// RFC 7523, section 3.
#[test]
fn an_assertion_that_has_just_ended_is_good_once() {
    let (key, issuer) = keyed();
    let ended = json!({"exp": now().as_secs() - 5});
    let form = signed_form(&assertion(&key, json!({"alg": "ES256", "kid": "kid-1"}), ended));
    assert!(issuer.grant(&request(None, &form)).is_ok());
    assert_eq!(issuer.grant(&request(None, &form)).unwrap_err(), INVALID_CLIENT);
}

#[rstest]
#[case::other_key_id(json!({"alg": "ES256", "kid": "kid-2"}), json!({}))]
#[case::other_algorithm(json!({"alg": "ES384", "kid": "kid-1"}), json!({}))]
#[case::no_algorithm(json!({"alg": "none", "kid": "kid-1"}), json!({}))]
#[case::other_client(json!({"alg": "ES256", "kid": "kid-1"}), json!({"iss": "other", "sub": "other"}))]
#[case::other_subject(json!({"alg": "ES256", "kid": "kid-1"}), json!({"sub": "other"}))]
#[case::other_audience(json!({"alg": "ES256", "kid": "kid-1"}), json!({"aud": "http://127.0.0.1:1/oidc"}))]
#[case::ended(json!({"alg": "ES256", "kid": "kid-1"}), json!({"exp": 1000}))]
#[case::too_long(json!({"alg": "ES256", "kid": "kid-1"}), json!({"exp": 99_999_999_999_u64}))]
fn an_assertion_that_says_otherwise_proves_nothing(#[case] header: Value, #[case] changes: Value) {
    let (key, issuer) = keyed();
    let form = signed_form(&assertion(&key, header, changes));
    assert_eq!(issuer.grant(&request(None, &form)).unwrap_err(), INVALID_CLIENT);
}

#[test]
fn an_assertion_of_another_key_proves_nothing() {
    let ((_, issuer), (other, _)) = (keyed(), keyed());
    let form = signed_form(&assertion(&other, json!({"alg": "ES256", "kid": "kid-1"}), json!({})));
    assert_eq!(issuer.grant(&request(None, &form)).unwrap_err(), INVALID_CLIENT);
}

#[test]
fn a_key_that_is_none_is_named() {
    let keys = vec![("sp".to_owned(), "kid-1".to_owned(), "no PEM".to_owned())];
    let error = Issuer::new(OAuthConfig { keys, ..OAuthConfig::default() }, String::new()).err().unwrap();
    assert!(error.starts_with("the public key kid-1 of sp is not one"), "{error}");
}
