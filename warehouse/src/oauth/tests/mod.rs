mod authorization_code;
mod azure;
mod client_credentials;
mod token_exchange;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

use super::*;

const BASE: &str = "http://127.0.0.1:1";
const HOUR: Duration = Duration::from_secs(3600);

fn issuer(config: OAuthConfig) -> Issuer {
    Issuer::new(config, BASE.to_owned()).unwrap()
}

fn request<'a>(authorization: Option<&'a str>, form: &'a str) -> TokenRequest<'a> {
    TokenRequest { base: BASE, authorization, origin: None, form: form.as_bytes() }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// These fields with others instead; an empty one is left out by the rules of forms.
fn with<'a>(mut fields: Vec<(&'a str, &'a str)>, name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    fields.retain(|(known, _)| *known != name);
    fields.push((name, value));
    fields
}

/// A key for ES256, and its public half in PEM.
fn key_pair() -> (EcdsaKeyPair, String) {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let key = EcdsaKeyPair::from_pkcs8(algorithm, pair.serialized_der(), &random).unwrap();
    (key, pair.public_key_pem())
}

fn signed(key: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// These claims with some otherwise; null removes one.
fn otherwise(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}
