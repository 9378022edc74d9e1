//! Apache Spark as the engine, over Spark Connect: one that is started here, or one that runs already.

mod connect;
mod installation;
mod samples;
mod server;
mod session;
mod sources;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;

use self::connect::Connection;
use self::installation::Installation;
use self::samples::Samples;
use self::server::SparkServer;
use self::session::{Home, Session};
use super::embedded::EngineConfig;
use super::embedded::front::{Mirror, user_name};
use crate::engine::{Engine, EngineSession, SessionOptions, SqlError};

/// The longest time that the end of the warehouse waits for another's server.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// How a local Spark is started.
#[derive(Debug, Clone)]
pub struct SparkConfig {
    /// Mounted files, and the size of the samples.
    pub sources: EngineConfig,
    /// A Python interpreter that has pyspark; `python3` of the PATH when absent.
    pub python: Option<PathBuf>,
}

/// Why Spark was not started, or not reached.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No pyspark was found.
    #[error(
        "Apache Spark was not found: {why}. Install it with `{python} -m pip install pyspark=={version}` (about 500 MB, \
         needs JDK 17), or name an interpreter that has it with --spark-python or in LOCAL_WAREHOUSE_SPARK_PYTHON"
    )]
    NoSpark {
        /// What was tried.
        why: String,
        /// The interpreter.
        python: String,
        /// The release to install.
        version: &'static str,
    },
    /// Java or its compiler could not be run.
    #[error("Java could not be run: {0}. Spark needs a JDK, 17 or newer: install one, or name it in JAVA_HOME")]
    NoJdk(std::io::Error),
    /// Our classes do not compile against this Spark.
    #[error("the warehouse's catalog does not compile with this Spark; JDK 17 and pyspark 4.3 are what it needs: {0}")]
    Compile(String),
    /// The folder for compiled classes can't be used.
    #[error("the folder {0} can't be used: {1}")]
    Cache(PathBuf, std::io::Error),
    /// Spark ended before it was ready.
    #[error("Spark ended before it was ready. The end of its log:\n{0}")]
    Ended(String),
    /// A source, or the address of a server, is wrong.
    #[error("{0}")]
    Refused(#[from] SqlError),
}

/// An engine over Spark Connect.
pub struct SparkEngine {
    connection: Connection,
    /// What belongs to a Spark of our own.
    home: Option<Arc<Home>>,
    server: Option<SparkServer>,
    mirror: Arc<Mirror>,
    _folder: Option<TempDir>,
}

impl SparkEngine {
    /// Starts Spark on this machine, and answers when it is ready. Its tables lie in the data folder, else in a temporary one.
    pub async fn start(config: SparkConfig) -> Result<Self, StartError> {
        let folder = tempfile::Builder::new().prefix("local-warehouse-spark-").tempdir();
        let folder = folder.map_err(|error| StartError::Cache(std::env::temp_dir(), error))?;
        let samples = Samples::new(folder.path(), config.sources.scale_factor);
        let sources = sources::collect(&config.sources, &samples).await?;
        let (python, place) = (config.python, folder.path().to_owned());
        let started = tokio::task::spawn_blocking(move || {
            let installation = Installation::find(python.as_deref())?;
            SparkServer::start(&installation, &place, sources)
        });
        let server = started.await.map_err(|error| StartError::Ended(error.to_string()))??;
        let address = format!("http://127.0.0.1:{}", server.port);
        let connection = Connection::new(address, Some(&server.token), &user_name())?;
        Ok(Self {
            connection,
            home: Some(Arc::new(Home { samples })),
            server: Some(server),
            mirror: Arc::new(Mirror::new()),
            _folder: Some(folder),
        })
    }

    /// Uses the server at `sc://HOST:PORT[/;use_ssl=true;token=T;user_id=U]`, as Spark's own clients write it, and
    /// answers when it has answered. Its tables are those that it has.
    pub async fn connect(url: &str) -> Result<Self, StartError> {
        let Address { address, token, user } = Address::parse(url)?;
        let user = user.unwrap_or_else(user_name);
        let connection = Connection::new(address, token.as_deref(), &user)?;
        let engine = Self { connection, home: None, server: None, mirror: Arc::new(Mirror::new()), _folder: None };
        engine.open_session(SessionOptions::default()).await?;
        Ok(engine)
    }
}

#[async_trait]
impl Engine for SparkEngine {
    async fn open_session(&self, options: SessionOptions) -> Result<Arc<dyn EngineSession>, SqlError> {
        let session = Session::open(&self.connection, self.home.clone(), Arc::clone(&self.mirror), options).await?;
        Ok(Arc::new(session))
    }

    async fn stop(&self) {
        match &self.server {
            Some(server) => server.stop(),
            // What was cancelled ends on a server that goes on; one that does not answer is not waited for.
            None => drop(tokio::time::timeout(STOP_LIMIT, self.connection.idle()).await),
        }
    }
}

/// The parts of a connection string.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    address: String,
    token: Option<String>,
    user: Option<String>,
}

impl Address {
    fn parse(url: &str) -> Result<Self, SqlError> {
        let refused = |why: &str| {
            SqlError::new("INVALID_CONNECT_URL", "22023", format!("The address of a Spark Connect server {why}."))
        };
        let rest = url.strip_prefix("sc://").ok_or_else(|| refused("begins with sc://"))?;
        let (host, parameters) = rest.split_once("/;").unwrap_or((rest.trim_end_matches('/'), ""));
        let (name, port) = host.rsplit_once(':').unwrap_or((host, "15002"));
        if name.is_empty() || name.contains('/') || port.parse::<u16>().is_err() {
            return Err(refused("names a host and a port: sc://HOST:PORT"));
        }
        let (mut token, mut user, mut secure) = (None, None, false);
        for parameter in parameters.split(';').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("token", value)) => token = Some(value.to_owned()),
                Some(("user_id", value)) => user = Some(value.to_owned()),
                Some(("use_ssl", value)) => secure = value.eq_ignore_ascii_case("true"),
                _ => return Err(refused("takes the parameters use_ssl, token and user_id")),
            }
        }
        // A token is not sent in the clear to another machine.
        let local = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
        let secure = secure || (token.is_some() && !local);
        let scheme = if secure { "https" } else { "http" };
        Ok(Self { address: format!("{scheme}://{name}:{port}"), token, user })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("sc://h", "http://h:15002", None)]
    #[case("sc://h:7/", "http://h:7", None)]
    #[case("sc://h:7/;use_ssl=true;user_id=u", "https://h:7", None)]
    #[case("sc://h:7/;token=t", "https://h:7", Some("t"))]
    #[case("sc://127.0.0.1:7/;token=t", "http://127.0.0.1:7", Some("t"))]
    fn address_is_read_as_sparks_clients_write_it(
        #[case] url: &str,
        #[case] address: &str,
        #[case] token: Option<&str>,
    ) {
        let parsed = Address::parse(url).unwrap();
        assert_eq!((parsed.address.as_str(), parsed.token.as_deref()), (address, token));
    }

    #[rstest]
    #[case("http://h:7")]
    #[case("sc://")]
    #[case("sc://h:port")]
    #[case("sc://h:7/;compression=x")]
    fn address_that_is_none_is_refused(#[case] url: &str) {
        assert_eq!(Address::parse(url).unwrap_err().class, "INVALID_CONNECT_URL");
    }
}
