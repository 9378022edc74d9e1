//! Query tags: names and values that the query history shows.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::sea::wire::QueryTag;

/// The request's `query_tags`, sorted by key; a tag without a value is a bare key. Errors: `InvalidArgument` for an empty key.
pub(crate) fn to_wire(tags: &HashMap<String, Option<String>>) -> Result<Vec<QueryTag>> {
    if tags.contains_key("") {
        return Err(Error::invalid_argument("a query tag's key is empty"));
    }
    let mut wire: Vec<_> =
        tags.iter().map(|(key, value)| QueryTag { key: key.clone(), value: value.clone() }).collect();
    wire.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(wire)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::error::Code;

    fn tags(pairs: &[(&str, Option<&str>)]) -> HashMap<String, Option<String>> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))).collect()
    }

    #[rstest]
    #[case::none(&[], "[]")]
    #[case::sorted(&[("b", Some("1")), ("a", None), ("é", Some(""))], r#"[{"key":"a"},{"key":"b","value":"1"},{"key":"é","value":""}]"#)]
    #[case::separators(&[("k:", Some("v,\\"))], r#"[{"key":"k:","value":"v,\\"}]"#)]
    fn to_wire_table(#[case] pairs: &[(&str, Option<&str>)], #[case] json: &str) {
        assert_eq!(serde_json::to_string(&to_wire(&tags(pairs)).unwrap()).unwrap(), json);
    }

    #[test]
    fn to_wire_empty_key_is_refused() {
        let error = to_wire(&tags(&[("", Some("x")), ("a", None)])).unwrap_err();
        assert_eq!((error.code, error.details.as_str()), (Code::InvalidArgument, "a query tag's key is empty"));
    }
}
