//! The `local-warehouse` program.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use local_warehouse::engine::embedded::{EmbeddedEngine, EngineConfig};
use local_warehouse::{Config, Server};
use tokio::signal::unix::{SignalKind, signal};

/// A local SQL warehouse: a real SQL engine behind the Databricks SQL Statement Execution protocol, on loopback only.
#[derive(Parser)]
#[command(name = "local-warehouse", version)]
struct Arguments {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Another port for the links to chunks, 0 for a free one; the API's port without it.
    #[arg(long, value_name = "PORT")]
    link_port: Option<u16>,
    /// The token that clients must send; may be given several times.
    #[arg(
        long = "token",
        env = "LOCAL_WAREHOUSE_TOKEN",
        hide_env_values = true,
        required = true,
        value_name = "TOKEN"
    )]
    tokens: Vec<String>,
    /// A folder whose Parquet, CSV and JSON files become tables.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Serves HTTPS with a certificate made for this run, and prints where its authority's file lies.
    #[arg(long)]
    tls: bool,
    /// The scale factor of `samples.tpch`.
    #[arg(long, default_value_t = 0.1, value_name = "FACTOR")]
    scale_factor: f64,
    /// The most rows of one chunk of a result.
    #[arg(long, default_value_t = 122_880, value_name = "ROWS")]
    chunk_rows: usize,
    /// The most bytes of one chunk, before compression.
    #[arg(long, default_value_t = 20 * 1024 * 1024, value_name = "BYTES")]
    chunk_bytes: usize,
    /// The most bytes of a result that is answered inline, compressed.
    #[arg(long, default_value_t = 1024 * 1024, value_name = "BYTES")]
    inline_bytes: usize,
    /// How long a link to a chunk is good.
    #[arg(long, default_value_t = 900, value_name = "SECONDS")]
    link_ttl: u64,
    /// Beginnings of the User-Agents that may ask for the hybrid disposition, comma-separated; everybody without it.
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    hybrid_agents: Vec<String>,
    /// A file with a plan of faults; see FAULTS.md.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    // Before the line that says "ready", so that a signal sent because of it is never lost.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let engine = EmbeddedEngine::new(EngineConfig { data_dir: arguments.data, scale_factor: arguments.scale_factor })?;
    let faults = arguments.faults.map(std::fs::read_to_string).transpose()?;
    let server = Server::start(
        Config {
            port: arguments.port,
            link_port: arguments.link_port,
            tokens: arguments.tokens,
            tls: arguments.tls,
            chunk_rows: arguments.chunk_rows.max(1),
            chunk_bytes: arguments.chunk_bytes.max(1),
            inline_bytes: arguments.inline_bytes,
            link_ttl: Duration::from_secs(arguments.link_ttl),
            hybrid_agents: arguments.hybrid_agents,
            faults,
            ..Config::default()
        },
        Arc::new(engine),
    )
    .await?;
    announce(&server);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    server.stop().await;
    Ok(())
}

/// The lines that whoever started the program waits for.
#[expect(clippy::print_stdout, reason = "the address is this program's output")]
fn announce(server: &Server) {
    if let Some(path) = server.ca_certificate() {
        println!("ca certificate {}", path.display());
    }
    println!("listening on {}", server.url());
}
