//! The exported statement that was submitted.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::{Canceller, ResultStream};
use crate::call::Call;
use crate::error::{KernelError, Result as Fallible};
use crate::session::SessionCore;
use crate::statement::{Cancellation, StatementHandle, StatementState, await_result, fetch_result, status};

/// A statement that runs on the server by itself. Dropping this object never ends it.
#[derive(uniffi::Object)]
pub struct AsyncStatement {
    session: Arc<SessionCore>,
    handle: Arc<StatementHandle>,
    cancellation: Arc<Cancellation>,
    status: Call<StatementStatus>,
    await_result: Call<Arc<ResultStream>>,
    fetch_result: Call<Arc<ResultStream>>,
    cancel: Call<()>,
    end: Call<()>,
}

/// Where a statement stands.
#[derive(Debug, Clone, uniffi::Record)]
pub struct StatementStatus {
    /// The state.
    pub state: StatementState,
    /// Why it failed; only with `Failed`.
    pub failure: Option<KernelError>,
}

#[uniffi::export]
impl AsyncStatement {
    /// The server's id of the statement, good for `Session.attach` in any process.
    pub fn statement_id(&self) -> String {
        self.handle.id.clone()
    }

    /// A handle that cancels the statement without waiting.
    pub fn canceller(&self) -> Arc<Canceller> {
        Canceller::new(Arc::clone(&self.cancellation))
    }

    /// Another object for the same statement, with a result of its own.
    pub fn reader(&self) -> Arc<Self> {
        Self::new(Arc::clone(&self.session), Arc::clone(&self.handle), Arc::clone(&self.cancellation))
    }

    /// Asks the server once where the statement stands. A failed statement is an answer here, not an error.
    /// Errors: `NotFound` when the server does not know the statement (any more). Source: `GET /api/2.0/sql/statements/ID`.
    pub fn status(&self) -> Result<StatementStatus, KernelError> {
        self.status.blocking(|| look(Arc::clone(&self.handle)))
    }

    /// `status`, awaited.
    pub async fn status_async(&self) -> Result<StatementStatus, KernelError> {
        self.status.future(|| look(Arc::clone(&self.handle))).await
    }

    /// `status`, waiting at most `limit`; none means not yet.
    pub fn status_within(&self, limit: Duration) -> Result<Option<StatementStatus>, KernelError> {
        self.status.within(limit, || look(Arc::clone(&self.handle)))
    }

    /// Waits until the statement has ended and opens its result. It can be called again, for another result over the same rows.
    /// Errors: `SqlError` when it failed, `Cancelled`, `NotFound`, `InvalidStatementHandle` when it was closed.
    pub fn await_result(&self) -> Result<Arc<ResultStream>, KernelError> {
        self.await_result.blocking(|| self.start_await())
    }

    /// `await_result`, awaited.
    pub async fn await_result_async(&self) -> Result<Arc<ResultStream>, KernelError> {
        self.await_result.future(|| self.start_await()).await
    }

    /// Waits, awaited, until `await_result_within` has the answer. For languages whose tasks may be cancelled at any time: no answer is lost. `interrupt` drops one that nobody wants.
    pub async fn await_result_ready(&self) -> Result<(), KernelError> {
        self.await_result.ready(|| self.start_await()).await
    }

    /// `await_result`, waiting at most `limit`; none means not yet.
    pub fn await_result_within(&self, limit: Duration) -> Result<Option<Arc<ResultStream>>, KernelError> {
        self.await_result.within(limit, || self.start_await())
    }

    /// Opens the result of a statement that has ended. Errors: `InvalidState` when it has not; else as `await_result`.
    pub fn fetch_result(&self) -> Result<Arc<ResultStream>, KernelError> {
        self.fetch_result.blocking(|| open(fetch_result(Arc::clone(&self.session), Arc::clone(&self.handle))))
    }

