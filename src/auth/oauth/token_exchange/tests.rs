use rstest::rstest;

use super::*;

// {"alg":"RS256"} . {"iss":"https://idp.example"} . sig
const SIGNED: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIn0.c2ln";

fn workload(token: IdentityToken) -> WorkloadIdentity {
    WorkloadIdentity { token, client_id: Some("sp-1".to_owned()), audience: None }
}

#[tokio::test]
async fn a_file_is_read_at_each_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let workload = workload(IdentityToken::File { path: path.to_str().unwrap().to_owned() });
    let http = Http::for_tests();
    let missing = workload.token(&http, "aud").await.unwrap_err();
    assert_eq!(missing.code, Code::Unauthenticated);
    assert!(missing.details.contains(path.to_str().unwrap()), "{}", missing.details);
    for token in [SIGNED.to_owned(), SIGNED.replace("c2ln", "b3RoZXI")] {
        std::fs::write(&path, format!("{token}\n")).unwrap();
        assert_eq!(workload.token(&http, "aud").await.unwrap(), SubjectToken::new(&token, Some("sp-1".to_owned())));
    }
    std::fs::write(&path, "no token\n").unwrap();
    let unsigned = workload.token(&http, "aud").await.unwrap_err();
    assert_eq!(unsigned.code, Code::Unauthenticated);
    assert!(!unsigned.details.contains("no token\n"), "{}", unsigned.details);
}

#[rstest]
#[case::variable(IdentityToken::Variable { name: "NO_SUCH_VARIABLE_OF_A_TOKEN".to_owned() }, "NO_SUCH_VARIABLE_OF_A_TOKEN")]
#[case::github(IdentityToken::GitHub, "id-token: write")]
#[tokio::test]
async fn a_variable_that_is_not_set_is_named(#[case] token: IdentityToken, #[case] named: &str) {
    let error = workload(token).token(&Http::for_tests(), "aud").await.unwrap_err();
    assert_eq!(error.code, Code::Unauthenticated);
    assert!(error.details.contains(named), "{}", error.details);
}

#[test]
fn debug_shows_no_token() {
    let shown = format!("{:?}", SubjectToken::new(SIGNED, None));
    assert_eq!(shown, "SubjectToken { principal: None, .. }");
}
