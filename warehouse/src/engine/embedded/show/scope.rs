//! The parts of a statement that say where to look, shared by the commands.

use std::sync::Arc;

use arrow_schema::SchemaRef;

use super::SessionView;
use super::pattern::{Pattern, passes};
use super::syntax::Cursor;
use crate::engine::SqlError;
use crate::engine::embedded::catalog::name::quoted;
use crate::engine::embedded::catalog::schema::Schema;
use crate::engine::embedded::catalog::{Catalogs, TableName};
use crate::engine::embedded::errors;

/// One schema of one catalog.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) catalog: String,
    pub(super) name: String,
    pub(super) schema: Arc<Schema>,
}

/// `CATALOG c` or `ALL CATALOGS`, behind IN or FROM: the catalogs to look in; `None` when neither stands here.
pub(super) fn catalogs(cursor: &mut Cursor, catalogs: &Catalogs) -> Result<Option<Vec<String>>, SqlError> {
    if cursor.accept(&["ALL", "CATALOGS"]) {
        return Ok(Some(catalogs.names()));
    }
    if !cursor.accept_before_name("CATALOG") {
        return Ok(None);
    }
    let name = cursor.name()?.to_lowercase();
    catalogs.require_catalog(&name)?;
    Ok(Some(vec![name]))
}

/// The schemas of these catalogs that pass `[SCHEMA LIKE p]`, in the order of their names.
pub(super) fn schemas_like(
    cursor: &mut Cursor,
    names: Vec<String>,
    catalogs: &Catalogs,
) -> Result<Vec<Place>, SqlError> {
    let filter = prefixed_like(cursor, "SCHEMA")?;
    let mut places = Vec::new();
    for catalog in names {
        let schemas = catalogs.schemas(&catalog)?;
        places.extend(
            schemas.into_iter().filter(|(name, _)| passes(filter.as_ref(), name)).map(|(name, schema)| Place {
                catalog: catalog.clone(),
                name,
                schema,
            }),
        );
    }
    Ok(places)
}

/// `[IN|FROM [catalog.]schema]`, by default the session's.
pub(super) fn schema(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Place, SqlError> {
    let (catalog, name) = match cursor.accept_any(&["IN", "FROM"]) {
        true => schema_name(&cursor.names()?, session)?,
        false => (session.catalog.to_lowercase(), session.schema.to_lowercase()),
    };
    let schema = catalogs.schema_of(&catalog, &name)?;
    Ok(Place { catalog, name, schema })
}

/// `[catalog.]schema` in full.
pub(super) fn schema_name(parts: &[String], session: &SessionView) -> Result<(String, String), SqlError> {
    match parts {
        [schema] => Ok((session.catalog.to_lowercase(), schema.to_lowercase())),
        [catalog, schema] => Ok((catalog.to_lowercase(), schema.to_lowercase())),
        _ => Err(too_many_parts(parts)),
    }
}

/// `[[catalog.]schema.]table` in full.
pub(super) fn table_name(parts: &[String], session: &SessionView) -> Result<TableName, SqlError> {
    match parts {
        [table] => Ok(TableName::new(&session.catalog, &session.schema, table)),
        [schema, table] => Ok(TableName::new(&session.catalog, schema, table)),
        [catalog, schema, table] => Ok(TableName::new(catalog, schema, table)),
        _ => Err(too_many_parts(parts)),
    }
}

/// A table of the catalogs, or a temporary view of the session.
#[derive(Debug, Clone)]
pub(super) enum Found {
    Table(TableName),
    Temporary { name: String, columns: SchemaRef },
}

impl Found {
    /// The name without its schema.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Table(name) => &name.table,
            Self::Temporary { name, .. } => name,
        }
    }
}

/// `[[catalog.]schema.]table`: a temporary view of that name, else a table that exists.
pub(super) fn table(cursor: &mut Cursor, session: &SessionView, catalogs: &Catalogs) -> Result<Found, SqlError> {
    find(&cursor.names()?, session, catalogs)
}

pub(super) fn find(parts: &[String], session: &SessionView, catalogs: &Catalogs) -> Result<Found, SqlError> {
    if let [name] = parts {
        let name = name.to_lowercase();
        if let Some(view) = session.temporary_views.get(&name) {
            return Ok(Found::Temporary { name, columns: Arc::clone(&view.shape) });
        }
    }
    let name = table_name(parts, session)?;
    catalogs.facts(&name)?;
    Ok(Found::Table(name))
}

/// `IN [CATALOG] c IN [SCHEMA] s IN [TABLE] t`, or one name in dots: a table that exists.
pub(super) fn keyed_table(
    cursor: &mut Cursor,
    session: &SessionView,
    catalogs: &Catalogs,
) -> Result<TableName, SqlError> {
    let mut parts = Vec::new();
    while cursor.accept_any(&["IN", "FROM"]) {
        let _ = ["CATALOG", "SCHEMA", "DATABASE", "TABLE"].iter().any(|word| cursor.accept_before_name(word));
        parts.extend(cursor.names()?);
    }
    if parts.is_empty() {
        return Err(cursor.unexpected());
    }
    cursor.end()?;
    let name = table_name(&parts, session)?;
    catalogs.facts(&name)?;
    Ok(name)
}

/// `[[LIKE] 'pattern']`
pub(super) fn like(cursor: &mut Cursor) -> Result<Option<Pattern>, SqlError> {
    let wanted = cursor.accept(&["LIKE"]);
    match cursor.literal() {
        Some(text) => Ok(Some(Pattern::new(&text))),
        None if wanted => Err(cursor.unexpected()),
        None => Ok(None),
    }
}

/// `[KEYWORD LIKE 'pattern']`
pub(super) fn prefixed_like(cursor: &mut Cursor, keyword: &str) -> Result<Option<Pattern>, SqlError> {
    if !cursor.accept(&[keyword]) {
        return Ok(None);
    }
    cursor.expect(&["LIKE"])?;
    let text = cursor.literal().ok_or_else(|| cursor.unexpected())?;
    Ok(Some(Pattern::new(&text)))
}

/// The error for a temporary view where only a table will do.
pub(super) fn only_tables(name: &str) -> SqlError {
    errors::table_not_found(&quoted(name))
}

fn too_many_parts(parts: &[String]) -> SqlError {
    let name: Vec<_> = parts.iter().map(|part| quoted(part)).collect();
    SqlError::new(
        "IDENTIFIER_TOO_MANY_NAME_PARTS",
        "42601",
        format!("{} is not a valid identifier as it has more parts than catalog, schema and table.", name.join(".")),
    )
}
