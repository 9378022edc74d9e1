use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, KeyPair as _, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use rstest::rstest;

use super::*;
use crate::error::Code;

// Made for these tests, and used nowhere else.
const RSA: &str = include_str!("../../../../tests/keys/rsa.pem");
const RSA_PKCS1: &str = include_str!("../../../../tests/keys/rsa-pkcs1.pem");
const RSA_PBKDF2: &str = include_str!("../../../../tests/keys/rsa-pbkdf2.pem");
const RSA_SCRYPT: &str = include_str!("../../../../tests/keys/rsa-scrypt.pem");
const RSA_OLD: &str = include_str!("../../../../tests/keys/rsa-old.pem");
const P256: &str = include_str!("../../../../tests/keys/p256.pem");
const P256_SEC1: &str = include_str!("../../../../tests/keys/p256-sec1.pem");
const P384: &str = include_str!("../../../../tests/keys/p384.pem");
const PASSPHRASE: &str = "open-sesame";

fn key(pem: &str, algorithm: Option<&str>, passphrase: Option<&str>) -> Result<PrivateKey> {
    let secret = |text: &str| Secret::new(text.to_owned());
    let key = SigningKey {
        pem: secret(pem),
        kid: "kid-1".to_owned(),
        algorithm: algorithm.map(str::to_owned),
        passphrase: passphrase.map(secret),
    };
    PrivateKey::new("sp".to_owned(), &key)
}

fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

#[rstest]
#[case::rs256("RS256", RSA, &RSA_PKCS1_2048_8192_SHA256)]
#[case::rs384("RS384", RSA, &RSA_PKCS1_2048_8192_SHA384)]
#[case::rs512("RS512", RSA, &RSA_PKCS1_2048_8192_SHA512)]
#[case::ps256("PS256", RSA, &RSA_PSS_2048_8192_SHA256)]
#[case::ps384("PS384", RSA, &RSA_PSS_2048_8192_SHA384)]
#[case::ps512("PS512", RSA, &RSA_PSS_2048_8192_SHA512)]
#[case::es256("ES256", P256, &ECDSA_P256_SHA256_FIXED)]
#[case::es384("ES384", P384, &ECDSA_P384_SHA384_FIXED)]
fn an_assertion_is_signed_and_says_who_for_whom_and_how_long(
    #[case] algorithm: &str,
    #[case] pem: &str,
    #[case] verification: &'static dyn VerificationAlgorithm,
) {
    let key = key(pem, Some(algorithm), None).unwrap();
    let endpoint = Url::parse("https://w.databricks.com/oidc/v1/token").unwrap();
    let assertion = key.assertion(&endpoint, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_010)).unwrap();
    let parts: Vec<&str> = assertion.split('.').collect();
    let public = match &*key.signer {
        Signer::Rsa(pair, _) => pair.public().as_ref().to_vec(),
        Signer::Ec(pair) => pair.public_key().as_ref().to_vec(),
    };
    let signed = format!("{}.{}", parts[0], parts[1]);
    UnparsedPublicKey::new(verification, public).verify(signed.as_bytes(), &decoded(parts[2])).unwrap();
    let header: Value = serde_json::from_slice(&decoded(parts[0])).unwrap();
    assert_eq!(header, json!({"typ": "JWT", "alg": algorithm, "kid": "kid-1"}));
    let mut claims: Value = serde_json::from_slice(&decoded(parts[1])).unwrap();
    let id = claims["jti"].take();
    assert_eq!(
        claims,
        json!({"iss": "sp", "sub": "sp", "aud": endpoint.as_str(), "jti": null, "iat": 1_000_000, "exp": 1_000_300})
    );
    assert_eq!(decoded(id.as_str().unwrap()).len(), 16);
    assert_ne!(key.assertion(&endpoint, SystemTime::now()).unwrap(), assertion);
}

#[rstest]
#[case::pkcs1(RSA_PKCS1, None)]
#[case::pbkdf2(RSA_PBKDF2, Some(PASSPHRASE))]
#[case::scrypt(RSA_SCRYPT, Some(PASSPHRASE))]
#[case::text_before(&format!("Bag Attributes\n  friendlyName: x\n{RSA}"), None)]
fn a_key_is_read_in_every_form(#[case] pem: &str, #[case] passphrase: Option<&str>) {
    let (one, other) = (key(pem, None, passphrase).unwrap(), key(RSA, None, None).unwrap());
    let modulus = |key: &PrivateKey| match &*key.signer {
        Signer::Rsa(pair, _) => pair.public().as_ref().to_vec(),
        Signer::Ec(_) => panic!("it is an RSA key"),
    };
    assert_eq!(modulus(&one), modulus(&other));
}

#[rstest]
#[case::other_algorithm(RSA, Some("ES512"), None, "the algorithm \"ES512\" is not one")]
#[case::symmetric(RSA, Some("HS256"), None, "the algorithm \"HS256\" is not one")]
#[case::rsa_for_ec(RSA, Some("ES256"), None, "the private key is not a key of the curve that ES256 can sign with")]
#[case::pkcs1_for_ec(RSA_PKCS1, Some("ES256"), None, "the private key is an RSA key, which ES256 cannot sign with")]
#[case::ec_for_rsa(P256, None, None, "the private key is not an RSA key that RS256 can sign with")]
#[case::other_curve(P384, Some("ES256"), None, "the private key is not a key of the curve that ES256 can sign with")]
#[case::sec1(P256_SEC1, Some("ES256"), None, "the private key is of a form that is not read: convert it, ")]
#[case::old_encryption(
    RSA_OLD,
    None,
    Some(PASSPHRASE),
    "the private key is encrypted in OpenSSL's old form: convert it, "
)]
#[case::no_passphrase(RSA_PBKDF2, None, None, "the private key is encrypted: pass its passphrase")]
#[case::wrong_passphrase(RSA_PBKDF2, None, Some("open-barley"), "the private key could not be decrypted: ")]
#[case::needless_passphrase(
    RSA,
    None,
    Some(PASSPHRASE),
    "a passphrase was passed, and the private key is not encrypted"
)]
#[case::no_pem("dapi-not-a-key", None, None, "the private key is not PEM: ")]
#[case::certificate(
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    None,
    None,
    "the private key is not PEM: "
)]
#[case::damaged(&RSA_PBKDF2[..600], None, Some(PASSPHRASE), "the encrypted private key is damaged, ")]
fn a_key_that_cannot_be_used_is_refused_with_what_to_do(
    #[case] pem: &str,
    #[case] algorithm: Option<&str>,
    #[case] passphrase: Option<&str>,
    #[case] details: &str,
) {
    let error = key(pem, algorithm, passphrase).unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert!(error.details.starts_with(details), "{}", error.details);
    assert!(!error.details.contains("open-") && !error.details.contains("MII"));
}

#[test]
fn keys_are_the_same_when_all_of_them_is() {
    let first = key(RSA, None, None).unwrap();
    assert_eq!(first, key(RSA, Some("RS256"), None).unwrap());
    assert_ne!(first, key(RSA, Some("PS256"), None).unwrap());
    assert!(!format!("{first:?}").contains("MII"));
}
