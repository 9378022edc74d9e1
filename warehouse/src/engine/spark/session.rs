//! Sessions: what is settings or facts is answered here, the rest by Spark.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::TryStreamExt;

use super::connect::{Connection, RemoteSession, operation};
use super::samples::Samples;
use crate::engine::embedded::front::{self, Front, Kind, Mirror, Settled};
use crate::engine::{Answer, EngineSession, SessionOptions, SqlError, Statement};

/// What a Spark of our own has that another has not.
pub(super) struct Home {
    pub(super) samples: Samples,
}

/// Everything that our catalogs know, as JSON, one text a row.
const FACTS: &str = "SELECT fact FROM system.localwarehouse.facts";

/// The setting in which our tables tell how many rows an operation changed.
const AFFECTED: &str = "spark.localwarehouse.affected.";

/// The setting of a session that opens: its schema may still be to come.
const OPENING: &str = "spark.localwarehouse.opening";

/// The verbs of statements that may change rows.
const CHANGES: [&str; 7] = ["INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "REPLACE", "WITH"];

pub(super) struct Session {
    remote: Arc<RemoteSession>,
    home: Option<Arc<Home>>,
    mirror: Arc<Mirror>,
    front: Front,
    /// One change of settings after the other.
    changing: tokio::sync::Mutex<()>,
}

impl Session {
    /// Opens a session; its catalog and settings must exist.
    pub(super) async fn open(
        connection: &Connection,
        home: Option<Arc<Home>>,
        mirror: Arc<Mirror>,
        options: SessionOptions,
    ) -> Result<Self, SqlError> {
        let remote = Arc::new(RemoteSession::new(connection.clone()));
        let (front, changes) = match &home {
            Some(_) => {
                let facts = facts(&remote).await?;
                Front::open(&mirror, &facts, options)?
            }
            None => Front::open_elsewhere(&mirror, options)?,
        };
        let session = Self { remote, home, mirror, front, changing: tokio::sync::Mutex::default() };
        let opening = session.home.is_some() && !changes.statements.is_empty();
        if opening {
            session.remote.set(&[(OPENING, "true")]).await?;
        }
        session.follow(&changes).await?;
        if opening {
            session.remote.unset(&[OPENING]).await?;
        }
        Ok(session)
    }

    /// Tells Spark what has changed in the session.
    async fn follow(&self, settled: &Settled) -> Result<(), SqlError> {
        let set: Vec<(&str, &str)> = settled.set.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        if !set.is_empty() {
            self.remote.set(&set).await?;
        }
        let unset: Vec<&str> = settled.unset.iter().map(String::as_str).collect();
        if !unset.is_empty() {
            self.remote.unset(&unset).await?;
        }
        for sql in &settled.statements {
            self.plain(sql).await?;
        }
        Ok(())
    }

    /// A statement whose answer is not of interest.
    async fn plain(&self, sql: &str) -> Result<(), SqlError> {
        let statement = Statement { sql: sql.to_owned(), parameters: Vec::new() };
        let answer = self.remote.execute(&statement, &operation()).await?;
        answer.batches.try_for_each(|_| async { Ok(()) }).await
    }

    /// SET, RESET and USE: checked here, followed by Spark, and only then so.
    async fn change(&self, sql: &str) -> Result<Answer, SqlError> {
        let _turn = self.changing.lock().await;
        let facts = match &self.home {
            Some(_) => Some(facts(&self.remote).await?),
            None => None,
        };
        let (answer, changed) = self.front.change(&self.mirror, facts.as_deref(), sql)?;
        self.follow(&changed.settled).await?;
        self.front.settle(changed);
        Ok(answer)
    }

    /// SHOW, DESCRIBE and `information_schema`; `None` when Spark is to answer.
    async fn tell(&self, statement: &Statement) -> Result<Option<Answer>, SqlError> {
        if self.home.is_none() {
            return Ok(None);
        }
        let facts = facts(&self.remote).await?;
        self.front.tell(&self.mirror, &facts, statement.clone()).await
    }

    async fn run(&self, statement: Statement) -> Result<Answer, SqlError> {
        let Some(home) = &self.home else { return self.remote.execute(&statement, &operation()).await };
        home.samples.require(&statement.sql, &self.front.catalog()).await?;
        let operation = operation();
        let answer = self.remote.execute(&statement, &operation).await.map_err(as_delta)?;
        let verb = front::first_word(&statement.sql).to_uppercase();
        if answer.columns.is_empty() && CHANGES.contains(&verb.as_str()) {
            let key = format!("{AFFECTED}{operation}");
            if let Some(counts) = self.remote.get(&key).await? {
                self.remote.unset(&[&key]).await?;
                return front::counts(&counts);
            }
        }
        Ok(answer)
    }
}

/// Our tables stand for Delta's, which has classes of its own for rows that break a table's rules.
fn as_delta(error: SqlError) -> SqlError {
    let (class, sql_state) = match error.class.as_str() {
        "NOT_NULL_ASSERT_VIOLATION" => ("DELTA_NOT_NULL_CONSTRAINT_VIOLATED", "23502"),
        "CHECK_CONSTRAINT_VIOLATION" => ("DELTA_VIOLATE_CONSTRAINT_WITH_VALUES", "23001"),
        "NEW_CHECK_CONSTRAINT_VIOLATION" => ("DELTA_NEW_CHECK_CONSTRAINT_VIOLATION", "23512"),
        _ => return error,
    };
    SqlError { class: class.into(), sql_state: sql_state.into(), ..error }
}

/// All facts of our catalogs.
async fn facts(remote: &Arc<RemoteSession>) -> Result<Vec<String>, SqlError> {
    let statement = Statement { sql: FACTS.to_owned(), parameters: Vec::new() };
    let answer = remote.execute(&statement, &operation()).await?;
    answer
        .batches
        .try_fold(Vec::new(), |mut facts, batch| async move {
            facts.extend(front::texts(&batch));
            Ok(facts)
        })
        .await
}

#[async_trait]
impl EngineSession for Session {
    async fn execute(&self, statement: Statement) -> Result<Answer, SqlError> {
        match front::kind(&statement.sql) {
            Kind::Settings => self.change(&statement.sql).await,
            Kind::Facts => match self.tell(&statement).await? {
                Some(answer) => Ok(answer),
                None => self.run(statement).await,
            },
            Kind::Other => self.run(statement).await,
        }
    }

    fn statement_timeout(&self) -> Option<Duration> {
        self.front.statement_timeout()
    }
}
