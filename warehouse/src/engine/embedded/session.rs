//! Sessions: current catalog and schema, settings, temporary views.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use datafusion::catalog::CatalogProviderList;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use super::catalog::Catalogs;
use super::cooperative::aside;
use super::execute::Executor;
use super::routines::Routines;
use super::settings::Settings;
use super::time::Zone;
use super::variables::Variables;
use super::view::View;
use super::{errors, statements};
use crate::engine::{Answer, EngineSession, SessionOptions, SqlError, Statement};

/// The catalog of a session that chose none.
const DEFAULT_CATALOG: &str = "main";
const DEFAULT_SCHEMA: &str = "default";

/// A session as one statement sees it.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// The current catalog.
    pub catalog: String,
    /// The current schema.
    pub schema: String,
    /// The user's name.
    pub user: String,
    /// The session's temporary views by their lower-case name.
    pub temporary_views: BTreeMap<String, Arc<View>>,
    /// The session's variables.
    pub(super) variables: Variables,
    /// The session's own functions by their lower-case name.
    pub(super) routines: Routines,
    pub(super) settings: Settings,
    started: DateTime<Utc>,
}

impl SessionView {
    /// The session's time zone as it was set, such as `Europe/Lisbon`.
    pub fn time_zone(&self) -> &str {
        self.settings.zone()
    }

    /// The session with another current catalog and schema.
    pub(super) fn within(&self, catalog: &str, schema: &str) -> Self {
        Self { catalog: catalog.to_owned(), schema: schema.to_owned(), ..self.clone() }
    }

    /// The session without what only it has, which nothing that stays may read.
    pub(super) fn without_own(&self) -> Self {
        Self { variables: Variables::new(), routines: Routines::new(), ..self.clone() }
    }

    /// The session without its variables.
    pub(super) fn without_variables(&self) -> Self {
        Self { variables: Variables::new(), ..self.clone() }
    }

    pub(super) fn zone(&self) -> Zone {
        self.time_zone().parse().unwrap_or(Zone::Region(Tz::Etc__UTC))
    }

    /// The time at which the statement started, as a literal.
    pub(super) fn now(&self) -> Expr {
        let micros = self.started.timestamp_micros();
        Expr::Literal(ScalarValue::TimestampMicrosecond(Some(micros), Some(self.time_zone().into())), None)
    }
}

/// A session of the embedded engine.
pub(super) struct Session {
    catalogs: Arc<Catalogs>,
    executor: Arc<Executor>,
    state: Mutex<SessionView>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Session {
    /// Opens a session; its catalog and settings must exist.
    pub(super) fn open(
        catalogs: Arc<Catalogs>,
        executor: Arc<Executor>,
        options: SessionOptions,
    ) -> Result<Self, SqlError> {
        let mut settings = Settings::default();
        for (name, value) in &options.settings {
            settings.set(name, value)?;
        }
        let state = SessionView {
            catalog: DEFAULT_CATALOG.to_owned(),
            schema: DEFAULT_SCHEMA.to_owned(),
            user: user_name(),
            temporary_views: BTreeMap::new(),
            variables: Variables::new(),
            routines: Routines::new(),
            settings,
            started: Utc::now(),
        };
        let session = Self { catalogs, executor, state: Mutex::new(state) };
        // Old drivers name the catalog SPARK when they mean none.
        let catalog = options.catalog.filter(|c| !c.is_empty() && !c.eq_ignore_ascii_case("SPARK"));
        let schema = options.schema.filter(|s| !s.is_empty());
        if let Some(catalog) = catalog {
            session.use_catalog(&catalog)?;
        }
        // The schema may still be to come: dbt opens its sessions before it creates theirs.
        if let Some(schema) = schema {
            session.lock().schema = schema.to_lowercase();
        }
        Ok(session)
    }

    /// A session in the state in which another was.
    pub(super) fn resumed(catalogs: Arc<Catalogs>, executor: Arc<Executor>, state: SessionView) -> Self {
        Self { catalogs, executor, state: Mutex::new(state) }
    }

    /// The catalogs that all sessions share.
    pub(super) fn catalogs(&self) -> &Arc<Catalogs> {
        &self.catalogs
    }

    /// What runs plans.
    pub(super) fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The session as it is now, for a statement that starts now.
    pub(super) fn view(&self) -> SessionView {
        SessionView { started: Utc::now(), ..self.lock().clone() }
    }

    /// Makes a catalog current, and its schema `default`.
    pub(super) fn use_catalog(&self, name: &str) -> Result<(), SqlError> {
        let name = name.to_lowercase();
        if self.catalogs.catalog(&name).is_none() {
            return Err(errors::no_such_catalog(&name));
        }
        let mut state = self.lock();
        state.catalog = name;
        state.schema = DEFAULT_SCHEMA.to_owned();
        Ok(())
    }

    /// Makes a schema current, and its catalog when one is named.
    pub(super) fn use_schema(&self, catalog: Option<&str>, name: &str) -> Result<(), SqlError> {
        let mut state = self.lock();
        let catalog = catalog.map_or_else(|| state.catalog.clone(), str::to_lowercase);
        let name = name.to_lowercase();
        if self.catalogs.catalog(&catalog).is_none() {
            return Err(errors::no_such_catalog(&catalog));
        }
        if self.catalogs.catalog(&catalog).and_then(|c| c.schema(&name)).is_none() {
            return Err(errors::schema_not_found(&catalog, &name));
        }
        state.catalog = catalog;
        state.schema = name;
        Ok(())
    }

    /// Changes the session's settings.
    pub(super) fn change_settings<T>(&self, change: impl FnOnce(&mut Settings) -> T) -> T {
        change(&mut self.lock().settings)
    }

    /// Changes the session's temporary views.
    pub(super) fn change_views<T>(&self, change: impl FnOnce(&mut BTreeMap<String, Arc<View>>) -> T) -> T {
        change(&mut self.lock().temporary_views)
    }

    /// Changes the session's variables.
    pub(super) fn change_variables<T>(&self, change: impl FnOnce(&mut Variables) -> T) -> T {
        change(&mut self.lock().variables)
    }

    /// Changes the session's own functions.
    pub(super) fn change_routines<T>(&self, change: impl FnOnce(&mut Routines) -> T) -> T {
        change(&mut self.lock().routines)
    }

    fn lock(&self) -> MutexGuard<'_, SessionView> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The user's name, as the system knows it.
pub(crate) fn user_name() -> String {
    ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_else(|| "local".to_owned())
}

#[async_trait]
impl EngineSession for Session {
    async fn execute(&self, statement: Statement) -> Result<Answer, SqlError> {
        aside(statements::execute(self, statement)).await
    }

    fn statement_timeout(&self) -> Option<Duration> {
        self.lock().settings.timeout()
    }
}
