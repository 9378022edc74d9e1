//! Metadata: SQL that asks, and the answers in the JDBC shapes.

mod answer;
mod fetch;
mod pattern;
mod rows;
mod sql;

pub(crate) use fetch::{Request, fetch};

/// A question about what the warehouse holds.
///
/// Patterns are SQL LIKE: `%` (or `*`) for any characters, `_` for one, `\` before either for itself, letter case ignored; absent or empty for
/// all. A catalog is an exact name but for tables, where it is such a pattern; absent or empty for all (for functions: the session's current one).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MetadataQuery {
    Catalogs,
    Schemas {
        catalog: Option<String>,
        schema_pattern: Option<String>,
    },
    Tables {
        catalog_pattern: Option<String>,
        schema_pattern: Option<String>,
        table_pattern: Option<String>,
        /// The types to keep, in any letter case; absent for all, empty for nothing.
        table_types: Option<Vec<String>>,
    },
    Columns {
        catalog: Option<String>,
        schema_pattern: Option<String>,
        table_pattern: Option<String>,
        column_pattern: Option<String>,
    },
    TableTypes,
    TypeInfo,
    PrimaryKeys {
        catalog: String,
        schema: String,
        table: String,
    },
    /// The foreign keys of one table; the parent's names, in any letter case, narrow them down.
    ForeignKeys {
        parent_catalog: Option<String>,
        parent_schema: Option<String>,
        parent_table: Option<String>,
        foreign_catalog: String,
        foreign_schema: String,
        foreign_table: String,
    },
    Functions {
        catalog: Option<String>,
        schema_pattern: Option<String>,
        function_pattern: Option<String>,
    },
    Procedures {
        catalog: Option<String>,
        schema_pattern: Option<String>,
        procedure_pattern: Option<String>,
    },
}

#[cfg(test)]
mod tests;
