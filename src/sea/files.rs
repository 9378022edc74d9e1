//! The JSON about the files of volumes.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::wire::{lenient_i64, or_default};

/// What the calls that make links ask with.
#[derive(Serialize)]
pub(super) struct FilePath<'a> {
    pub(super) path: &'a str,
}

/// Where one file can be written, read or removed, without credentials. URL and headers are secrets.
#[derive(Clone, Deserialize)]
pub(crate) struct FileLink {
    pub(crate) url: String,
    #[serde(default, deserialize_with = "headers")]
    pub(crate) headers: HashMap<String, String>,
}

impl std::fmt::Debug for FileLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileLink").finish_non_exhaustive()
    }
}

/// A part of what is in a folder; an empty folder answers no `files` at all.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FolderPage {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) files: Vec<FileInfo>,
    #[serde(default)]
    pub(crate) next_page_token: Option<String>,
}

/// A file or folder.
#[derive(Debug, Deserialize)]
pub(crate) struct FileInfo {
    pub(crate) path: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_dir: bool,
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) file_size: Option<i64>,
    /// Milliseconds since 1970.
    #[serde(default, deserialize_with = "lenient_i64")]
    pub(crate) modification_time: Option<i64>,
}

fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HashMap<String, String>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?.unwrap_or_default();
    headers_of(&value).ok_or_else(|| serde::de::Error::custom("the headers of a link have an unknown form"))
}

/// A link's headers in the forms that servers use: an object, a list of objects, a list of `{"name", "value"}`, nothing, or any of these as text.
pub(crate) fn headers_of(value: &Value) -> Option<HashMap<String, String>> {
    match value {
        Value::Null => Some(HashMap::new()),
        Value::String(text) if text.trim().is_empty() => Some(HashMap::new()),
        Value::String(text) => headers_of(&serde_json::from_str(text).ok().filter(|value: &Value| !value.is_string())?),
        Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(headers_of).collect();
            Some(items?.into_iter().flatten().collect())
        }
        Value::Object(members) => match (members.get("name"), members.get("value")) {
            (Some(Value::String(name)), Some(Value::String(value))) if members.len() == 2 => {
                Some(HashMap::from([(name.clone(), value.clone())]))
            }
            _ => members.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect(),
        },
        Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::absent(json!({"url": "u"}), &[])]
    #[case::null(json!({"url": "u", "headers": null}), &[])]
    #[case::object(json!({"url": "u", "headers": {"a": "1", "b": "2"}}), &[("a", "1"), ("b", "2")])]
    #[case::pairs(json!({"url": "u", "headers": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]}), &[("a", "1"), ("b", "2")])]
    #[case::objects(json!({"url": "u", "headers": [{"a": "1"}, {"b": "2"}]}), &[("a", "1"), ("b", "2")])]
    #[case::text(json!({"url": "u", "headers": "{\"a\": \"1\"}"}), &[("a", "1")])]
    #[case::wrapped_text(json!({"url": "u", "headers": "[{\"a\": \"1\"}]"}), &[("a", "1")])]
    #[case::text_of_nothing(json!({"url": "u", "headers": "[]"}), &[])]
    #[case::empty_text(json!({"url": "u", "headers": " "}), &[])]
    #[case::a_header_called_name(json!({"url": "u", "headers": {"name": "1"}}), &[("name", "1")])]
    fn headers_are_read_in_every_form(#[case] link: Value, #[case] expected: &[(&str, &str)]) {
        let link: FileLink = serde_json::from_value(link).unwrap();
        let expected = expected.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert_eq!(link.headers, expected);
    }

    #[rstest]
    #[case::number(json!(1))]
    #[case::value_that_is_no_text(json!({"a": 1}))]
    #[case::other_text(json!("{a=1}"))]
    #[case::text_of_text(json!("\"a\""))]
    fn headers_of_an_unknown_form_are_refused(#[case] headers: Value) {
        serde_json::from_value::<FileLink>(json!({"url": "u", "headers": headers})).unwrap_err();
    }

    #[test]
    fn folder_is_read_leniently() {
        let page: FolderPage = serde_json::from_value(json!({"files": [
            {"path": "/Volumes/c/s/v/a", "name": "a", "is_dir": false, "file_size": "7", "modification_time": 1_700_000_000_000_i64},
            {"path": "/Volumes/c/s/v/d", "is_dir": true}
        ]}))
        .unwrap();
        assert_eq!((page.files[0].file_size, page.files[0].modification_time), (Some(7), Some(1_700_000_000_000)));
        assert_eq!((page.files[1].is_dir, page.files[1].file_size), (true, None));
        for empty in [json!({}), json!({"files": null, "next_page_token": null}), json!({"files": []})] {
            assert!(serde_json::from_value::<FolderPage>(empty).unwrap().files.is_empty());
        }
        let unnamed: FileInfo = serde_json::from_value(json!({"path": "/d", "name": null, "is_dir": null})).unwrap();
        assert_eq!((unnamed.name.as_str(), unnamed.is_dir), ("", false));
    }

    #[test]
    fn link_is_hidden_from_prints() {
        let link: FileLink = serde_json::from_value(json!({"url": "s3cret", "headers": {"a": "s3cret"}})).unwrap();
        assert!(!format!("{link:?}").contains("s3cret"));
    }
}