    /// `fetch_result`, awaited.
    pub async fn fetch_result_async(&self) -> Result<Arc<ResultStream>, KernelError> {
        self.fetch_result.future(|| open(fetch_result(Arc::clone(&self.session), Arc::clone(&self.handle)))).await
    }

    /// Waits, awaited, until `fetch_result_within` has the answer; as `await_result_ready`.
    pub async fn fetch_result_ready(&self) -> Result<(), KernelError> {
        self.fetch_result.ready(|| open(fetch_result(Arc::clone(&self.session), Arc::clone(&self.handle)))).await
    }

    /// `fetch_result`, waiting at most `limit`; none means not yet.
    pub fn fetch_result_within(&self, limit: Duration) -> Result<Option<Arc<ResultStream>>, KernelError> {
        self.fetch_result.within(limit, || open(fetch_result(Arc::clone(&self.session), Arc::clone(&self.handle))))
    }

    /// Asks the server to cancel the statement and waits for the acknowledgement. It may still succeed.
    pub fn cancel(&self) -> Result<(), KernelError> {
        self.cancel.blocking(|| Arc::clone(&self.handle).cancel())
    }

    /// `cancel`, awaited.
    pub async fn cancel_async(&self) -> Result<(), KernelError> {
        self.cancel.future(|| Arc::clone(&self.handle).cancel()).await
    }

    /// `cancel`, waiting at most `limit`; false means not yet.
    pub fn cancel_within(&self, limit: Duration) -> Result<bool, KernelError> {
        Ok(self.cancel.within(limit, || Arc::clone(&self.handle).cancel())?.is_some())
    }

    /// Closes the statement on the server, which frees its result; does nothing when it is closed.
    /// Source: `DELETE /api/2.0/sql/statements/ID`.
    pub fn end(&self) -> Result<(), KernelError> {
        self.end.blocking(|| Arc::clone(&self.handle).close())
    }

    /// `end`, awaited.
    pub async fn end_async(&self) -> Result<(), KernelError> {
        self.end.future(|| Arc::clone(&self.handle).close()).await
    }

    /// `end`, waiting at most `limit`; false means not yet.
    pub fn end_within(&self, limit: Duration) -> Result<bool, KernelError> {
        Ok(self.end.within(limit, || Arc::clone(&self.handle).close())?.is_some())
    }

    /// Gives up what `status_within`, `await_result_within` or `fetch_result_within` left unfinished: the next call asks anew. The statement goes on.
    pub fn interrupt(&self) {
        self.status.abandon();
        self.await_result.abandon();
        self.fetch_result.abandon();
    }
}

impl AsyncStatement {
    pub(super) fn new(
        session: Arc<SessionCore>,
        handle: Arc<StatementHandle>,
        cancellation: Arc<Cancellation>,
    ) -> Arc<Self> {
        Arc::new(Self {
            session,
            handle,
            cancellation,
            status: Call::new(),
            await_result: Call::new(),
            fetch_result: Call::new(),
            cancel: Call::new(),
            end: Call::new(),
        })
    }

    fn start_await(&self) -> impl Future<Output = Fallible<Arc<ResultStream>>> + Send + 'static {
        open(await_result(Arc::clone(&self.session), Arc::clone(&self.handle), Arc::clone(&self.cancellation)))
    }

    pub(super) fn attach(session: Arc<SessionCore>, statement_id: String) -> Arc<Self> {
        let handle = StatementHandle::submitted(Arc::clone(&session.client), statement_id, None);
        let cancellation = Cancellation::of(&handle);
        Self::new(session, handle, cancellation)
    }
}

async fn look(handle: Arc<StatementHandle>) -> Fallible<StatementStatus> {
    let (state, failure) = status(handle).await?;
    Ok(StatementStatus { state, failure: failure.map(KernelError::from) })
}

async fn open(reader: impl Future<Output = Fallible<crate::result::ResultReader>>) -> Fallible<Arc<ResultStream>> {
    Ok(ResultStream::new(reader.await?))
}
