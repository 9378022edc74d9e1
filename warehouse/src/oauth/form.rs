//! The fields of forms and queries, and of `Authorization: Basic`.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

/// The fields of a form or a query.
pub(super) struct Form(HashMap<String, Vec<String>>);

impl Form {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut fields: HashMap<_, Vec<_>> = HashMap::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            fields.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self(fields)
    }

    /// A field that is there once; one without a value counts as left out: RFC 6749, section 3.2.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        match self.0.get(name)?.as_slice() {
            [value] if !value.is_empty() => Some(value),
            _ => None,
        }
    }

    /// Whether no field is given twice: RFC 6749, section 3.2.
    pub(super) fn is_unambiguous(&self) -> bool {
        self.0.values().all(|values| values.len() == 1)
    }
}

/// What the id and secret of `Basic …` may be: written as in a form, as RFC 6749, section 2.3.1, wants it, and as they stand, as databricks-sdk
/// sends them.
pub(super) fn basic(header: &str) -> Vec<(String, String)> {
    let pair = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let pair = pair.and_then(|(_, encoded)| String::from_utf8(STANDARD.decode(encoded).ok()?).ok());
    let Some((id, secret)) = pair.as_deref().and_then(|pair| pair.split_once(':')) else { return Vec::new() };
    let decoded = |text: &str| {
        form_urlencoded::parse(format!("v={text}").as_bytes())
            .next()
            .map_or(String::new(), |(_, value)| value.into_owned())
    };
    vec![(decoded(id), decoded(secret)), (id.to_owned(), secret.to_owned())]
}
