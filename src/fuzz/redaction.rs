use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::transport::redact::{Known, MARKER, redact};

/// What no input contains but where this puts it.
pub(crate) const CORE: &str = "Zq7xKw3Lm9Vt5Rb1Ns8Jd4Hp";

/// Secrets that are known by their form alone.
pub(crate) const FORMS: [fn(&str) -> String; 9] = [
    |core| format!("Bearer {core}"),
    |core| format!("dapi{core}"),
    |core| format!("eyJhbGciOiJSUzI1NiJ9.{core}.{core}"),
    |core| format!("https://s.example/p?sig={core}"),
    |core| format!("https://s.example/{core}?x"),
    |core| format!("https://b.blob.core.windows.net/{core}"),
    |core| format!("&X-Amz-Security-Token={core}"),
    |core| format!(" \"client_secret\": \"{core}\""),
    |core| format!("https://user:{core}@proxy.example/"),
];

/// A known secret on the first line, then text, in which `{}` stands for a secret: known ones in every spelling, and
/// those that are known by their form. None of them is in what is left, and redacting twice changes nothing.
pub fn redaction(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let (secret, text) = input.split_once('\n').unwrap_or(("", input));
    let secret = secret.trim();
    if has_part_of_core(input) {
        return;
    }
    for form in FORMS {
        let redacted = redact(&text.replace("{}", &form(CORE)));
        assert!(!has_part_of_core(&redacted), "{redacted:?}");
        assert_eq!(redact(&redacted), redacted, "a second time");
    }

    let known = Known::new(secret);
    if !known.is(secret) {
        return;
    }
    let spellings = [
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        serde_json::Value::from(secret).to_string(),
        STANDARD_NO_PAD.encode(format!("a:{secret}")),
        STANDARD_NO_PAD.encode(format!("user:{secret}")),
    ];
    for spelling in &spellings {
        let redacted = redact(&text.replace("{}", spelling));
        // Between the marks, for a mark may spell a word that is a secret.
        assert!(redacted.split(MARKER).all(|piece| !piece.contains(secret)), "{secret:?} is in {redacted:?}");
        assert!(secret.contains(['[', ']']) || redact(&redacted) == redacted, "{redacted:?} changes a second time");
    }
}

pub(crate) fn has_part_of_core(text: &str) -> bool {
    (8..=CORE.len()).any(|end| text.contains(&CORE[end - 8..end]))
}
