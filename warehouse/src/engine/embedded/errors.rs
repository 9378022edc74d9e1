//! What fails, in the words and codes of the reference.

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;

use super::catalog::TableName;
use crate::engine::SqlError;

/// A syntax error.
pub(super) fn syntax(text: impl Into<String>) -> SqlError {
    SqlError::new("PARSE_SYNTAX_ERROR", "42601", text)
}

/// A statement that is larger or deeper than it may be.
pub(super) fn too_complex(text: impl AsRef<str>) -> SqlError {
    let text = format!("The statement, potentially an expression of it, was too complex: {}.", text.as_ref());
    SqlError::new("FAILED_TO_PARSE_TOO_COMPLEX", "54001", text)
}

/// Something of the dialect that this engine has not, by its name.
pub(super) fn unsupported(feature: impl AsRef<str>) -> SqlError {
    SqlError::new(
        "UNSUPPORTED_FEATURE.EMBEDDED_ENGINE",
        "0A000",
        format!(
            "The feature is not supported: {} is not part of the local warehouse's embedded engine.",
            feature.as_ref()
        ),
    )
}

/// A table or view that is not there.
pub(super) fn table_not_found(name: &str) -> SqlError {
    SqlError::new(
        "TABLE_OR_VIEW_NOT_FOUND",
        "42P01",
        format!(
            "The table or view {name} cannot be found. Verify the spelling and correctness of the schema and catalog. \
             To tolerate the error on drop use DROP VIEW IF EXISTS or DROP TABLE IF EXISTS."
        ),
    )
}

/// A name as messages show it: every part in backticks.
pub(super) fn quote<S: AsRef<str>>(parts: &[S]) -> String {
    parts.iter().map(|p| format!("`{}`", p.as_ref().replace('`', "``"))).collect::<Vec<_>>().join(".")
}

/// An error of ours on its way through DataFusion.
pub(super) fn carried(error: SqlError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// An error of ours on its way through an Arrow stream or kernel.
pub(super) fn carried_by_arrow(error: SqlError) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}

/// Division by zero.
pub(super) fn divide_by_zero() -> SqlError {
    SqlError::new(
        "DIVIDE_BY_ZERO",
        "22012",
        "Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead.",
    )
}

/// The remainder of a division by zero.
pub(super) fn remainder_by_zero() -> SqlError {
    SqlError::new(
        "REMAINDER_BY_ZERO",
        "22012",
        "Remainder by zero. Use `try_mod` to tolerate divisor being 0 and return NULL instead.",
    )
}

/// A view that is not there.
pub(super) fn view_not_found(name: &str) -> SqlError {
    SqlError::new(
        "VIEW_NOT_FOUND",
        "42P01",
        format!(
            "The view {name} cannot be found. Verify the spelling and correctness of the schema and catalog. \
             To tolerate the error on drop use DROP VIEW IF EXISTS."
        ),
    )
}

/// A number outside of its type's range, from an arithmetic operation.
pub(super) fn arithmetic_overflow(text: &str) -> SqlError {
    SqlError::new("ARITHMETIC_OVERFLOW", "22003", format!("{text}."))
}

/// A bug, or a failure outside of SQL.
pub(super) fn internal(text: &str) -> SqlError {
    SqlError::new("INTERNAL_ERROR", "XX000", text)
}

/// A catalog that is not there.
pub(super) fn no_such_catalog(name: &str) -> SqlError {
    SqlError::new(
        "NO_SUCH_CATALOG_EXCEPTION",
        "42704",
        format!(
            "Catalog '{name}' was not found. Please verify the catalog name and then retry the query or command again."
        ),
    )
}

/// A schema that is not there.
pub(super) fn schema_not_found(catalog: &str, name: &str) -> SqlError {
    SqlError::new(
        "SCHEMA_NOT_FOUND",
        "42704",
        format!(
            "The schema {} cannot be found. Verify the spelling and correctness of the schema and catalog. \
             To tolerate the error on drop use DROP SCHEMA IF EXISTS.",
            quote(&[catalog, name])
        ),
    )
}

/// A table or view in the place of a new one.
pub(super) fn already_exists(name: &TableName) -> SqlError {
    SqlError::new(
        "TABLE_OR_VIEW_ALREADY_EXISTS",
        "42P07",
        format!(
            "Cannot create table or view {name} because it already exists. Choose a different name, drop or replace \
             the existing object, or add the IF NOT EXISTS clause to tolerate pre-existing objects."
        ),
    )
}

/// A table where a view is needed.
pub(super) fn expected_view(name: &TableName) -> SqlError {
    SqlError::new(
        "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE",
        "42809",
        format!("The table {name} does not support this operation: it is not a view."),
    )
}

/// A view where a table is needed.
pub(super) fn expected_table(name: &TableName) -> SqlError {
    SqlError::new(
        "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
        "42809",
        format!("{name} is a view, and this operation expects a table."),
    )
}
