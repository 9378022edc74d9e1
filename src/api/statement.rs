//! The exported statement.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::{AsyncStatement, Canceller, ExecutedStatement};
use crate::call::Call;
use crate::error::{Error, KernelError, Result as Fallible};
use crate::fork::Guarded;
use crate::session::SessionCore;
use crate::statement::{Cancellation, StatementSpec, execute, query_tags, submit};

/// A statement to run: its text, parameters and limits. It can be run several times, one run after the other.
#[derive(uniffi::Object)]
pub struct Statement {
    session: Arc<SessionCore>,
    state: Arc<Guarded<State>>,
    execute: Call<Arc<ExecutedStatement>>,
    submit: Call<Arc<AsyncStatement>>,
}

struct State {
    spec: StatementSpec,
    /// The cancellation of the run that is under way, or of the next one.
    cancellation: Arc<Cancellation>,
}

#[uniffi::export]
impl Statement {
    /// Sets the SQL text, one statement. Does nothing in a forked child, which cannot run it.
    pub fn set_sql(&self, sql: String) {
        if let Ok(mut state) = self.state.lock() {
            state.spec.sql = sql;
        }
    }

    /// Sets the most rows that the result may have, 0 for its schema alone; none for no limit. Errors: `InvalidArgument` when it is negative.
    pub fn set_row_limit(&self, row_limit: Option<i64>) -> Result<(), KernelError> {
        if row_limit.is_some_and(|limit| limit < 0) {
            return Err(Error::invalid_argument("the row limit is negative; leave it out for no limit").into());
        }
        self.state.lock()?.spec.row_limit = row_limit;
        Ok(())
    }

    /// Sets the query tags of this statement; a tag without a value is a bare key. Errors: `InvalidArgument` for an empty key.
    pub fn set_query_tags(&self, tags: HashMap<String, Option<String>>) -> Result<(), KernelError> {
        query_tags::to_wire(&tags)?;
        self.state.lock()?.spec.query_tags = tags;
        Ok(())
    }

    /// Sets the longest time the statement may run; then it is cancelled on the server and the call fails with `Timeout`. None for no limit.
    /// Does nothing in a forked child.
    pub fn set_timeout(&self, timeout: Option<Duration>) {
        if let Ok(mut state) = self.state.lock() {
            state.spec.timeout = timeout;
        }
    }

    /// Binds a value to the n-th `?`, counted from 1. `value` is its text, none for NULL; `sql_type` such as `INT` or `DECIMAL(10,2)`, in any letter case.
    /// Errors: `InvalidArgument` when the type is unknown or the text does not parse as it; nothing was sent.
    pub fn bind(&self, ordinal: i32, value: Option<String>, sql_type: String) -> Result<(), KernelError> {
        Ok(self.state.lock()?.spec.parameters.bind(ordinal, value.as_deref(), &sql_type)?)
    }

    /// Binds a value to `:name`, as `bind` does.
    pub fn bind_named(&self, name: String, value: Option<String>, sql_type: String) -> Result<(), KernelError> {
        Ok(self.state.lock()?.spec.parameters.bind_named(&name, value.as_deref(), &sql_type)?)
    }

    /// A handle that cancels the run that is under way, or else the next one. From any thread, at any time.
    pub fn canceller(&self) -> Arc<Canceller> {
        let cancellation = self.state.lock().map(|state| Arc::clone(&state.cancellation));
        Canceller::new(cancellation.unwrap_or_else(|_| Cancellation::new()))
    }

    /// Runs the statement and waits for its result's first part.
    /// Errors: `SqlError` (the server ran it and it failed), `Cancelled`, `Timeout`, `InvalidArgument`, `NetworkError` and the others; never run twice by a retry.
    /// Source: `POST /api/2.0/sql/statements`.
    pub fn execute(&self) -> Result<Arc<ExecutedStatement>, KernelError> {
        self.execute.blocking(|| self.start_execute())
    }

    /// `execute`, awaited. Dropping the wait cancels the query on the server.
    pub async fn execute_async(&self) -> Result<Arc<ExecutedStatement>, KernelError> {
        self.execute.future(|| self.start_execute()).await
    }

