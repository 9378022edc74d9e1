//! The program's flags.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use clap::builder::NonEmptyStringValueParser;
use local_warehouse::engine::Engine;
use local_warehouse::engine::embedded::{EmbeddedEngine, EngineConfig};
use local_warehouse::engine::spark::{SparkConfig, SparkEngine};
use local_warehouse::{AzureConfig, Config, OAuthConfig};

/// A local SQL warehouse: a real SQL engine behind the Databricks SQL Statement Execution protocol, on loopback only.
///
/// Prints `listening on http://127.0.0.1:PORT` when it is ready, and ends on Ctrl-C and SIGTERM.
#[derive(Parser)]
#[command(name = "local-warehouse", version)]
pub(crate) struct Arguments {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A token that clients may send; give it again for more. Other users of this machine can see a command line, but not the
    /// environment.
    #[arg(
        long = "token",
        env = "LOCAL_WAREHOUSE_TOKEN",
        hide_env_values = true,
        required = true,
        value_name = "TOKEN",
        value_parser = NonEmptyStringValueParser::new()
    )]
    tokens: Vec<String>,
    /// What answers: `embedded`, at once and for a part of the dialect; `spark`, an Apache Spark that is started here
    /// (from an installed pyspark, with JDK 17); or `sc://HOST:PORT`, a Spark Connect server that runs already.
    #[arg(long, default_value = "embedded", value_name = "ENGINE", value_parser = engine_choice)]
    engine: EngineChoice,
    /// The Python interpreter whose pyspark `--engine spark` starts; `python3` of the PATH without it.
    #[arg(long, env = "LOCAL_WAREHOUSE_SPARK_PYTHON", value_name = "FILE")]
    spark_python: Option<PathBuf>,
    /// A folder whose Parquet, CSV and JSON files become tables; `--engine spark` keeps what is created there.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Serves HTTPS with a certificate made for this run, and prints `ca certificate PATH` first.
    #[arg(long)]
    tls: bool,
    /// The scale factor of `samples.tpch`; 1 has 6 million rows of `lineitem`.
    #[arg(long, default_value_t = 0.1, value_name = "FACTOR", value_parser = scale_factor)]
    scale_factor: f64,
    /// The most rows of one chunk of a result.
    #[arg(long, value_name = "ROWS")]
    chunk_rows: Option<NonZeroUsize>,
    /// The most bytes of one chunk, before compression.
    #[arg(long, value_name = "BYTES")]
    chunk_bytes: Option<NonZeroUsize>,
    /// The most bytes, compressed, of a result that is answered inline.
    #[arg(long, value_name = "BYTES")]
    inline_bytes: Option<usize>,
    /// The bytes of one result that stay in memory; what is beyond lies in a temporary file.
    #[arg(long, value_name = "BYTES")]
    memory_bytes: Option<usize>,
    /// Another port for the links to chunks, 0 for a free one; without it they lie on the API's port.
    #[arg(long, value_name = "PORT")]
    link_port: Option<u16>,
    /// How long a link to a chunk is good.
    #[arg(long, value_name = "SECONDS")]
    link_ttl: Option<u64>,
    /// Beginnings of the User-Agents that may ask for the hybrid disposition, comma-separated; everybody without it.
    #[arg(long, value_delimiter = ',', value_name = "LIST", value_parser = NonEmptyStringValueParser::new())]
    hybrid_agents: Vec<String>,
    /// The time zone of a session whose client names none, as a workspace of the service has one; `Etc/UTC` without it.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<String>,
    /// The folder that volumes lie in, as CATALOG/SCHEMA/VOLUME, made if it is missing; without it a temporary one.
    #[arg(long, value_name = "DIR")]
    volumes: Option<PathBuf>,
    /// A file with a plan of faults; see FAULTS.md.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Lets clients sign in: an OAuth server at `/oidc`, as a workspace has one.
    #[arg(long)]
    oauth: bool,
    /// A service principal that may sign in; give it again for more. Other users of this machine can see a command line, but not the
    /// environment.
    #[arg(
        long = "oauth-client",
        env = "LOCAL_WAREHOUSE_OAUTH_CLIENT",
        hide_env_values = true,
        requires = "oauth",
        value_name = "ID:SECRET",
        value_parser = oauth_client
    )]
    oauth_clients: Vec<(String, String)>,
    /// The public key of a service principal that may sign in with its private one: whose, the key's id, and a PEM file; give it again for more.
    #[arg(long = "oauth-key", requires = "oauth", value_name = "ID:KID:FILE", value_parser = oauth_key)]
    oauth_keys: Vec<(String, String, String)>,
    /// A public app that users may sign in with, beside those of every workspace; it may be led back to any port of this machine. Give it again
    /// for more.
    #[arg(long = "oauth-app", requires = "oauth", value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    oauth_apps: Vec<String>,
    /// An issuer whose tokens may be exchanged for ours: its public key in a PEM file, and the audience that they must have, if any. Give it
    /// again for more.
    #[arg(long = "oauth-issuer", requires = "oauth", value_name = "ISSUER=FILE[,AUDIENCE]", value_parser = oauth_issuer)]
    oauth_issuers: Vec<(String, String, Option<String>)>,
    /// The tenant of Microsoft Entra, for clients that sign in as at Azure.
    #[arg(long, requires = "oauth", value_name = "TENANT", value_parser = tenant)]
    azure_tenant: Option<String>,
    /// A service principal of the tenant; give it again for more. Other users of this machine can see a command line, but not the environment.
    #[arg(
        long = "azure-client",
        env = "LOCAL_WAREHOUSE_AZURE_CLIENT",
        hide_env_values = true,
        requires = "azure_tenant",
        value_name = "ID:SECRET",
        value_parser = oauth_client
    )]
    azure_clients: Vec<(String, String)>,
    /// A Single-Page app of the tenant, that users may sign in with; it may be led back to any port of this machine. Give it again for more.
    #[arg(long = "azure-app", requires = "azure_tenant", value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    azure_apps: Vec<String>,
    /// How long a token of the sign-in is good.
    #[arg(long, default_value_t = 3600, requires = "oauth", value_name = "SECONDS")]
    token_life: u64,
}

