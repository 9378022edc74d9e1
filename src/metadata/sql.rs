//! The SQL of each question, and the headers that go with it.

use super::MetadataQuery;
use super::pattern::Pattern;
use crate::error::Result;

/// What tells the server to answer in one round trip, and in full.
const SYNCHRONOUS: (&str, &str) = ("x-databricks-sea-can-run-fully-sync", "true");
const NATIVE: (&str, &str) = ("x-databricks-require-thrift-native-metadata", "true");
const OPERATION: &str = "x-databricks-metadata-operation-type";

pub(super) const CURRENT_CATALOG: &str = "SELECT CURRENT_CATALOG()";

/// The statement that asks in one catalog, or in all; none for what is known without asking.
pub(super) fn statement(query: &MetadataQuery, catalog: Option<&str>) -> Result<Option<String>> {
    let catalogs = catalog.map_or_else(|| "ALL CATALOGS".to_owned(), |name| format!("CATALOG {}", identifier(name)));
    let sql = match query {
        MetadataQuery::Catalogs => "SHOW CATALOGS".to_owned(),
        MetadataQuery::Schemas { schema_pattern, .. } => {
            let place = catalog.map_or_else(|| "ALL CATALOGS".to_owned(), identifier);
            format!("SHOW SCHEMAS IN {place}{}", like("", "schema_pattern", schema_pattern)?)
        }
        MetadataQuery::Tables { schema_pattern, table_pattern, .. } => format!(
            "SHOW TABLES IN {catalogs}{}{}",
            like(" SCHEMA", "schema_pattern", schema_pattern)?,
            like("", "table_pattern", table_pattern)?
        ),
        MetadataQuery::Columns { schema_pattern, table_pattern, column_pattern, .. } => format!(
            "SHOW COLUMNS IN {catalogs}{}{}{}",
            like(" SCHEMA", "schema_pattern", schema_pattern)?,
            like(" TABLE", "table_pattern", table_pattern)?,
            like("", "column_pattern", column_pattern)?
        ),
        MetadataQuery::TableTypes | MetadataQuery::TypeInfo => return Ok(None),
        MetadataQuery::PrimaryKeys { schema, table, .. } => {
            format!("SHOW KEYS IN {catalogs} IN SCHEMA {} IN TABLE {}", identifier(schema), identifier(table))
        }
        MetadataQuery::ForeignKeys { foreign_schema, foreign_table, .. } => format!(
            "SHOW FOREIGN KEYS IN {catalogs} IN SCHEMA {} IN TABLE {}",
            identifier(foreign_schema),
            identifier(foreign_table)
        ),
        MetadataQuery::Functions { schema_pattern, function_pattern, .. } => {
            let schemas = like(" SCHEMA", "schema_pattern", schema_pattern)?;
            let functions = like("", "function_pattern", function_pattern)?;
            // Without a LIKE the server lists its built-in functions as well.
            let functions = if functions.is_empty() { " LIKE '*'" } else { &functions };
            format!("SHOW FUNCTIONS IN {catalogs}{schemas}{functions}")
        }
        MetadataQuery::Procedures { schema_pattern, procedure_pattern, .. } => {
            let place = catalog.map_or_else(|| "system".to_owned(), identifier);
            let mut sql = format!(
                "SELECT routine_catalog, routine_schema, routine_name, comment, specific_name \
                 FROM {place}.information_schema.routines WHERE routine_type = 'PROCEDURE'"
            );
            for (column, argument, pattern) in [
                ("routine_schema", "schema_pattern", schema_pattern),
                ("routine_name", "procedure_pattern", procedure_pattern),
            ] {
                if let Some(pattern) = pattern {
                    let like = literal(&Pattern::parse(argument, pattern)?.to_like());
                    sql.push_str(&format!(" AND {column} ILIKE {like}"));
                }
            }
            sql
        }
    };
    Ok(Some(sql))
}

/// The request headers of the statement.
pub(super) fn headers(query: &MetadataQuery) -> Vec<(&'static str, &'static str)> {
    let operation = match query {
        MetadataQuery::Catalogs => "GetCatalogs",
        MetadataQuery::Schemas { .. } => "GetSchemas",
        MetadataQuery::Tables { .. } => "GetTables",
        MetadataQuery::Columns { .. } => "GetColumns",
        MetadataQuery::PrimaryKeys { .. } => "GetPrimaryKeys",
        MetadataQuery::ForeignKeys { .. } => "GetCrossReference",
        MetadataQuery::Functions { .. } => "GetFunctions",
        // An ordinary SELECT, which the server has no native answer for.
        MetadataQuery::Procedures { .. } => return vec![SYNCHRONOUS, (OPERATION, "GetProcedures")],
        MetadataQuery::TableTypes | MetadataQuery::TypeInfo => return Vec::new(),
    };
    vec![SYNCHRONOUS, (OPERATION, operation), NATIVE]
}

fn like(before: &str, argument: &str, pattern: &Option<String>) -> Result<String> {
    let Some(pattern) = pattern else { return Ok(String::new()) };
    Ok(format!("{before} LIKE {}", literal(&Pattern::parse(argument, pattern)?.to_glob())))
}

fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', "''"))
}
