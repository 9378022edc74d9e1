//! What is known of a table besides its columns and rows.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::TableName;

/// Everything that SHOW, DESCRIBE and `information_schema` tell of a table beyond its Arrow schema.
///
/// NOT NULL is a field that is not nullable; a column's SQL type is its Arrow type, or the field's
/// [`SQL_TYPE_KEY`](crate::engine::embedded::sql_type::SQL_TYPE_KEY) metadata where that says more.
#[derive(Debug, Clone, PartialEq)]
pub struct TableFacts {
    /// What the object is.
    pub kind: TableKind,
    /// The table's comment.
    pub comment: Option<String>,
    /// Column comments by column name.
    pub column_comments: BTreeMap<String, String>,
    /// The declared primary key; informational, never enforced.
    pub primary_key: Option<PrimaryKey>,
    /// The declared foreign keys; informational, never enforced.
    pub foreign_keys: Vec<ForeignKey>,
    /// The columns by which it is partitioned.
    pub partitions: Vec<String>,
    /// Table properties (`TBLPROPERTIES`).
    pub properties: BTreeMap<String, String>,
    /// The data source's name in lower case: `delta`, `parquet`, `csv`, `json`; empty for a view.
    pub format: String,
    /// A view's query.
    pub view_text: Option<String>,
    /// Where the files of an external table are.
    pub location: Option<String>,
    /// When it was created.
    pub created: DateTime<Utc>,
}

impl TableFacts {
    /// The facts of a table made by `CREATE TABLE`.
    pub fn table() -> Self {
        Self::of(TableKind::Managed, "delta")
    }

    /// The facts of a view over the query `text`.
    pub fn view(text: impl Into<String>) -> Self {
        Self { view_text: Some(text.into()), ..Self::of(TableKind::View, "") }
    }

    /// The table properties as they may be shown: what looks like a secret is not.
    pub(crate) fn shown_properties(&self) -> BTreeMap<&str, &str> {
        const SECRET: [&str; 6] = ["secret", "password", "token", "access.key", "accesskey", "url"];
        self.properties
            .iter()
            .map(|(key, value)| {
                let lower = key.to_lowercase();
                let secret = SECRET.iter().any(|word| lower.contains(word));
                (key.as_str(), if secret { "*********(redacted)" } else { value.as_str() })
            })
            .collect()
    }

    pub(super) fn of(kind: TableKind, format: &str) -> Self {
        Self {
            kind,
            comment: None,
            column_comments: BTreeMap::new(),
            primary_key: None,
            foreign_keys: Vec::new(),
            partitions: Vec::new(),
            properties: BTreeMap::new(),
            format: format.to_owned(),
            view_text: None,
            location: None,
            created: Utc::now(),
        }
    }
}

/// What a table-like object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// A table whose rows the warehouse keeps.
    Managed,
    /// A table over files that belong to somebody else.
    External,
    /// A view.
    View,
}

impl TableKind {
    /// The word of DESCRIBE and `information_schema`: `MANAGED`, `EXTERNAL`, `VIEW`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Managed => "MANAGED",
            Self::External => "EXTERNAL",
            Self::View => "VIEW",
        }
    }
}

/// A declared primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// The constraint's name.
    pub name: String,
    /// Its columns in the order of the declaration.
    pub columns: Vec<String>,
}

impl PrimaryKey {
    /// A key of `table`; without a name it is called `TABLE_pk`.
    pub fn new(name: Option<String>, table: &TableName, columns: Vec<String>) -> Self {
        Self { name: name.unwrap_or_else(|| format!("{}_pk", table.table)), columns }
    }
}

/// A declared foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// The referring columns, in the order of the declaration.
    pub columns: Vec<String>,
    /// The table that is referred to.
    pub parent: TableName,
    /// The columns that are referred to, one for each of `columns`.
    pub parent_columns: Vec<String>,
}

impl ForeignKey {
    /// A key of `table` to `parent`; without a name it is called `TABLE_PARENT_fk`.
    pub fn new(
        name: Option<String>,
        table: &TableName,
        columns: Vec<String>,
        parent: TableName,
        parent_columns: Vec<String>,
    ) -> Self {
        let name = name.unwrap_or_else(|| format!("{}_{}_fk", table.table, parent.table));
        Self { name, columns, parent, parent_columns }
    }
}
