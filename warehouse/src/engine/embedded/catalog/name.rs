//! Names of tables.

use std::fmt;

use crate::engine::embedded::errors;

/// A table's full name, in the lower case in which names are kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The catalog.
    pub catalog: String,
    /// The schema.
    pub schema: String,
    /// The table or view.
    pub table: String,
}

impl TableName {
    /// The name made of these parts, in any letter case.
    pub fn new(catalog: &str, schema: &str, table: &str) -> Self {
        Self { catalog: catalog.to_lowercase(), schema: schema.to_lowercase(), table: table.to_lowercase() }
    }
}

impl TableName {
    /// The name as statements write it: parts in backticks where they need them.
    pub(crate) fn written(&self) -> String {
        [&self.catalog, &self.schema, &self.table].map(|part| written(part)).join(".")
    }
}

impl fmt::Display for TableName {
    /// The name as messages show it: every part in backticks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&errors::quote(&[&self.catalog, &self.schema, &self.table]))
    }
}

/// An identifier, in backticks when it is more than letters, digits and `_`.
pub(crate) fn written(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { quoted(name) }
}

/// An identifier in backticks.
pub(crate) fn quoted(name: &str) -> String {
    errors::quote(&[name])
}
