//! Starting and stopping the server.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use socket2::SockRef;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::api;
use crate::certificate::Certificate;
use crate::engine::{Engine, EngineSession, STACK};
use crate::faults::Faults;
use crate::links::Links;
use crate::oauth::{Issuer, OAuthConfig, Purpose};
use crate::statement::Statements;
use crate::volumes::Volumes;

/// How a server is started. The default suits a test: a free port, a random token, no TLS, hybrid results for everybody.
#[derive(Clone)]
pub struct Config {
    /// A loopback address.
    pub address: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Another port for the links to chunks, 0 for a free one; `None` serves them on the API's port.
    pub link_port: Option<u16>,
    /// The tokens that clients may send; one at least.
    pub tokens: Vec<String>,
    /// Whether to serve HTTPS, with a certificate made for this run.
    pub tls: bool,
    /// The most rows of one chunk.
    pub chunk_rows: usize,
    /// The most bytes of one chunk, before compression.
    pub chunk_bytes: usize,
    /// The most bytes of an inline result, compressed.
    pub inline_bytes: usize,
    /// The bytes of one result that stay in memory; what is beyond lies in a temporary file.
    pub memory_bytes: usize,
    /// How long a link is good.
    pub link_ttl: Duration,
    /// How long a result can be read after its statement has ended; the statement answers CLOSED then.
    pub result_ttl: Duration,
    /// How long a closed statement answers CLOSED; its id is unknown then.
    pub closed_ttl: Duration,
    /// Beginnings of the User-Agents that may ask for the hybrid disposition; everybody when empty.
    pub hybrid_agents: Vec<String>,
    /// The time zone of a session whose client names none; the engine's default, `Etc/UTC`, when absent.
    pub zone: Option<String>,
    /// The folder that volumes lie in, made if it is missing; `None` for a temporary one that ends with the server.
    pub volumes: Option<PathBuf>,
    /// A plan of faults, as JSON.
    pub faults: Option<String>,
    /// Where clients sign in; nobody can when absent.
    pub oauth: Option<OAuthConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: IpAddr::from([127, 0, 0, 1]),
            port: 0,
            link_port: None,
            tokens: vec![uuid::Uuid::new_v4().simple().to_string()],
            tls: false,
            chunk_rows: 122_880,
            chunk_bytes: 20 * 1024 * 1024,
            inline_bytes: 1024 * 1024,
            memory_bytes: 256 * 1024 * 1024,
            link_ttl: Duration::from_secs(15 * 60),
            result_ttl: Duration::from_secs(60 * 60),
            closed_ttl: Duration::from_secs(60),
            hybrid_agents: Vec::new(),
            zone: None,
            volumes: None,
            faults: None,
            oauth: None,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("address", &self.address)
            .field("port", &self.port)
            .field("link_port", &self.link_port)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not a loopback address.
    #[error("{0} is not a loopback address: the local warehouse is not made for a network")]
    NotLoopback(IpAddr),
    /// There is no token that a client could send.
    #[error("no token is given: clients could not be told apart from strangers")]
    NoToken,
    /// The port could not be listened on.
    #[error("port {port} could not be listened on: {source}")]
    Listen {
        /// The port as it was asked for.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The threads that run statements could not be started.
    #[error("the threads that run statements could not be started: {0}")]
    Threads(std::io::Error),
    /// The folder of the volumes could not be made.
    #[error("the folder of the volumes could not be made: {0}")]
    Volumes(std::io::Error),
    /// The server for signing in could not be made.
    #[error("{0}")]
    OAuth(String),
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
    pub(crate) workers: Workers,
    pub(crate) statements: Statements,
    pub(crate) links: Arc<Links>,
    pub(crate) volumes: Arc<Volumes>,
    pub(crate) faults: Faults,
    pub(crate) issuer: Option<Issuer>,
    sessions: Mutex<HashMap<String, Arc<dyn EngineSession>>>,
}

impl Shared {
    /// Whether a client may send this token.
    pub(crate) fn knows(&self, token: &str) -> bool {
        self.config.tokens.iter().any(|known| known == token)
            || self.issuer.as_ref().is_some_and(|issuer| issuer.knows(token, Purpose::Api))
    }

    pub(crate) fn sessions(&self) -> MutexGuard<'_, HashMap<String, Arc<dyn EngineSession>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The threads that run statements. They are not those of the requests: a busy query must not keep a cancel waiting.
pub(crate) struct Workers(Option<Runtime>);

impl Workers {
    fn start() -> Result<Self, StartError> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.thread_name("statements").thread_stack_size(STACK).enable_all().build();
        runtime.map(|runtime| Self(Some(runtime))).map_err(StartError::Threads)
    }

