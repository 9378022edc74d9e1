//! An engine for these tests: `ROWS n`, `ENDLESS`, `HANG`, `NOTHING` (no columns), `FAIL` and `PANIC`.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arrow_array::{Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use async_trait::async_trait;
use futures::{Stream, StreamExt, stream};
use local_warehouse::engine::{Answer, Column, Engine, EngineSession, SessionOptions, SqlError, Statement};
use tokio::sync::watch;

const BATCH_ROWS: i64 = 100;

/// What the engine was asked, and how much of it runs.
#[derive(Clone)]
pub(crate) struct Words {
    /// How many answers are being made.
    pub(crate) running: watch::Sender<usize>,
    /// The options of every session that was opened.
    pub(crate) opened: watch::Sender<Vec<SessionOptions>>,
}

impl Words {
    pub(crate) fn new() -> Self {
        Self { running: watch::Sender::new(0), opened: watch::Sender::default() }
    }

    /// Waits until so many answers are being made.
    pub(crate) async fn runs(&self, count: usize) {
        let mut running = self.running.subscribe();
        tokio::time::timeout(Duration::from_secs(20), running.wait_for(|now| *now == count)).await.unwrap().unwrap();
    }
}

#[async_trait]
impl Engine for Words {
    async fn open_session(&self, options: SessionOptions) -> Result<Arc<dyn EngineSession>, SqlError> {
        if options.catalog.as_deref() == Some("nowhere") {
            return Err(SqlError::new("NO_SUCH_CATALOG_EXCEPTION", "42704", "Catalog 'nowhere' was not found."));
        }
        let timeout =
            options.settings.get("STATEMENT_TIMEOUT").map(|text| Duration::from_millis(text.parse().unwrap()));
        self.opened.send_modify(|opened| opened.push(options));
        Ok(Arc::new(Session { words: self.clone(), timeout }))
    }
}

struct Session {
    words: Words,
    timeout: Option<Duration>,
}

#[async_trait]
impl EngineSession for Session {
    async fn execute(&self, statement: Statement) -> Result<Answer, SqlError> {
        let guard = Guard::new(self.words.running.clone());
        let (word, count) = statement.sql.split_once(' ').unwrap_or((&statement.sql, "0"));
        match word {
            "ROWS" => Ok(rows(count.parse().unwrap(), guard)),
            "ENDLESS" => Ok(rows(i64::MAX, guard)),
            "HANG" => {
                std::future::pending::<()>().await;
                drop(guard);
                unreachable!("nobody wakes a pending future")
            }
            "NOTHING" => Ok(Answer { columns: Vec::new(), batches: stream::empty().boxed() }),
            "PANIC" => panic!("asked for"),
            _ => Err(SqlError::new("PARSE_SYNTAX_ERROR", "42601", "Syntax error.")),
        }
    }

    fn statement_timeout(&self) -> Option<Duration> {
        self.timeout
    }
}

fn rows(count: i64, guard: Guard) -> Answer {
    let column = |name: &str, sql_type: &str| Column { name: name.into(), sql_type: sql_type.into(), nullable: true };
    let batches = stream::iter((0..count).step_by(BATCH_ROWS as usize)).then(move |start| async move {
        // An engine with work to do lets others have a turn.
        tokio::task::yield_now().await;
        Ok(batch(start, count.min(start + BATCH_ROWS)))
    });
    let columns = vec![column("id", "BIGINT"), column("text", "STRING")];
    Answer { columns, batches: Guarded { inner: batches.boxed(), _guard: guard }.boxed() }
}

fn batch(start: i64, end: i64) -> RecordBatch {
    let schema = Schema::new(vec![Field::new("id", DataType::Int64, true), Field::new("text", DataType::Utf8, true)]);
    let ids = Int64Array::from_iter_values(start..end);
    let texts = StringArray::from_iter_values((start..end).map(|id| format!("text of the row {id}")));
    RecordBatch::try_new(Arc::new(schema), vec![Arc::new(ids), Arc::new(texts)]).unwrap()
}

/// Counts an answer while it is alive.
struct Guard(watch::Sender<usize>);

impl Guard {
    fn new(running: watch::Sender<usize>) -> Self {
        running.send_modify(|count| *count += 1);
        Self(running)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

struct Guarded<S> {
    inner: S,
    _guard: Guard,
}

impl<S: Stream + Unpin> Stream for Guarded<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.inner.poll_next_unpin(context)
    }
}
