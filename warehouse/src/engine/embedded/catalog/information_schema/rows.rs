//! The rows of `information_schema`, from the catalogs as they are.

use arrow_schema::{DataType, Field};

use super::Row;
use crate::engine::SqlError;
use crate::engine::embedded::catalog::schema::Entry;
use crate::engine::embedded::catalog::{Catalogs, ForeignKey, TableKind, TableName};
use crate::engine::embedded::sql_type::{simple_type_text, sql_type_text};

/// The rows of a table for one catalog, or for all. Tables of things that do not exist here have none.
pub(super) async fn of(relation: &str, catalogs: &Catalogs, scope: Option<&str>) -> Result<Vec<Row>, SqlError> {
    let names: Vec<String> = catalogs.names().into_iter().filter(|name| scope.is_none_or(|one| one == name)).collect();
    Ok(match relation {
        "catalogs" => names.iter().map(|name| catalog(name, catalogs)).collect::<Result<_, _>>()?,
        "information_schema_catalog_name" => {
            vec![Row::default().with("catalog_name", scope.unwrap_or(crate::engine::embedded::catalog::SYSTEM))]
        }
        "schemata" => schemata(&names, catalogs)?,
        "columns" => columns(&names, catalogs).await?,
        "tables" => each(&names, catalogs, |name, entry| vec![table(name, entry, catalogs)])?,
        "views" => each(&names, catalogs, view)?,
        "table_constraints" => each(&names, catalogs, table_constraints)?,
        "key_column_usage" => each(&names, catalogs, key_column_usage)?,
        "referential_constraints" => each(&names, catalogs, |name, entry| referential(name, entry, catalogs))?,
        "constraint_table_usage" => each(&names, catalogs, constraint_table_usage)?,
        "constraint_column_usage" => each(&names, catalogs, constraint_column_usage)?,
        _ => Vec::new(),
    })
}

fn each(
    names: &[String],
    catalogs: &Catalogs,
    rows: impl Fn(&TableName, &Entry) -> Vec<Row>,
) -> Result<Vec<Row>, SqlError> {
    let tables = all_tables(names, catalogs)?;
    Ok(tables.iter().flat_map(|(name, entry)| rows(name, entry)).collect())
}

fn all_tables(names: &[String], catalogs: &Catalogs) -> Result<Vec<(TableName, Entry)>, SqlError> {
    let mut tables = Vec::new();
    for catalog in names {
        for (schema, found) in catalogs.schemas(catalog)? {
            let entries = found.entries().into_iter();
            tables.extend(entries.map(|(table, entry)| (TableName::new(catalog, &schema, &table), entry)));
        }
    }
    Ok(tables)
}

fn catalog(name: &str, catalogs: &Catalogs) -> Result<Row, SqlError> {
    let row = Row::default().with("catalog_name", name).with("comment", catalogs.comment(name)?);
    Ok(made(row.with("catalog_owner", catalogs.owner()), catalogs, catalogs.created()))
}

fn schemata(names: &[String], catalogs: &Catalogs) -> Result<Vec<Row>, SqlError> {
    let mut rows = Vec::new();
    for catalog in names {
        for (name, schema) in catalogs.schemas(catalog)? {
            let row = Row::default()
                .with("catalog_name", catalog)
                .with("schema_name", name)
                .with("schema_owner", catalogs.owner())
                .with_some("comment", schema.comment.as_ref());
            rows.push(made(row, catalogs, schema.created));
        }
    }
    Ok(rows)
}

fn made(row: Row, catalogs: &Catalogs, created: chrono::DateTime<chrono::Utc>) -> Row {
    row.with("created", created)
        .with("created_by", catalogs.owner())
        .with("last_altered", created)
        .with("last_altered_by", catalogs.owner())
}

fn of_table(name: &TableName) -> Row {
    Row::default()
        .with("table_catalog", &name.catalog)
        .with("table_schema", &name.schema)
        .with("table_name", &name.table)
}

fn table(name: &TableName, entry: &Entry, catalogs: &Catalogs) -> Row {
    let facts = &entry.facts;
    let row = of_table(name)
        .with("table_type", facts.kind.word())
        .with("is_insertable_into", if facts.kind == TableKind::Managed { "YES" } else { "NO" })
        .with("commit_action", "PRESERVE")
        .with("table_owner", catalogs.owner())
        .with_some("comment", facts.comment.as_ref())
        .with("data_source_format", if entry.is_view() { "UNKNOWN".to_owned() } else { facts.format.to_uppercase() })
        .with_some("storage_path", facts.location.as_ref());
    made(row, catalogs, facts.created)
}

async fn columns(names: &[String], catalogs: &Catalogs) -> Result<Vec<Row>, SqlError> {
    let mut rows = Vec::new();
    for (name, entry) in all_tables(names, catalogs)? {
        let Some(schema) = entry.columns(&name.table).await else { continue };
        let fields = (1..).zip(schema.fields());
        rows.extend(fields.map(|(position, field)| column(&name, &entry, position, field)));
    }
    Ok(rows)
}