    /// Runs the work there; `None` once the threads have ended.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Option<JoinHandle<()>> {
        self.0.as_ref().map(|runtime| runtime.spawn(work))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A running server. Dropping it stops it too, without waiting.
pub struct Server {
    shared: Arc<Shared>,
    url: String,
    certificate: Option<Certificate>,
    handles: Vec<Handle<SocketAddr>>,
    serving: Vec<JoinHandle<std::io::Result<()>>>,
}

impl Server {
    /// Listens, and serves in the background of the caller's runtime. Errors: see [`StartError`].
    pub async fn start(config: Config, engine: Arc<dyn Engine>) -> Result<Self, StartError> {
        if !config.address.is_loopback() {
            return Err(StartError::NotLoopback(config.address));
        }
        if config.tokens.iter().all(String::is_empty) {
            return Err(StartError::NoToken);
        }
        let faults = Faults::parse(config.faults.as_deref().unwrap_or("[]"))?;
        let (listener, url) = listen(&config, config.port)?;
        let link_listener = config.link_port.map(|port| listen(&config, port)).transpose()?;
        let certificate = config.tls.then(Certificate::make).transpose().map_err(StartError::Certificate)?;
        let tls = match &certificate {
            None => None,
            Some(certificate) => {
                // Another provider of the process's is as good.
                let _ = rustls::crypto::ring::default_provider().install_default();
                let tls = RustlsConfig::from_pem(certificate.chain_pem.clone(), certificate.key_pem.clone()).await;
                Some(tls.map_err(|error| StartError::Certificate(error.into()))?)
            }
        };
        let link_url = link_listener.as_ref().map_or(&url, |(_, link_url)| link_url);
        let issuer = config.oauth.clone().map(|oauth| Issuer::new(oauth, url.clone()));
        let shared = Arc::new(Shared {
            engine,
            workers: Workers::start()?,
            statements: Statements::new(config.result_ttl, config.closed_ttl),
            links: Arc::new(Links::new(link_url.clone(), config.link_ttl)),
            volumes: Arc::new(Volumes::new(config.volumes.as_deref()).map_err(StartError::Volumes)?),
            faults,
            issuer: issuer.transpose().map_err(StartError::OAuth)?,
            sessions: Mutex::default(),
            config,
        });
        let mut server = Self { shared, url, certificate, handles: Vec::new(), serving: Vec::new() };
        match link_listener {
            None => server.serve(listener, api::everything(&server.shared), tls)?,
            Some((link_listener, _)) => {
                server.serve(listener, api::without_store(&server.shared), tls.clone())?;
                server.serve(link_listener, api::store_alone(&server.shared), tls)?;
            }
        }
        Ok(server)
    }

    fn serve(&mut self, listener: TcpListener, router: Router, tls: Option<RustlsConfig>) -> Result<(), StartError> {
        let port = listener.local_addr().map_or(0, |address| address.port());
        let (handle, service) = (Handle::new(), router.into_make_service());
        self.handles.push(handle.clone());
        let serving = match tls {
            None => axum_server::from_tcp(listener).map(|server| tokio::spawn(server.handle(handle).serve(service))),
            Some(tls) => axum_server::from_tcp_rustls(listener, tls)
                .map(|server| tokio::spawn(server.handle(handle).serve(service))),
        };
        self.serving.push(serving.map_err(|source| StartError::Listen { port, source })?);
        Ok(())
    }

    /// `http://127.0.0.1:PORT`, or `https` with TLS.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token that clients may send.
    pub fn token(&self) -> &str {
        self.shared.config.tokens.first().map_or("", String::as_str)
    }

    /// Where the certificate of this run's authority lies; `None` without TLS.
    pub fn ca_certificate(&self) -> Option<&Path> {
        self.certificate.as_ref().map(Certificate::ca_file)
    }

    /// Stops every query and the server; open connections are cut.
    pub async fn stop(mut self) {
        self.halt();
        for serving in std::mem::take(&mut self.serving) {
            let _ = serving.await;
        }
        self.shared.engine.stop().await;
    }

    fn halt(&self) {
        self.shared.statements.cancel_all();
        self.handles.iter().for_each(Handle::shutdown);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.halt();
    }
}

/// A listener on this port, and its address as a URL.
fn listen(config: &Config, port: u16) -> Result<(TcpListener, String), StartError> {
    let listen = || {
        let listener = TcpListener::bind((config.address, port))?;
        // The standard library's 128 are too few for clients that ask a thousand things at once: the rest would be reset.
        SockRef::from(&listener).listen(4096)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, format!("{}://{address}", if config.tls { "https" } else { "http" })))
    };
    listen().map_err(|source| StartError::Listen { port, source })
}
