//! The `local-warehouse` program.

mod cli;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use local_warehouse::Server;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use cli::Arguments;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when this fails.
            let _ = writeln!(std::io::stderr(), "local-warehouse: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    // Before the line that says "ready", so that a signal sent because of it is never lost.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (engine, config) = arguments.into_configs()?;
    let engine = tokio::select! {
        engine = engine.start() => engine?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let server = Server::start(config, engine).await?;
    announce(&server)?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    server.stop().await;
    Ok(())
}

/// What whoever started the program waits for; the address comes last, when everything is said.
fn announce(server: &Server) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    if let Some(path) = server.ca_certificate() {
        writeln!(output, "ca certificate {}", path.display())?;
    }
    writeln!(output, "listening on {}", server.url())?;
    output.flush()
}
