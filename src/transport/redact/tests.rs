use std::time::{Duration, Instant};

use proptest::prelude::*;
use rstest::rstest;

use super::redact;
use crate::fuzz::redaction::FORMS;

const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl";

#[rstest]
#[case::bearer("Authorization: Bearer abc.def-1", "Authorization: Bearer [redacted]")]
#[case::bearer_any_case("bEARER  s3cret, next", "bEARER  [redacted], next")]
#[case::bearer_quoted("header 'Bearer s3cret'", "header 'Bearer [redacted]'")]
#[case::bearer_named("invalid bearer token: s3cret (x)", "invalid bearer token: [redacted] (x)")]
#[case::bearer_twice("Bearer Bearer s3cret", "Bearer Bearer [redacted]")]
#[case::bearer_swallowed("sig=aBearer s3cret", "sig=[redacted]Bearer [redacted]")]
#[case::bearer_spoken("The bearer token is missing.", "The bearer token is missing.")]
#[case::personal_token("token dapi0123456789abcdef-2 expired", "token [redacted] expired")]
#[case::personal_token_inside("xdapi0123456789abcdef", "x[redacted]")]
#[case::dapi_word("the dapi team", "the dapi team")]
#[case::jwt(&format!("got {JWT} back"), "got [redacted] back")]
#[case::jwt_like_name("keyJoinColumn is unknown", "keyJoinColumn is unknown")]
#[case::presigned(
    "GET https://store.example:8443/r/8f3c?X-Amz-Signature=a%2Fb&X-Amz-Date=1 failed",
    "GET https://store.example:8443/[redacted] failed"
)]
#[case::presigned_json(r#"{"u":"https://s.example/a?x=1\u0026sig=abc"}"#, r#"{"u":"https://s.example/[redacted]"}"#)]
#[case::presigned_escaped_json(r#"\"https://s.example/a?sig=abc\", 1"#, r#"\"https://s.example/[redacted]\", 1"#)]
#[case::presigned_without_path("https://s.example?sig=abc", "https://s.example/[redacted]")]
#[case::store_path(
    "at https://b.s3.eu-west-1.amazonaws.com/part-0.arrow: 403",
    "at https://b.s3.eu-west-1.amazonaws.com/[redacted] 403"
)]
#[case::proxy_password(
    "proxy http://user:pass@proxy.example:3128 refused",
    "proxy http://[redacted]@proxy.example:3128 refused"
)]
#[case::token_as_host("https://dapi0123456789abcdef/x?y", "https://[redacted]/[redacted]")]
#[case::documentation(
    "see https://docs.example/errors/42P01#missing.",
    "see https://docs.example/errors/42P01#missing."
)]
#[case::relative("/r/8f3c?a=1&sig=a%2Fb&se=2026-01-01&b=2", "/r/8f3c?a=1&sig=[redacted]&se=[redacted]&b=2")]
#[case::escaped_ampersand(r"a=1\u0026sig=abc", r"a=1\u0026sig=[redacted]")]
#[case::oauth_form("grant_type=x&client_secret=s3cret&scope=sql", "grant_type=x&client_secret=[redacted]&scope=sql")]
#[case::oauth_json(
    r#"{"access_token": "a,b c", "expires_in": 3600}"#,
    r#"{"access_token": "[redacted]", "expires_in": 3600}"#
)]
#[case::oauth_escaped_json(r#"{\"access_token\":\"abc\"}"#, r#"{\"access_token\":\"[redacted]\"}"#)]
#[case::basic("Authorization: Basic dXNlcjpwYXNz, next", "Authorization: Basic [redacted], next")]
#[case::basic_padded("basic dXNlcjpwYQ==", "basic [redacted]")]
#[case::basic_spoken("Basic authentication is off", "Basic authentication is off")]
#[case::sign_in(
    "grant_type=authorization_code&code=SplxlOBeZQQYbYS6&code_verifier=dBjftJeZ4CVP",
    "grant_type=authorization_code&code=[redacted]&code_verifier=[redacted]"
)]
#[case::page_to_sign_in_on(
    "open https://h.example/oidc/v1/authorize?response_type=code&client_id=a&state=S1&code_challenge=C2 now",
    "open https://h.example/oidc/v1/authorize?response_type=code&client_id=a&state=S1&code_challenge=C2 now"
)]
#[case::page_with_a_secret(
    "https://h.example/a?response_type=code&token=abc&code_challenge=C2",
    "https://h.example/a?response_type=code&token=[redacted]&code_challenge=C2"
)]
#[case::sign_in_json(r#"{"code": "Splxl4OBeZ"}"#, r#"{"code": "[redacted]"}"#)]
#[case::code_of_an_error(
    "code=SqlError status code=403 code=42P01 code=NOT_FOUND",
    "code=SqlError status code=403 code=42P01 code=NOT_FOUND"
)]
#[case::key(
    "passphrase=a1&refresh_token=b2&client_assertion=c3",
    "passphrase=[redacted]&refresh_token=[redacted]&client_assertion=[redacted]"
)]
#[case::harmless_names("config=1 phase=2 X-Request-Id=3", "config=1 phase=2 X-Request-Id=3")]
#[case::sql("[TABLE_OR_VIEW_NOT_FOUND] `a`.`b` SQLSTATE: 42P01", "[TABLE_OR_VIEW_NOT_FOUND] `a`.`b` SQLSTATE: 42P01")]
#[case::empty("", "")]
#[case::other_scripts("Größe 日本 Bearer ß3", "Größe 日本 Bearer [redacted]")]
fn redact_table(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(redact(text), expected);
    assert_eq!(redact(expected), expected, "a second time");
}

#[rstest]
#[case("http://")]
#[case("eyJ")]
#[case("bearer ")]
#[case("\"token\":")]
#[case("dapi")]
#[case("http://a@")]
#[case(" :")]
fn redact_repeated_openings_takes_linear_time(#[case] opening: &str) {
    let text = opening.repeat(1_000_000 / opening.len());
    let start = Instant::now();
    redact(&text);
    assert!(start.elapsed() < Duration::from_secs(5), "a quadratic scan takes minutes");
}

/// Text out of pieces that open a secret, and of anything.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Bearer ".to_owned()),
        Just("bearer token=".to_owned()),
        Just("https://".to_owned()),
        Just("http://a:b@h/".to_owned()),
        Just("sig=".to_owned()),
        Just("\\u0026".to_owned()),
        Just("dapi12345678".to_owned()),
        Just("eyJhbGciOiJSUzI".to_owned()),
        Just("\"token\":\"".to_owned()),
        Just("[redacted]".to_owned()),
        "[-a-zA-Z .,:;=?&/@'\"\\\\#]{0,6}",
        "\\PC{0,4}",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A secret core, and a text in which it is recognisable.
fn secret() -> impl Strategy<Value = (String, String)> {
    ("[a-zA-Z0-9]{24}", 0..FORMS.len()).prop_map(|(core, form)| {
        let text = FORMS[form](&core);
        (core, text)
    })
}

proptest! {
    #[test]
    fn redact_any_text_is_stable(text in text()) {
        let once = redact(&text);
        prop_assert_eq!(redact(&once), once);
    }

    #[test]
    fn redact_secret_in_any_text_never_survives(before in text(), (core, secret) in secret(), after in text()) {
        let redacted = redact(&format!("{before}{secret}{after}"));
        prop_assert!(!redacted.contains(&core), "{redacted}");
    }
}
