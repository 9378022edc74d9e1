//! How much of a reply is read: what its text becomes has limits like the text itself, for few bytes may stand for large values.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The most columns of a result, and cells of a row.
pub(super) const MOST_COLUMNS: usize = 1 << 16;
/// The most chunks of a result: of 100 GiB they have 100 KiB and more.
pub(super) const MOST_CHUNKS: usize = 1 << 20;
/// The most links of a reply.
pub(super) const MOST_LINKS: usize = 1 << 16;
/// The most headers of a link.
const MOST_HEADERS: usize = 100;
/// The most memory for the rows of a reply, in bytes.
const MOST_ROW_BYTES: usize = 256 << 20;
/// What each allocation takes beside its bytes.
const ALLOCATION: usize = 16;

/// Reads a list of at most `MOST` elements; null is none.
pub(super) fn at_most<'de, const MOST: usize, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct List<const MOST: usize, T>(PhantomData<T>);

    impl<'de, const MOST: usize, T: Deserialize<'de>> Visitor<'de> for List<MOST, T> {
        type Value = Vec<T>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "a list of at most {MOST} elements")
        }

        fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(element) = elements.next_element()? {
                if list.len() == MOST {
                    return Err(Error::custom(format_args!("a list has more than {MOST} elements")));
                }
                list.push(element);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_any(List::<MOST, T>(PhantomData))
}

/// Reads the headers of a link, where there are any: at most [`MOST_HEADERS`].
pub(super) fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<HashMap<String, String>>, D::Error> {
    struct Headers;

    impl<'de> Visitor<'de> for Headers {
        type Value = Option<HashMap<String, String>>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object of texts")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut headers = HashMap::new();
            while let Some((name, value)) = entries.next_entry()? {
                if headers.len() == MOST_HEADERS {
                    return Err(Error::custom(format_args!("a link has more than {MOST_HEADERS} headers")));
                }
                headers.insert(name, value);
            }
            Ok(Some(headers))
        }
    }

    deserializer.deserialize_any(Headers)
}

/// Rows of text, as many as their memory may hold.
#[derive(Clone, Default)]
pub(crate) struct TextRows(pub(crate) Vec<Vec<Option<String>>>);

impl<'de> Deserialize<'de> for TextRows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(transparent)]
        struct Row(#[serde(deserialize_with = "at_most::<MOST_COLUMNS, _, _>")] Vec<Option<String>>);

        struct Rows;

        impl<'de> Visitor<'de> for Rows {
            type Value = TextRows;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("rows of text")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<TextRows, A::Error> {
                let (mut rows, mut left) = (Vec::new(), MOST_ROW_BYTES);
                while let Some(Row(cells)) = elements.next_element()? {
                    let too_many = || Error::custom(format_args!("its rows need more than {MOST_ROW_BYTES} bytes"));
                    left = left.checked_sub(size(&cells)).ok_or_else(too_many)?;
                    rows.push(cells);
                }
                Ok(TextRows(rows))
            }
        }

        deserializer.deserialize_seq(Rows)
    }
}

/// About how much memory a row takes.
fn size(cells: &Vec<Option<String>>) -> usize {
    let texts: usize = cells.iter().flatten().map(|text| text.len() + ALLOCATION).sum();
    size_of::<Vec<Option<String>>>() + cells.capacity() * size_of::<Option<String>>() + ALLOCATION + texts
}
