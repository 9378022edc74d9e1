//! What can be wrong with a name.

use super::TableName;
use super::name::quoted;
use crate::engine::SqlError;

pub(super) fn schema_exists(catalog: &str, schema: &str) -> SqlError {
    SqlError::new(
        "SCHEMA_ALREADY_EXISTS",
        "42P06",
        format!(
            "Cannot create schema {}.{} because it already exists. Choose a different name, drop the existing schema, \
             or add the IF NOT EXISTS clause to tolerate a pre-existing schema.",
            quoted(catalog),
            quoted(schema)
        ),
    )
}

pub(super) fn schema_not_empty(catalog: &str, schema: &str) -> SqlError {
    SqlError::new(
        "SCHEMA_NOT_EMPTY",
        "2BP01",
        format!(
            "Cannot drop the schema {}.{} because it contains objects. \
             Use DROP SCHEMA ... CASCADE to drop the schema and all its objects.",
            quoted(catalog),
            quoted(schema)
        ),
    )
}

pub(super) fn table_exists(name: &TableName) -> SqlError {
    SqlError::new(
        "TABLE_OR_VIEW_ALREADY_EXISTS",
        "42P07",
        format!(
            "Cannot create table or view {name} because it already exists. Choose a different name, drop or replace \
             the existing object, or add the IF NOT EXISTS clause to tolerate pre-existing objects."
        ),
    )
}

/// `what` is the read-only catalog, schema or table, such as ``catalog `samples` ``.
pub(super) fn read_only(what: &str) -> SqlError {
    SqlError::new(
        "INSUFFICIENT_PERMISSIONS",
        "42501",
        format!("Insufficient privileges: the {what} is read-only. Create and change objects in the catalog `main`."),
    )
}
