//! `SHOW COLUMNS` of one table or of whole catalogs.

use arrow_schema::{DataType, Field};

use super::pattern::passes;
use super::rows::{Cell, Heading, answer};
use super::scope::Found;
use super::syntax::Cursor;
use super::{SessionView, scope};
use crate::engine::embedded::catalog::Catalogs;
use crate::engine::embedded::sql_type::sql_type_text;
use crate::engine::{Answer, SqlError};

/// `SHOW COLUMNS IN {CATALOG c | ALL CATALOGS} [SCHEMA LIKE s] [TABLE LIKE t] [LIKE c]` or
/// `SHOW COLUMNS IN [s.]t [IN s]`.
pub(super) async fn run(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    if !cursor.accept_any(&["IN", "FROM"]) {
        return Err(cursor.unexpected());
    }
    match scope::catalogs(cursor, catalogs)? {
        Some(names) => of_catalogs(cursor, names, catalogs).await,
        None => of_table(cursor, session, catalogs).await,
    }
}

async fn of_table(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let mut parts = cursor.names()?;
    if cursor.accept_any(&["IN", "FROM"]) {
        let schema = cursor.names()?;
        parts = schema.into_iter().chain(parts.pop()).collect();
    }
    cursor.end()?;
    let columns = match scope::find(&parts, session, catalogs)? {
        Found::Temporary { columns, .. } => columns,
        Found::Table(name) => catalogs.table(&name).await?.provider.schema(),
    };
    let rows: Vec<Vec<Cell>> = columns.fields().iter().map(|field| vec![field.name().into()]).collect();
    answer(&[Heading::text("col_name")], &rows)
}

const OF_CATALOGS: [Heading; 13] = [
    Heading::text("col_name"),
    Heading::text("catalogName"),
    Heading::text("namespace"),
    Heading::text("tableName"),
    Heading::text("columnType"),
    Heading::number("columnSize").nullable(),
    Heading::number("decimalDigits").nullable(),
    Heading::number("radix").nullable(),
    Heading::text("isNullable"),
    Heading::text("remarks").nullable(),
    Heading::number("ordinalPosition"),
    Heading::text("isAutoIncrement"),
    Heading::text("isGenerated"),
];

async fn of_catalogs(cursor: &mut Cursor, names: Vec<String>, catalogs: &Catalogs) -> Result<Answer, SqlError> {
    let places = scope::schemas_like(cursor, names, catalogs)?;
    let tables = scope::prefixed_like(cursor, "TABLE")?;
    let columns = scope::like(cursor)?;
    cursor.end()?;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for place in places {
        for (table, entry) in place.schema.entries() {
            if !passes(tables.as_ref(), &table) {
                continue;
            }
            let Some(schema) = entry.columns(&table).await else { continue };
            for (position, field) in (1..).zip(schema.fields()) {
                if !passes(columns.as_ref(), field.name()) {
                    continue;
                }
                let size = Size::of(field);
                rows.push(vec![
                    field.name().into(),
                    (&place.catalog).into(),
                    (&place.name).into(),
                    (&table).into(),
                    sql_type_text(field).into(),
                    size.column_size.into(),
                    size.decimal_digits.into(),
                    size.radix.into(),
                    field.is_nullable().to_string().into(),
                    entry.facts.column_comments.get(field.name()).into(),
                    Cell::Number(position),
                    "NO".into(),
                    "NO".into(),
                ]);
            }
        }
    }
    answer(&OF_CATALOGS, &rows)
}

/// The sizes of a column as JDBC counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Size {
    column_size: Option<i32>,
    decimal_digits: Option<i32>,
    radix: Option<i32>,
}

impl Size {
    fn of(field: &Field) -> Self {
        let number = |size, digits| Self { column_size: Some(size), decimal_digits: Some(digits), radix: Some(10) };
        let plain = |size| Self { column_size: Some(size), ..Self::default() };
        match field.data_type() {
            DataType::Int8 => number(3, 0),
            DataType::Int16 => number(5, 0),
            DataType::Int32 => number(10, 0),
            DataType::Int64 => number(19, 0),
            DataType::Float32 => number(7, 7),
            DataType::Float64 => number(15, 15),
            DataType::Decimal128(precision, scale) => number((*precision).into(), (*scale).into()),
            DataType::Boolean => plain(1),
            DataType::Date32 => plain(10),
            DataType::Timestamp(..) => plain(29),
            _ => Self::default(),
        }
    }
}
