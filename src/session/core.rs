//! A session's life and state.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::SessionConfig;
use super::zone::Zone;
use crate::error::{Code, Error, Result};
use crate::result::ResultConfig;
use crate::runtime::in_background;
use crate::sea::client::SeaClient;
use crate::sea::wire::CreateSession;

/// A session, and what its statements share.
pub(crate) struct SessionCore {
    pub(crate) client: Arc<SeaClient>,
    pub(crate) results: ResultConfig,
    pub(crate) zone: Zone,
    request: CreateSession,
    life: Mutex<Life>,
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
            life: Mutex::new(Life::New),
            opening: tokio::sync::Mutex::new(()),
        }))
    }

    /// Opens the session; does nothing when it is open. A dropped call closes the session that the server may still open.
    pub(crate) async fn open(self: Arc<Self>) -> Result<()> {
        let _only_one = self.opening.lock().await;
        match *self.life() {
            Life::New => {}
            Life::Open(_) => return Ok(()),
            Life::Closed => return Err(closed()),
        }
        let (sender, answer) = oneshot::channel();
        let (client, request) = (Arc::clone(&self.client), self.request.clone());
        in_background(async move {
            let created = client.create_session(&request).await;
            // A receiver that is gone drops the session, and with it closes it.
            drop(sender.send(created.map(|created| CreatedSession { client, id: Some(created.session_id) })));
        });
        let created = answer.await.map_err(stopped)??;
        let mut life = self.life();
        if matches!(*life, Life::Closed) {
            return Err(closed());
        }
        *life = created.keep().map_or(Life::New, Life::Open);
        Ok(())
    }

    /// The server's id of the session; absent before it is open, kept after it was closed.
    pub(crate) fn id(&self) -> Option<String> {
        match &*self.life() {
            Life::Open(id) => Some(id.clone()),
            Life::New | Life::Closed => None,
        }
    }

    /// The id of the open session, for a request that needs it.
    pub(crate) fn open_id(&self) -> Result<String> {
        match &*self.life() {
            Life::Open(id) => Ok(id.clone()),
            Life::New => Err(Error::new(Code::InvalidState, "the session is not open yet")),
            Life::Closed => Err(closed()),
        }
    }

    /// Closes the session; does nothing when it is closed. Later calls on it fail with `InvalidStatementHandle`.
    pub(crate) async fn close(self: Arc<Self>) -> Result<()> {
        let life = std::mem::replace(&mut *self.life(), Life::Closed);
        let Life::Open(id) = life else { return Ok(()) };
        let (sender, closed) = oneshot::channel();
        let client = Arc::clone(&self.client);
        // Goes on when the wait is dropped: nobody could send it again.
        in_background(async move { drop(sender.send(client.delete_session(&id).await)) });
        closed.await.map_err(stopped)?
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopped(error: oneshot::error::RecvError) -> Error {
    Error::new(Code::Cancelled, "the kernel was shut down").because(error)
}

fn closed() -> Error {
    Error::new(Code::InvalidStatementHandle, "the session was closed")
}

/// A session that the server has opened and nobody owns yet: dropped, it is closed.
struct CreatedSession {
    client: Arc<SeaClient>,
    id: Option<String>,
}

impl CreatedSession {
    fn keep(mut self) -> Option<String> {
        self.id.take()
    }
}

impl Drop for CreatedSession {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            let client = Arc::clone(&self.client);
            in_background(async move {
                if let Err(error) = client.delete_session(&id).await {
                    tracing::debug!(%error, "an abandoned session was not closed");
                }
            });
        }
    }
}
