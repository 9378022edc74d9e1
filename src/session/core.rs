//! A session's life and state.

use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::SessionConfig;
use super::zone::Zone;
use crate::error::{Code, Error, Result};
use crate::fork::{Guarded, lock};
use crate::result::ResultConfig;
use crate::runtime::{in_background, shut_down};
use crate::sea::client::SeaClient;
use crate::sea::flight::Flight;
use crate::sea::wire::CreateSession;
use crate::shutdown::{Begun, Holding, Rank, hold};
use crate::statement::StatementHandle;

/// A session, and what its statements share.
pub(crate) struct SessionCore {
    pub(crate) client: Arc<SeaClient>,
    pub(crate) results: ResultConfig,
    pub(crate) zone: Zone,
    request: CreateSession,
    life: Guarded<Life>,
    /// Statements that run by themselves, and that the server would stop if it closed the session.
    submitted: Mutex<Vec<Arc<StatementHandle>>>,
    /// Held by the call that opens, so that calls at the same time open one session.
    opening: tokio::sync::Mutex<()>,
}

enum Life {
    New,
    Open(String),
    Closed,
}

impl SessionCore {
    /// Checks the configuration; no request is sent.
    pub(crate) fn new(config: SessionConfig) -> Result<Arc<Self>> {
        let client = Arc::new(SeaClient::new(&config)?);
        let results = config.results.unwrap_or_default();
        results.memory_budget()?;
        results.max_chunk_bytes()?;
        let request = CreateSession {
            warehouse_id: client.warehouse_id().to_owned(),
            catalog: config.catalog,
            schema: config.schema,
            session_confs: config.parameters.into_iter().collect(),
        };
        Ok(Arc::new(Self {
            client,
            results,
            zone: Zone::of_parameters(&request.session_confs),
            request,
            life: Guarded::new(Life::New),
            submitted: Mutex::default(),
            opening: tokio::sync::Mutex::new(()),
        }))
    }

    /// Opens the session; does nothing when it is open. A dropped call closes the session that the server may still open.
    pub(crate) async fn open(self: Arc<Self>) -> Result<()> {
        let _only_one = self.opening.lock().await;
        match *self.life.lock()? {
            Life::New => {}
            Life::Open(_) => return Ok(()),
            Life::Closed => return Err(closed()),
        }
        hold(Rank::Session, &self);
        let created = self.begin_open()?.answer().await?;
        let mut life = self.life.lock()?;
        if matches!(*life, Life::Closed) {
            return Err(closed());
        }
        *life = created.keep().map_or(Life::New, Life::Open);
        Ok(())
    }

    /// Sends the request on a task of its own. It is not sent again when its answer is not wanted any more.
    fn begin_open(&self) -> Result<Begun<Arc<CreatedSession>>> {
        let (client, request) = (Arc::clone(&self.client), self.request.clone());
        let (flight, given_up) = (Flight::new(), CancellationToken::new());
        let give_up = given_up.clone();
        let work = async move {
            let created = flight.unless(given_up.cancelled(), client.create_session(&request, &flight)).await;
            let created = created.ok_or_else(shut_down)??;
            let created = Arc::new(CreatedSession { client, id: Mutex::new(Some(created.session_id)) });
            hold(Rank::Session, &created);
            Ok(created)
        };
        Begun::new(work, move || give_up.cancel())
    }

    /// A statement that goes on by itself keeps the session from being closed for having been forgotten.
    pub(crate) fn has_submitted(&self, handle: &Arc<StatementHandle>) {
        let mut submitted = lock(&self.submitted);
        submitted.retain(|handle| handle.may_run());
        submitted.push(Arc::clone(handle));
    }

    /// The server's id of the session; absent before it is open and after it was closed.
    pub(crate) fn id(&self) -> Option<String> {
        match &*self.life.look()? {
            Life::Open(id) => Some(id.clone()),
            Life::New | Life::Closed => None,
        }
    }

    /// The id of the open session, for a request that needs it.
    pub(crate) fn open_id(&self) -> Result<String> {
        match &*self.life.lock()? {
            Life::Open(id) => Ok(id.clone()),
            Life::New => Err(Error::new(Code::InvalidState, "the session is not open yet")),
            Life::Closed => Err(closed()),
        }
    }

    /// Closes the session; does nothing when it is closed. Later calls on it fail with `InvalidStatementHandle`.
    pub(crate) async fn close(self: Arc<Self>) -> Result<()> {
        let life = std::mem::replace(&mut *self.life.lock()?, Life::Closed);
        let Life::Open(id) = life else { return Ok(()) };
        let (sender, closed) = oneshot::channel();
        let client = Arc::clone(&self.client);
        // Goes on when the wait is dropped: nobody could send it again.
        in_background(async move { drop(sender.send(client.delete_session(&id).await)) });
        closed.await.map_err(|error| shut_down().because(error))?
    }
}

/// A session that was forgotten is closed, unless that would stop a statement that was submitted to go on by itself.
impl Holding for SessionCore {
    fn give_back(&self) {
        if !self.client.origin.is_here() || lock(&self.submitted).iter().any(|handle| handle.may_run()) {
            return;
        }
        let Ok(mut life) = self.life.lock() else { return };
        if let Life::Open(id) = std::mem::replace(&mut *life, Life::Closed) {
            delete_in_background(&self.client, id);
        }
    }
}

impl Drop for SessionCore {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn closed() -> Error {
    Error::new(Code::InvalidStatementHandle, "the session was closed")
}

/// A session that the server has opened and nobody owns yet: dropped, it is closed.
struct CreatedSession {
    client: Arc<SeaClient>,
    id: Mutex<Option<String>>,
}

impl CreatedSession {
    fn keep(&self) -> Option<String> {
        lock(&self.id).take()
    }
}

impl Holding for CreatedSession {
    fn give_back(&self) {
        if self.client.origin.is_here()
            && let Some(id) = self.keep()
        {
            delete_in_background(&self.client, id);
        }
    }
}

impl Drop for CreatedSession {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn delete_in_background(client: &Arc<SeaClient>, id: String) {
    let client = Arc::clone(client);
    in_background(async move {
        if let Err(error) = client.delete_session(&id).await {
            tracing::debug!(%error, "a session that was given up was not closed");
        }
    });
}