fn column(name: &TableName, entry: &Entry, position: i32, field: &Field) -> Row {
    let sql_type = sql_type_text(field);
    let base = sql_type.split(['(', '<']).next().unwrap_or(&sql_type);
    let (precision, radix, scale) = numeric(field.data_type());
    let length = (base == "STRING").then_some(0);
    let interval = base.strip_prefix("INTERVAL ");
    of_table(name)
        .with("column_name", field.name())
        .with("ordinal_position", position)
        .with("is_nullable", if field.is_nullable() { "YES" } else { "NO" })
        .with("full_data_type", simple_type_text(field))
        .with("data_type", if interval.is_some() { "INTERVAL" } else { base })
        .with_some("character_maximum_length", length)
        .with_some("character_octet_length", length)
        .with_some("numeric_precision", precision)
        .with_some("numeric_precision_radix", radix)
        .with_some("numeric_scale", scale)
        .with_some("datetime_precision", datetime_precision(field.data_type()))
        .with_some("interval_type", interval)
        .with("is_identity", "NO")
        .with("is_generated", "NEVER")
        .with("is_system_time_period_start", "NO")
        .with("is_system_time_period_end", "NO")
        .with("is_updatable", if entry.facts.kind == TableKind::Managed { "YES" } else { "NO" })
        .with_some("comment", entry.facts.column_comments.get(field.name()))
}

/// Precision, its base and scale of a number, as the reference counts them.
fn numeric(data_type: &DataType) -> (Option<i32>, Option<i32>, Option<i32>) {
    let binary = |bits| (Some(bits), Some(2), Some(0));
    match data_type {
        DataType::Int8 => binary(8),
        DataType::Int16 => binary(16),
        DataType::Int32 => binary(32),
        DataType::Int64 => binary(64),
        DataType::Float32 => (Some(24), Some(2), None),
        DataType::Float64 => (Some(53), Some(2), None),
        DataType::Decimal128(precision, scale) => (Some((*precision).into()), Some(10), Some((*scale).into())),
        _ => (None, None, None),
    }
}

fn datetime_precision(data_type: &DataType) -> Option<i32> {
    match data_type {
        DataType::Date32 => Some(0),
        DataType::Timestamp(..) => Some(6),
        _ => None,
    }
}

fn view(name: &TableName, entry: &Entry) -> Vec<Row> {
    let row = of_table(name)
        .with_some("view_definition", entry.facts.view_text.as_ref())
        .with("check_option", "NONE")
        .with("is_updatable", "NO")
        .with("is_insertable_into", "NO")
        .with("is_materialized", "NO");
    if entry.is_view() { vec![row] } else { Vec::new() }
}

/// The name of a constraint of a table: constraints live in their table's schema.
fn of_constraint(row: Row, table: &TableName, constraint: &str) -> Row {
    row.with("constraint_catalog", &table.catalog)
        .with("constraint_schema", &table.schema)
        .with("constraint_name", constraint)
}

fn table_constraints(name: &TableName, entry: &Entry) -> Vec<Row> {
    let primary = entry.facts.primary_key.iter().map(|key| (&key.name, "PRIMARY KEY"));
    let foreign = entry.facts.foreign_keys.iter().map(|key| (&key.name, "FOREIGN KEY"));
    let row = |(constraint, kind): (&String, &str)| {
        of_constraint(of_table(name), name, constraint)
            .with("constraint_type", kind)
            .with("is_deferrable", "NO")
            .with("initially_deferred", "NO")
            .with("enforced", "NO")
    };
    primary.chain(foreign).map(row).collect()
}

fn key_column_usage(name: &TableName, entry: &Entry) -> Vec<Row> {
    let row = |constraint: &str, column: &str, position: i32| {
        of_constraint(of_table(name), name, constraint).with("column_name", column).with("ordinal_position", position)
    };
    let primary = entry
        .facts
        .primary_key
        .iter()
        .flat_map(|key| (1..).zip(&key.columns).map(move |(position, column)| row(&key.name, column, position)));
    let foreign = entry.facts.foreign_keys.iter().flat_map(|key| {
        (1..).zip(&key.columns).map(move |(position, column)| {
            row(&key.name, column, position).with("position_in_unique_constraint", position)
        })
    });
    primary.chain(foreign).collect()
}

fn referential(name: &TableName, entry: &Entry, catalogs: &Catalogs) -> Vec<Row> {
    let row = |key: &ForeignKey| {
        let parent = catalogs.facts(&key.parent).ok();
        let unique = parent.as_ref().and_then(|facts| facts.primary_key.as_ref()).map(|primary| &primary.name);
        of_constraint(Row::default(), name, &key.name)
            .with("unique_constraint_catalog", &key.parent.catalog)
            .with("unique_constraint_schema", &key.parent.schema)
            .with_some("unique_constraint_name", unique)
            .with("match_option", "FULL")
            .with("update_rule", "NO ACTION")
            .with("delete_rule", "NO ACTION")
    };
    entry.facts.foreign_keys.iter().map(row).collect()
}

/// Each constraint with the table that it rests on: a primary key on its own, a foreign key on its parent.
fn constraint_table_usage(name: &TableName, entry: &Entry) -> Vec<Row> {
    let primary = entry.facts.primary_key.iter().map(|key| of_constraint(of_table(name), name, &key.name));
    let foreign = entry.facts.foreign_keys.iter().map(|key| of_constraint(of_table(&key.parent), name, &key.name));
    primary.chain(foreign).collect()
}

fn constraint_column_usage(name: &TableName, entry: &Entry) -> Vec<Row> {
    let row = |table: &TableName, constraint: &str, column: &String| {
        of_constraint(of_table(table), name, constraint).with("column_name", column)
    };
    let primary = entry.facts.primary_key.iter();
    let primary = primary.flat_map(|key| key.columns.iter().map(move |column| row(name, &key.name, column)));
    let foreign = entry.facts.foreign_keys.iter();
    let foreign =
        foreign.flat_map(|key| key.parent_columns.iter().map(move |column| row(&key.parent, &key.name, column)));
    primary.chain(foreign).collect()
}
