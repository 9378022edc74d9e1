//! What another engine leaves to this one: its sources, and what can be answered from settings and facts alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::catalog::mirror::Facts;
use super::execute::Executor;
use super::session::{Session, SessionView};
use super::{EngineConfig, answer, catalog, errors, parse, show, statements, types};
use crate::engine::{Answer, SessionOptions, SqlError, Statement};

pub(crate) use super::catalog::tpch::{NAMES as SAMPLE_TABLES, write as write_sample};
pub(crate) use super::session::user_name;
pub(crate) use super::show::first_word;
pub(crate) use super::types::field_name;

/// A table that another engine is to have from its start.
pub(crate) struct SourceTable {
    pub(crate) catalog: String,
    pub(crate) schema: String,
    pub(crate) table: String,
    /// `parquet`, `csv`, `json`; for a sample the name that is shown.
    pub(crate) format: String,
    /// A mounted file or folder; `None` for a sample.
    pub(crate) location: Option<String>,
    /// The columns as DDL; `None` when its files can't be read.
    pub(crate) columns: Option<String>,
}

/// The samples, and the mounted files with the columns that this engine finds in them.
pub(crate) async fn source_tables(config: &EngineConfig) -> Result<Vec<SourceTable>, SqlError> {
    let catalogs = catalog::Catalogs::new(config)?;
    let mut tables = Vec::new();
    for catalog in [catalog::MAIN, catalog::SAMPLES] {
        for (schema, entries) in catalogs.schemas(catalog)? {
            for (table, entry) in entries.entries() {
                if schema == catalog::INFORMATION_SCHEMA {
                    continue;
                }
                let columns = entry.columns(&table).await.and_then(|columns| {
                    let column = |field: &Arc<arrow_schema::Field>| {
                        Some(format!("{} {}", errors::quote(&[field.name()]), types::sql_text(field.data_type())?))
                    };
                    Some(columns.fields().iter().map(column).collect::<Option<Vec<_>>>()?.join(", "))
                });
                tables.push(SourceTable {
                    catalog: catalog.to_owned(),
                    schema: schema.clone(),
                    table,
                    format: entry.facts.format.clone(),
                    location: entry.facts.location.clone(),
                    columns,
                });
            }
        }
    }
    Ok(tables)
}

/// What all sessions over another engine share.
pub(crate) struct Mirror {
    executor: Arc<Executor>,
}

impl Mirror {
    pub(crate) fn new() -> Self {
        Self { executor: Arc::new(Executor::new()) }
    }
}

/// What a statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// SET, RESET, USE
    Settings,
    /// SHOW, DESCRIBE, `information_schema`
    Facts,
    /// Everything else.
    Other,
}

/// What a statement is about, as far as its words tell.
pub(crate) fn kind(sql: &str) -> Kind {
    match first_word(sql).to_uppercase().as_str() {
        // Session variables are Spark's.
        "SET" if ["VAR", "VARIABLE"].iter().any(|word| second_word(sql).eq_ignore_ascii_case(word)) => Kind::Other,
        "SET" | "RESET" | "USE" => Kind::Settings,
        "SHOW" | "DESCRIBE" | "DESC" => Kind::Facts,
        "SELECT" | "WITH" if parse::mentions(sql, catalog::INFORMATION_SCHEMA) => Kind::Facts,
        _ => Kind::Other,
    }
}

fn second_word(sql: &str) -> String {
    let words = parse::tokens(sql).unwrap_or_default();
    let mut words = words.into_iter().filter_map(|token| match token.token {
        Token::Word(word) => Some(word.value),
        _ => None,
    });
    words.nth(1).unwrap_or_default()
}

/// The place and the settings of a session over another engine.
pub(crate) struct Front {
    state: Mutex<SessionView>,
    /// Whether the catalogs are known, so that names can be checked here.
    knows_catalogs: bool,
}

/// What another engine is to do so that its session is as this one.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) set: BTreeMap<String, String>,
    pub(crate) unset: Vec<String>,
    pub(crate) statements: Vec<String>,
}

/// A session's state that is to be, once the other engine has followed.
pub(crate) struct Changed {
    state: SessionView,
    pub(crate) settled: Settled,
}

impl Front {
    /// Opens a session over an engine with these facts. Errors: a setting or a catalog that does not exist.
    pub(crate) fn open(
        mirror: &Mirror,
        facts: &[String],
        options: SessionOptions,
    ) -> Result<(Self, Settled), SqlError> {
        let catalogs = Facts::read(facts)?.catalogs();
        let before = Session::open(Arc::clone(&catalogs), Arc::clone(&mirror.executor), SessionOptions::default())?;
        let session = Session::open(catalogs, Arc::clone(&mirror.executor), options)?;
        let state = session.view();
        let settled = settled(&before.view(), &state);
        Ok((Self { state: Mutex::new(state), knows_catalogs: true }, settled))
    }

