//! Any bytes on a connection: what comes back is HTTP or the end, nothing panics, and the next request is served.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use local_warehouse::Config;
use local_warehouse::engine::{Answer, Engine, EngineSession, SessionOptions, SqlError, Statement};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::engine::Words;
use crate::support::{Warehouse, config, path, state};

/// Answers everything with the same rows: what is fuzzed is the server half.
struct Rows(Words);

#[async_trait]
impl Engine for Rows {
    async fn open_session(&self, _: SessionOptions) -> Result<Arc<dyn EngineSession>, SqlError> {
        self.0.open_session(SessionOptions::default()).await.map(|session| Arc::new(RowsOf(session)) as _)
    }
}

struct RowsOf(Arc<dyn EngineSession>);

#[async_trait]
impl EngineSession for RowsOf {
    async fn execute(&self, statement: Statement) -> Result<Answer, SqlError> {
        self.0.execute(Statement { sql: "ROWS 250".to_owned(), ..statement }).await
    }

    fn statement_timeout(&self) -> Option<Duration> {
        None
    }
}

/// A server, and a statement of it that its result is kept of.
struct Target {
    warehouse: Warehouse,
    statement: Value,
}

impl Target {
    async fn start() -> Self {
        let config = Config { result_ttl: Duration::from_secs(20), closed_ttl: Duration::from_secs(1), ..config() };
        let warehouse = Warehouse::start_with(config, |words| Arc::new(Rows(words))).await;
        Self { warehouse, statement: json!({"statement_id": ""}) }
    }

    /// In `input`, `{token}` and `{statement}` stand for those of this server, and `{length}` for that of the body.
    fn filled(&self, input: &[u8]) -> Vec<u8> {
        let body = input.windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(0, |end| input.len() - end - 4);
        let statement = self.statement["statement_id"].as_str().unwrap();
        let token = self.warehouse.server.token();
        let replacements = [("{token}", token), ("{statement}", statement), ("{length}", &body.to_string())];
        replacements.iter().fold(input.to_vec(), |bytes, (from, to)| replaced(&bytes, from.as_bytes(), to.as_bytes()))
    }

    /// What the server answers to bytes on a connection of their own.
    async fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        let address = self.warehouse.server.url().trim_start_matches("http://");
        let mut connection = TcpStream::connect(address).await.unwrap();
        // Ends without a trace: the ports of the machine would be used up otherwise.
        connection.set_zero_linger().unwrap();
        // The server may have enough before it has all.
        let _ = connection.write_all(bytes).await;
        let mut answer = Vec::new();
        // A request that is not whole is waited for until no more of it can come.
        if timeout(Duration::from_millis(100), connection.read_to_end(&mut answer)).await.is_err() {
            let _ = connection.shutdown().await;
            let rest = timeout(Duration::from_secs(20), connection.read_to_end(&mut answer)).await;
            assert!(rest.is_ok(), "the server neither answers nor closes: {}", answer.escape_ascii());
        }
        answer
    }

    /// Serves what everybody asks for.
    async fn is_well(&mut self) {
        let cleared = self.warehouse.call(Method::DELETE, "/_faults", None).await;
        assert_eq!(cleared, (StatusCode::OK, json!({})));
        let (_, reply) = self.warehouse.execute("SELECT 1", json!({})).await;
        assert_eq!((state(&reply), &reply["manifest"]["total_row_count"]), ("SUCCEEDED", &json!(250)));
        let before = std::mem::replace(&mut self.statement, reply);
        if before["statement_id"] != "" {
            let _ = self.warehouse.send(Method::DELETE, &path(&before), None).await.unwrap();
        }
    }
}

/// A status line, or a frame with the settings of HTTP/2.
fn is_http(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.") || answer.get(3..9) == Some(&[4, 0, 0, 0, 0, 0])
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    match bytes.windows(from.len()).position(|found| found == from) {
        None => bytes.to_vec(),
        Some(at) => [&bytes[..at], to, &replaced(&bytes[at + from.len()..], from, to)].concat(),
    }
}

/// Counts the panics of the server. Those of this program's other tests are asked for.
fn panics() -> Arc<AtomicUsize> {
    let (count, before) = (Arc::new(AtomicUsize::new(0)), panic::take_hook());
    let counter = Arc::clone(&count);
    panic::set_hook(Box::new(move |panic| {
        if panic.location().is_none_or(|location| !location.file().contains("tests/")) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        before(panic);
    }));
    count
}

#[test]
fn any_bytes_are_answered_as_http_or_not_at_all() {
    let (runtime, panics) = (Runtime::new().unwrap(), panics());
    let target = std::cell::RefCell::new(runtime.block_on(Target::start()));
    fuzz_runner::run("http", 150, |input| {
        let mut target = target.borrow_mut();
        runtime.block_on(async {
            target.is_well().await;
            let answer = target.answer(&target.filled(input)).await;
            assert!(answer.is_empty() || is_http(&answer), "{}", answer.escape_ascii());
            assert_eq!(panics.load(Ordering::Relaxed), 0, "the server panics");
            target.is_well().await;
        });
    });
}
