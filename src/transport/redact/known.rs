//! Secrets that are known: they are cut out of texts by their value, in every spelling that a server may echo them in.

use std::borrow::Cow;
use std::sync::{Arc, Weak};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::MARKER;
use crate::fork::PerProcess;

/// What is shorter may be a word, as is what the mark says: cutting it out would harm texts and hide nothing.
const SHORTEST: usize = 6;
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Keeps a secret known. It is forgotten with the last clone.
#[derive(Clone)]
pub(crate) struct Known(Option<Arc<Spellings>>);

/// The longest first: no spelling is cut in half by another one.
struct Spellings(Vec<Zeroizing<String>>);

/// The secrets of this process. A forked child begins with none, and waits for no lock of its parent's.
static SECRETS: PerProcess<Vec<Weak<Spellings>>> = PerProcess::new();

impl Known {
    pub(crate) fn new(secret: &str) -> Self {
        let secret = secret.trim();
        if secret.len() < SHORTEST || MARKER.contains(secret) {
            return Self(None);
        }
        let spellings = Arc::new(Spellings::of(secret));
        let mut secrets = SECRETS.lock();
        secrets.retain(|secret| secret.strong_count() > 0);
        secrets.push(Arc::downgrade(&spellings));
        Self(Some(spellings))
    }

    /// Whether this is the secret.
    pub(crate) fn is(&self, secret: &str) -> bool {
        self.0.as_ref().is_some_and(|spellings| spellings.0.iter().any(|spelling| spelling.as_str() == secret))
    }
}

impl Spellings {
    fn of(secret: &str) -> Self {
        let mut all = vec![secret.to_owned()];
        for set in [NON_ALPHANUMERIC, UNRESERVED] {
            let escaped = utf8_percent_encode(secret, set).to_string();
            all.push(lower_escapes(&escaped));
            all.push(escaped);
        }
        let json = serde_json::Value::from(secret).to_string();
        let json = json.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
        all.push(json.replace('/', "\\/"));
        all.push(json);
        // Beside other bytes, as in `user:secret`, it begins in one of three places of a group.
        for (before, unknown) in [(0, 0), (1, 2), (2, 3)] {
            let bytes = [&vec![0; before], secret.as_bytes()].concat();
            let encoded = STANDARD_NO_PAD.encode(&bytes);
            let known = &encoded[unknown..bytes.len() * 8 / 6];
            if known.len() >= SHORTEST {
                all.push(known.replace('+', "-").replace('/', "_"));
                all.push(known.to_owned());
            }
        }
        all.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        all.dedup();
        Self(all.into_iter().filter(|spelling| !spelling.is_empty()).map(Zeroizing::new).collect())
    }
}

/// `text` without what is known to be secret.
pub(super) fn without_known(text: &str) -> Cow<'_, str> {
    // Locked to the end: a secret is held for no longer than somebody else holds it.
    let secrets = SECRETS.lock();
    let mut text = Cow::Borrowed(text);
    for secret in secrets.iter().filter_map(Weak::upgrade) {
        for spelling in &secret.0 {
            if text.contains(spelling.as_str()) {
                text = Cow::Owned(text.replace(spelling.as_str(), MARKER));
            }
        }
    }
    text
}

/// `%2F` as `%2f`.
fn lower_escapes(escaped: &str) -> String {
    let mut parts = escaped.split('%');
    let mut lowered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        lowered.push('%');
        lowered.push_str(&part[..2].to_ascii_lowercase());
        lowered.push_str(&part[2..]);
    }
    lowered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::redact;
    use super::*;

    proptest! {
        #[test]
        fn known_secret_appears_in_no_text_however_it_is_spelled(
            secret in "[ -~]{12,60}",
            before in "[a-z :,.]{0,20}",
            after in "[a-z :,.]{0,20}",
        ) {
            prop_assume!(!secret.starts_with(' ') && !secret.ends_with(' '));
            let _known = Known::new(&secret);
            let spellings = [
                secret.clone(),
                utf8_percent_encode(&secret, NON_ALPHANUMERIC).to_string(),
                utf8_percent_encode(&secret, UNRESERVED).to_string().to_ascii_lowercase(),
                serde_json::Value::from(secret.as_str()).to_string(),
                STANDARD_NO_PAD.encode(format!("a:{secret}")),
                STANDARD_NO_PAD.encode(format!("{secret}:b")),
            ];
            for spelling in &spellings {
                let text = redact(&format!("{before}{spelling}{after}"));
                let hidden = text.contains(MARKER) || spelling != &secret && spelling.to_ascii_lowercase() == *spelling;
                prop_assert!(hidden, "{text}");
                prop_assert!(!text.contains(&secret), "{text}");
            }
        }
    }

    #[test]
    fn secret_is_forgotten_with_its_last_clone() {
        let known = Known::new("tok-4711/ab+cd");
        let other = known.clone();
        drop(known);
        assert_eq!(
            redact("got tok-4711/ab+cd, tok-4711%2fab%2bcd, tok-4711%2Fab%2Bcd"),
            "got [redacted], [redacted], [redacted]"
        );
        assert!(other.is("tok-4711/ab+cd"));
        drop(other);
        assert_eq!(redact("got tok-4711/ab+cd"), "got tok-4711/ab+cd");
    }

    #[test]
    fn short_texts_and_the_mark_are_no_secrets() {
        let _known = [Known::new("local"), Known::new("redacted")];
        assert_eq!(redact("a local warehouse [redacted]"), "a local warehouse [redacted]");
    }
}
