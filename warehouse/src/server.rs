//! Starting and stopping the server.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use tokio::task::JoinHandle;

use crate::api;
use crate::certificate::Certificate;
use crate::engine::{Engine, EngineSession};
use crate::faults::Faults;
use crate::links::Links;
use crate::statement::Statements;

/// How a server is started.
#[derive(Debug, Clone)]
pub struct Config {
    /// A loopback address.
    pub address: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// The token that clients must send.
    pub token: String,
    /// Whether to serve HTTPS, with a certificate made for this run.
    pub tls: bool,
    /// The most rows of one chunk.
    pub chunk_rows: usize,
    /// The most bytes of one chunk, before compression.
    pub chunk_bytes: usize,
    /// The most bytes of an inline result, compressed.
    pub inline_bytes: usize,
    /// How long a link is good.
    pub link_ttl: Duration,
    /// Beginnings of the User-Agents that may ask for the hybrid disposition; everybody when empty.
    pub hybrid_agents: Vec<String>,
    /// A plan of faults, as JSON.
    pub faults: Option<String>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not a loopback address.
    #[error("{0} is not a loopback address: the local warehouse is not made for a network")]
    NotLoopback(IpAddr),
    /// The port could not be listened on.
    #[error("the port could not be listened on: {0}")]
    Listen(#[from] std::io::Error),
    /// No certificate could be made.
    #[error("no certificate could be made: {0}")]
    Certificate(Box<dyn std::error::Error + Send + Sync>),
    /// The plan of faults does not parse.
    #[error("the plan of faults does not parse: {0}")]
    Faults(#[from] serde_json::Error),
}

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) statements: Statements,
    pub(crate) links: Links,
    pub(crate) faults: Faults,
    sessions: Mutex<HashMap<String, Arc<dyn EngineSession>>>,
}

impl Shared {
    pub(crate) fn sessions(&self) -> MutexGuard<'_, HashMap<String, Arc<dyn EngineSession>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running server.
pub struct Server {
    shared: Arc<Shared>,
    url: String,
    certificate: Option<Certificate>,
    handle: Handle<SocketAddr>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Listens, and serves in the background of the caller's runtime. Errors: see [`StartError`].
    pub async fn start(config: Config, engine: Arc<dyn Engine>) -> Result<Self, StartError> {
        if !config.address.is_loopback() {
            return Err(StartError::NotLoopback(config.address));
        }
        let listener = TcpListener::bind((config.address, config.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let certificate = config.tls.then(Certificate::make).transpose().map_err(StartError::Certificate)?;
        let url = format!("{}://{address}", if config.tls { "https" } else { "http" });
        let shared = Arc::new(Shared {
            engine,
            statements: Statements::default(),
            links: Links::new(url.clone(), config.link_ttl),
            faults: Faults::parse(config.faults.as_deref().unwrap_or("[]"))?,
            sessions: Mutex::default(),
            config,
        });
        let (handle, service) = (Handle::new(), api::router(Arc::clone(&shared)).into_make_service());
        let serving = match &certificate {
            None => tokio::spawn(axum_server::from_tcp(listener)?.handle(handle.clone()).serve(service)),
            Some(certificate) => {
                // Another provider of the process's is as good.
                let _ = rustls::crypto::ring::default_provider().install_default();
                let tls = RustlsConfig::from_pem(certificate.chain_pem.clone(), certificate.key_pem.clone()).await?;
                tokio::spawn(axum_server::from_tcp_rustls(listener, tls)?.handle(handle.clone()).serve(service))
            }
        };
        Ok(Self { shared, url, certificate, handle, serving })
    }

    /// `http://127.0.0.1:PORT`, or `https` with TLS.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the certificate of this run's authority lies; `None` without TLS.
    pub fn ca_certificate(&self) -> Option<&Path> {
        self.certificate.as_ref().map(Certificate::ca_file)
    }

    /// Stops every query and the server.
    pub async fn stop(self) {
        self.shared.statements.cancel_all();
        self.handle.shutdown();
        let _ = self.serving.await;
    }
}