    /// Waits, awaited, until `execute_within` has the answer. For languages whose tasks may be cancelled at any time: no answer is lost. Dropping the wait cancels the query on the
    /// server, and `interrupt` does so when the answer is there and nobody wants it.
    pub async fn execute_ready(&self) -> Result<(), KernelError> {
        self.execute.ready(|| self.start_execute()).await
    }

    /// `execute`, waiting at most `limit`; none means not yet.
    pub fn execute_within(&self, limit: Duration) -> Result<Option<Arc<ExecutedStatement>>, KernelError> {
        self.execute.within(limit, || self.start_execute())
    }

    /// Starts the statement and returns as soon as the server has an id for it. The query goes on when the returned object is dropped.
    /// Errors: as `execute`, except those of the query itself. Source: `POST /api/2.0/sql/statements` with `wait_timeout` 0.
    pub fn submit(&self) -> Result<Arc<AsyncStatement>, KernelError> {
        self.submit.blocking(|| self.start_submit())
    }

    /// `submit`, awaited.
    pub async fn submit_async(&self) -> Result<Arc<AsyncStatement>, KernelError> {
        self.submit.future(|| self.start_submit()).await
    }

    /// Waits, awaited, until `submit_within` has the answer; as `execute_ready`.
    pub async fn submit_ready(&self) -> Result<(), KernelError> {
        self.submit.ready(|| self.start_submit()).await
    }

    /// `submit`, waiting at most `limit`; none means not yet.
    pub fn submit_within(&self, limit: Duration) -> Result<Option<Arc<AsyncStatement>>, KernelError> {
        self.submit.within(limit, || self.start_submit())
    }

    /// Gives up what `execute_within` or `submit_within` left unfinished: returns at once, and the query is cancelled on the server, as soon as its id is known,
    /// which is 5 s after it was sent at the latest.
    pub fn interrupt(&self) {
        let Ok(mut state) = self.state.lock() else { return };
        let cancellation = std::mem::replace(&mut state.cancellation, Cancellation::new());
        drop(state);
        cancellation.request();
        self.execute.abandon();
        self.submit.abandon();
    }
}

impl Statement {
    pub(super) fn new(session: Arc<SessionCore>) -> Arc<Self> {
        let state = State { spec: StatementSpec::default(), cancellation: Cancellation::new() };
        Arc::new(Self { session, state: Arc::new(Guarded::new(state)), execute: Call::new(), submit: Call::new() })
    }

    fn start_execute(&self) -> impl Future<Output = Fallible<Arc<ExecutedStatement>>> + Send + 'static {
        let (session, run) = (Arc::clone(&self.session), self.next_run());
        async move {
            let run = run?;
            let executed = execute(session, run.spec.clone(), Arc::clone(&run.cancellation)).await;
            Ok(ExecutedStatement::new(executed?))
        }
    }

    fn start_submit(&self) -> impl Future<Output = Fallible<Arc<AsyncStatement>>> + Send + 'static {
        let (session, run) = (Arc::clone(&self.session), self.next_run());
        async move {
            let run = run?;
            let handle = submit(Arc::clone(&session), run.spec.clone(), Arc::clone(&run.cancellation)).await?;
            Ok(AsyncStatement::new(session, handle, Arc::clone(&run.cancellation)))
        }
    }

    fn next_run(&self) -> Fallible<Run> {
        let state = self.state.lock()?;
        let (spec, cancellation) = (state.spec.clone(), Arc::clone(&state.cancellation));
        Ok(Run { spec, cancellation, state: Arc::clone(&self.state) })
    }
}

/// One run. When it ends, however it ends, the statement's next run gets a cancellation of its own.
struct Run {
    spec: StatementSpec,
    cancellation: Arc<Cancellation>,
    state: Arc<Guarded<State>>,
}

impl Drop for Run {
    fn drop(&mut self) {
        let Ok(mut state) = self.state.lock() else { return };
        if Arc::ptr_eq(&state.cancellation, &self.cancellation) {
            state.cancellation = Cancellation::new();
        }
    }
}