    /// Opens a session over an engine whose catalogs are its own.
    pub(crate) fn open_elsewhere(mirror: &Mirror, options: SessionOptions) -> Result<(Self, Settled), SqlError> {
        let catalogs = Facts::default().catalogs();
        let (catalog, schema) = (options.catalog.clone(), options.schema.clone());
        let place = [catalog, schema].into_iter().flatten().filter(|name| !name.is_empty()).collect::<Vec<_>>();
        let options = SessionOptions { catalog: None, schema: None, ..options };
        let before = Session::open(Arc::clone(&catalogs), Arc::clone(&mirror.executor), SessionOptions::default())?;
        let session = Session::open(catalogs, Arc::clone(&mirror.executor), options)?;
        let state = session.view();
        let mut settled = settled(&before.view(), &state);
        // The zone of results is part of the protocol, whatever the engine's own default.
        settled.set.insert(ZONE.to_owned(), state.time_zone().to_owned());
        if !place.is_empty() {
            settled.statements.push(format!("USE {}", errors::quote(&place)));
        }
        Ok((Self { state: Mutex::new(state), knows_catalogs: false }, settled))
    }

    /// The current catalog.
    pub(crate) fn catalog(&self) -> String {
        self.view().catalog
    }

    pub(crate) fn statement_timeout(&self) -> Option<Duration> {
        self.view().settings.timeout()
    }

    /// Works out what SET, RESET or USE changes; nothing has changed until it is settled.
    pub(crate) fn change(
        &self,
        mirror: &Mirror,
        facts: Option<&[String]>,
        sql: &str,
    ) -> Result<(Answer, Changed), SqlError> {
        let before = self.view();
        if !self.knows_catalogs && first_word(sql).eq_ignore_ascii_case("USE") {
            let settled = Settled { statements: vec![sql.to_owned()], ..Settled::default() };
            return Ok((answer::nothing(), Changed { state: before, settled }));
        }
        let catalogs = facts.map(Facts::read).transpose()?.unwrap_or_default().catalogs();
        let session = Session::resumed(catalogs, Arc::clone(&mirror.executor), before.clone());
        let Some(answer) = statements::run_settings(&session, sql)? else {
            return Err(errors::internal("a statement about settings was not recognised"));
        };
        let state = session.view();
        let settled = settled(&before, &state);
        Ok((answer, Changed { state, settled }))
    }

    /// Makes a change the session's state.
    pub(crate) fn settle(&self, changed: Changed) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = changed.state;
    }

    /// Answers SHOW, DESCRIBE and queries of `information_schema` from facts; `None` when it takes more than facts.
    pub(crate) async fn tell(
        &self,
        mirror: &Mirror,
        facts: &[String],
        statement: Statement,
    ) -> Result<Option<Answer>, SqlError> {
        let catalogs = Facts::read(facts)?.catalogs();
        let answer = match first_word(&statement.sql).to_uppercase().as_str() {
            "SHOW" | "DESCRIBE" | "DESC" => show::run(&statement.sql, &self.view(), &catalogs).await,
            _ => {
                let session = Session::resumed(catalogs, Arc::clone(&mirror.executor), self.view());
                Some(statements::execute(&session, statement).await)
            }
        };
        match answer {
            // What is a temporary view, or not known here, the other engine may know.
            Some(Err(error)) if error.sql_state == "0A000" || error.sql_state == "42P01" => Ok(None),
            answer => answer.transpose(),
        }
    }

    fn view(&self) -> SessionView {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

const ZONE: &str = "spark.sql.session.timeZone";
const ANSI: &str = "spark.sql.ansi.enabled";

/// The names under which Spark keeps those settings that it has.
fn spark_settings(state: &SessionView) -> BTreeMap<String, String> {
    let mut settings: BTreeMap<String, String> = state
        .settings
        .all()
        .into_iter()
        .filter_map(|(name, value)| match name.as_str() {
            "ANSI_MODE" => Some((ANSI.to_owned(), value)),
            "TIMEZONE" => None,
            _ => name.to_lowercase().starts_with("spark.").then_some((name, value)),
        })
        .collect();
    settings.insert(ZONE.to_owned(), state.time_zone().to_owned());
    settings
}

fn settled(before: &SessionView, after: &SessionView) -> Settled {
    let (old, new) = (spark_settings(before), spark_settings(after));
    let set = new.iter().filter(|(name, value)| old.get(*name) != Some(value));
    let mut statements = Vec::new();
    if before.catalog != after.catalog {
        statements.push(format!("SET CATALOG {}", errors::quote(&[&after.catalog])));
    }
    if (&before.catalog, &before.schema) != (&after.catalog, &after.schema)
        && (before.catalog == after.catalog || after.schema != catalog::DEFAULT_SCHEMA)
    {
        statements.push(format!("USE {}", errors::quote(&[&after.catalog, &after.schema])));
    }
    Settled {
        set: set.map(|(name, value)| (name.clone(), value.clone())).collect(),
        unset: old.into_keys().filter(|name| !new.contains_key(name)).collect(),
        statements,
    }
}

/// The answer of `name=count,…`.
pub(crate) fn counts(text: &str) -> Result<Answer, SqlError> {
    let count = |part: &str| -> Option<(String, i64)> {
        let (name, count) = part.split_once('=')?;
        Some((name.to_owned(), count.parse().ok()?))
    };
    let counts: Vec<(String, i64)> = text.split(',').filter_map(count).collect();
    let counts: Vec<(&str, i64)> = counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    answer::counts(&counts)
}

/// The texts of a batch's first column.
pub(crate) fn texts(batch: &RecordBatch) -> Vec<String> {
    let column = batch.columns().first().and_then(|column| column.as_string_opt::<i32>());
    column.into_iter().flatten().flatten().map(str::to_owned).collect()
}