/// The engines by their name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum EngineChoice {
    Embedded,
    Spark,
    Connect(String),
}

fn engine_choice(text: &str) -> Result<EngineChoice, String> {
    match text {
        "embedded" => Ok(EngineChoice::Embedded),
        "spark" => Ok(EngineChoice::Spark),
        url if url.starts_with("sc://") => Ok(EngineChoice::Connect(url.to_owned())),
        _ => Err("the engines are embedded, spark and sc://HOST:PORT".to_owned()),
    }
}

/// How the chosen engine is started.
#[derive(Debug)]
pub(crate) enum EngineStart {
    Embedded(EngineConfig),
    Spark(SparkConfig),
    Connect(String),
}

impl EngineStart {
    /// Starts the engine, and answers when it is ready.
    pub(crate) async fn start(self) -> Result<Arc<dyn Engine>, Box<dyn std::error::Error>> {
        Ok(match self {
            Self::Embedded(config) => Arc::new(EmbeddedEngine::new(config)?),
            Self::Spark(config) => Arc::new(SparkEngine::start(config).await?),
            Self::Connect(url) => Arc::new(SparkEngine::connect(&url).await?),
        })
    }
}

fn scale_factor(text: &str) -> Result<f64, String> {
    let factor: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if factor.is_finite() && factor > 0.0 { Ok(factor) } else { Err("not above 0".to_owned()) }
}

fn zone(text: &str) -> Result<String, String> {
    let known: Result<chrono_tz::Tz, _> = text.parse();
    known
        .map(|zone| zone.name().to_owned())
        .map_err(|_| "not a time zone's name, such as America/Los_Angeles".to_owned())
}

fn oauth_client(text: &str) -> Result<(String, String), String> {
    let (id, secret) =
        text.split_once(':').filter(|(id, secret)| !id.is_empty() && !secret.is_empty()).ok_or("not ID:SECRET")?;
    Ok((id.to_owned(), secret.to_owned()))
}

fn oauth_key(text: &str) -> Result<(String, String, String), String> {
    let mut parts = text.splitn(3, ':').filter(|part| !part.is_empty());
    let (Some(id), Some(kid), Some(file)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("not ID:KID:FILE".to_owned());
    };
    let pem = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    Ok((id.to_owned(), kid.to_owned(), pem))
}

fn oauth_issuer(text: &str) -> Result<(String, String, Option<String>), String> {
    let (issuer, rest) = text
        .split_once('=')
        .filter(|(issuer, file)| !issuer.is_empty() && !file.is_empty())
        .ok_or("not ISSUER=FILE or ISSUER=FILE,AUDIENCE")?;
    let (file, audience) = rest.split_once(',').map_or((rest, None), |(file, audience)| (file, Some(audience)));
    let pem = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    Ok((issuer.to_owned(), pem, audience.map(str::to_owned)))
}

