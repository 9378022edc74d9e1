//! Asking: from a question to one batch in its JDBC shape.

use std::future::Future;

use arrow_array::RecordBatch;
use tokio::task::JoinSet;

use super::answer::Answer;
use super::pattern::{Pattern, check_name};
use super::{MetadataQuery, rows, sql};
use crate::error::{Error, Result};

/// How many catalogs are asked at the same time.
const AT_ONCE: usize = 8;

/// Error classes by which a server says that what was asked about does not exist.
const MISSING: [&str; 3] = ["NO_SUCH_CATALOG_EXCEPTION", "SCHEMA_NOT_FOUND", "TABLE_OR_VIEW_NOT_FOUND"];

/// A statement to run, and the headers of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) sql: String,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}

/// Answers `query`, running the statements that it takes by `run`: one batch, with its schema even when it has no rows, in the order that JDBC asks for.
///
/// What does not exist has no rows. Errors: `InvalidArgument` for a name that cannot be one, `DataLoss` for an answer without its names, and those of `run`.
pub(crate) async fn fetch<F, Fut>(query: &MetadataQuery, run: F) -> Result<RecordBatch>
where
    F: Fn(Request) -> Fut,
    Fut: Future<Output = Result<Vec<RecordBatch>>> + Send + 'static,
{
    let answer = match Scope::of(query)? {
        Scope::Nothing => Answer::default(),
        Scope::All => ask(query, vec![None], &run).await?,
        Scope::Catalog(name) => ask(query, vec![Some(name)], &run).await?,
        Scope::Current => {
            let mut current = Answer::default();
            current.add(None, run(Request { sql: sql::CURRENT_CATALOG.to_owned(), headers: Vec::new() }).await?);
            match current.first_text() {
                Some(name) => ask(query, vec![Some(name)], &run).await?,
                None => Answer::default(),
            }
        }
        Scope::Matching(pattern) => {
            let catalogs = ask(&MetadataQuery::Catalogs, vec![None], &run).await?;
            let names = rows::catalog_names(&catalogs)?.into_iter().filter(|name| pattern.matches(name));
            ask(query, names.map(Some).collect(), &run).await?
        }
    };
    rows::shape(query, &answer)
}

/// Which catalogs a question is about.
#[derive(Debug, PartialEq, Eq)]
enum Scope {
    Nothing,
    All,
    Catalog(String),
    Current,
    Matching(Pattern),
}

impl Scope {
    fn of(query: &MetadataQuery) -> Result<Self> {
        let exact = |catalog: &Option<String>, absent: Self| match catalog.as_ref().filter(|name| !name.is_empty()) {
            Some(name) => check_name("catalog", name).map(|()| Self::Catalog(name.clone())),
            None => Ok(absent),
        };
        match query {
            MetadataQuery::Catalogs => Ok(Self::All),
            MetadataQuery::TableTypes | MetadataQuery::TypeInfo => Ok(Self::Nothing),
            MetadataQuery::Schemas { catalog, .. }
            | MetadataQuery::Columns { catalog, .. }
            | MetadataQuery::Procedures { catalog, .. } => exact(catalog, Self::All),
            MetadataQuery::Functions { catalog, .. } => exact(catalog, Self::Current),
            MetadataQuery::Tables { catalog_pattern, table_types, .. } => {
                if table_types.as_ref().is_some_and(Vec::is_empty) {
                    return Ok(Self::Nothing);
                }
                let pattern = catalog_pattern.as_ref().filter(|pattern| !pattern.is_empty());
                let Some(pattern) = pattern else { return Ok(Self::All) };
                let pattern = Pattern::parse("catalog", pattern)?;
                Ok(match pattern.exact() {
                    Some(name) => Self::Catalog(name),
                    None if pattern.is_everything() => Self::All,
                    None => Self::Matching(pattern),
                })
            }
            MetadataQuery::PrimaryKeys { catalog, schema, table } => {
                check_identifiers(&[("catalog", catalog), ("schema", schema), ("table", table)])?;
                Ok(Self::Catalog(catalog.clone()))
            }
            MetadataQuery::ForeignKeys {
                parent_catalog,
                parent_schema,
                parent_table,
                foreign_catalog,
                foreign_schema,
                foreign_table,
            } => {
                let parents = [
                    ("parent_catalog", parent_catalog),
                    ("parent_schema", parent_schema),
                    ("parent_table", parent_table),
                ];
                for (argument, name) in parents {
                    if let Some(name) = name {
                        check_identifiers(&[(argument, name)])?;
                    }
                }
                check_identifiers(&[
                    ("foreign_catalog", foreign_catalog),
                    ("foreign_schema", foreign_schema),
                    ("foreign_table", foreign_table),
                ])?;
                Ok(Self::Catalog(foreign_catalog.clone()))
            }
        }
    }
}

/// Refuses what cannot be the name of one thing.
fn check_identifiers(names: &[(&str, &String)]) -> Result<()> {
    for (argument, name) in names {
        check_name(argument, name)?;
        if name.is_empty() {
            return Err(Error::invalid_argument(format!("`{argument}` is empty; give the exact name")));
        }
    }
    Ok(())
}

/// Asks in each of the catalogs, none standing for all of them, a few at a time.
async fn ask<F, Fut>(query: &MetadataQuery, catalogs: Vec<Option<String>>, run: &F) -> Result<Answer>
where
    F: Fn(Request) -> Fut,
    Fut: Future<Output = Result<Vec<RecordBatch>>> + Send + 'static,
{
    let mut answer = Answer::default();
    let mut catalogs = catalogs.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(catalog) = catalogs.next()
        {
            let Some(sql) = sql::statement(query, catalog.as_deref())? else { continue };
            let ran = run(Request { sql, headers: sql::headers(query) });
            running.spawn(async move { (catalog, ran.await) });
        }
        let Some(finished) = running.join_next().await else { return Ok(answer) };
        let (catalog, ran) = finished.map_err(|error| Error::internal("a metadata request was lost").because(error))?;
        match ran {
            Ok(batches) => answer.add(catalog.as_deref(), batches),
            Err(error) if says_missing(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether the server says that a catalog, schema or table does not exist.
fn says_missing(error: &Error) -> bool {
    error.sql_state.as_deref() == Some("42704") || MISSING.iter().any(|class| error.details.contains(class))
}