/// It becomes a part of addresses.
fn tenant(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    if is_name { Ok(text.to_owned()) } else { Err("not a tenant's id or domain".to_owned()) }
}

impl Arguments {
    /// What the engine and the server are started with. Errors: the plan of faults cannot be read, or a flag is not for
    /// the chosen engine.
    pub(crate) fn into_configs(self) -> Result<(EngineStart, Config), String> {
        let read = |path: PathBuf| {
            std::fs::read_to_string(&path).map_err(|error| format!("the plan of faults {}: {error}", path.display()))
        };
        let default = Config::default();
        let config = Config {
            address: IpAddr::from([127, 0, 0, 1]),
            port: self.port,
            link_port: self.link_port,
            tokens: self.tokens,
            tls: self.tls,
            chunk_rows: self.chunk_rows.map_or(default.chunk_rows, NonZeroUsize::get),
            chunk_bytes: self.chunk_bytes.map_or(default.chunk_bytes, NonZeroUsize::get),
            inline_bytes: self.inline_bytes.unwrap_or(default.inline_bytes),
            memory_bytes: self.memory_bytes.unwrap_or(default.memory_bytes),
            link_ttl: self.link_ttl.map_or(default.link_ttl, Duration::from_secs),
            hybrid_agents: self.hybrid_agents,
            zone: self.zone,
            volumes: self.volumes,
            faults: self.faults.map(read).transpose()?,
            oauth: self.oauth.then(|| OAuthConfig {
                clients: self.oauth_clients,
                keys: self.oauth_keys,
                apps: self.oauth_apps,
                issuers: self.oauth_issuers,
                azure: self.azure_tenant.map(|tenant| AzureConfig {
                    tenant,
                    clients: self.azure_clients,
                    apps: self.azure_apps,
                }),
                token_life: Duration::from_secs(self.token_life),
            }),
            ..default
        };
        let sources = EngineConfig { data_dir: self.data, scale_factor: self.scale_factor };
        let engine = match self.engine {
            EngineChoice::Embedded => EngineStart::Embedded(sources),
            EngineChoice::Spark => EngineStart::Spark(SparkConfig { sources, python: self.spark_python }),
            EngineChoice::Connect(_) if sources.data_dir.is_some() => {
                return Err("--data is not for a Spark Connect server that runs already: its tables are its own".into());
            }
            EngineChoice::Connect(url) => EngineStart::Connect(url),
        };
        Ok((engine, config))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use rstest::rstest;

    use super::*;

    #[test]
    fn flags_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn tokens_and_agents_may_be_several() {
        let line = ["local-warehouse", "--token", "a", "--token", "b", "--hybrid-agents", "X/,Y/", "--link-port", "0"];
        let (_, config) = Arguments::try_parse_from(line).unwrap().into_configs().unwrap();
        assert_eq!(
            (config.tokens, config.hybrid_agents, config.link_port),
            (vec!["a".to_owned(), "b".to_owned()], vec!["X/".to_owned(), "Y/".to_owned()], Some(0))
        );
    }

    #[rstest]
    #[case("--scale-factor", "0")]
    #[case("--scale-factor", "inf")]
    #[case("--scale-factor", "much")]
    #[case("--chunk-rows", "0")]
    #[case("--chunk-bytes", "1.5")]
    #[case("--port", "65536")]
    #[case("--token", "")]
    #[case("--engine", "duckdb")]
    #[case("--zone", "Mars/Olympus")]
    #[case("--oauth-client", "id-alone")]
    #[case("--oauth-client", ":secret")]
    #[case("--oauth-app", "")]
    #[case("--oauth-issuer", "https://issuer.example")]
    #[case("--oauth-issuer", "https://issuer.example=/nowhere/key.pem")]
    #[case("--azure-tenant", "a/b")]
    #[case("--azure-client", "id-alone")]
    #[case("--oauth-key", "id:kid")]
    #[case("--oauth-key", "id:kid:/nowhere/key.pem")]
    fn value_that_cannot_be_is_refused(#[case] flag: &str, #[case] value: &str) {
        let error = Arguments::try_parse_from(["local-warehouse", "--token", "t", flag, value]).err().unwrap();
        assert!(error.to_string().contains(flag), "{error}");
    }

    #[test]
    fn plan_of_faults_that_cannot_be_read_is_named() {
        let line = ["local-warehouse", "--token", "t", "--faults", "/nowhere/plan.json"];
        let error = Arguments::try_parse_from(line).unwrap().into_configs().err().unwrap();
        assert!(error.starts_with("the plan of faults /nowhere/plan.json: "), "{error}");
    }
}
