//! What a case does, through the crate: a JSON job from the standard input, its outcomes as JSON to the standard output.
//! `../client.py` does the same through the wheel.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "../../conformance/rust/canonical.rs"]
#[allow(dead_code, reason = "the conformance cases use the rest")]
mod canonical;

use std::io::{Cursor, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use databricks_sql_kernel::{
    CallbackError, Credentials, HttpConfig, KernelError, LogLevel, LogRecord, LogSink, ProxyConfig, ResultConfig,
    ResultStream, RetryConfig, Secret, Session, SessionConfig, TlsConfig, set_log_sink, shutdown_kernel,
};
use serde_json::{Value, json};

struct ToStandardError;

impl LogSink for ToStandardError {
    fn log(&self, record: LogRecord) -> Result<(), CallbackError> {
        eprintln!("{:?} {}: {}", record.level, record.target, record.message);
        Ok(())
    }
}

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    if text.trim().is_empty() {
        // `cargo test` runs this without a job.
        return println!("there is no job on the standard input: tests/hostile/run.sh gives one");
    }
    let job: Value = serde_json::from_str(&text).unwrap();
    if job["trace"] == true {
        set_log_sink(Arc::new(ToStandardError), LogLevel::Trace).unwrap();
    }
    let before = peak();
    let mut client = Client { arguments: job["session"].clone(), session: None, read: Vec::new() };
    let mut outcomes = Vec::new();
    for step in job["steps"].as_array().unwrap() {
        outcomes.push(client.outcome(step));
        if step["do"] == "open" && client.session.is_none() {
            break;
        }
    }
    println!("{}", json!({"outcomes": outcomes, "grown_kib": peak() - before}));
    drop(client);
    // What packages of other languages call when their program ends.
    shutdown_kernel(Duration::from_secs(8));
}

/// The most memory that this process has had at once, in KiB.
fn peak() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// One session, and the operations of cases on it.
struct Client {
    arguments: Value,
    session: Option<Arc<Session>>,
    /// What came before an error.
    read: Vec<Value>,
}

impl Client {
    fn outcome(&mut self, step: &Value) -> Value {
        let began = Instant::now();
        self.read.clear();
        let mut done = match self.act(step) {
            Ok(rows) => json!({ "rows": rows }),
            // Debug shows every field.
            Err(error) => {
                json!({"error": code(&error), "read": self.read, "shown": [error.to_string(), format!("{error:?}")]})
            }
        };
        done["seconds"] = json!(began.elapsed().as_secs_f64());
        done
    }

    fn act(&mut self, step: &Value) -> Result<Value, KernelError> {
        let path = || step["path"].as_str().unwrap().to_owned();
        match step["do"].as_str().unwrap() {
            "open" => {
                let session = Session::new(config(&self.arguments)?)?;
                session.open()?;
                self.session = Some(session);
            }
            "close" => self.session().end()?,
            "query" => {
                let statement = self.session().statement();
                statement.set_sql(step["sql"].as_str().unwrap().to_owned());
                statement.set_timeout(seconds(step, "timeout"));
                let executed = statement.execute()?;
                self.read_all(&executed.result())?;
                executed.end();
                return Ok(json!(self.read));
            }
            "submit" => {
                let statement = self.session().statement();
                statement.set_sql(step["sql"].as_str().unwrap().to_owned());
                let submitted = statement.submit()?;
                let result = submitted.await_result()?;
                self.read_all(&result)?;
                submitted.end()?;
                return Ok(json!(self.read));
            }
            "tables" => {
                let call = self.session().metadata().list_tables(Some("main".to_owned()), None, None, None);
                self.read_all(&*call.fetch()?)?;
                let first_columns = |row: &Value| json!(row.as_array().unwrap()[..4]);
                return Ok(self.read.iter().map(first_columns).collect());
            }
            "list_files" => {
                let files = self.session().volume().list(path())?.fetch()?;
                return Ok(files.iter().map(|file| json!([file.name, file.is_folder, file.size_bytes])).collect());
            }
            "get" => {
                let reader = self.session().volume().get(path())?;
                let mut content = String::new();
                while let Some(piece) = reader.next()? {
                    content.extend(piece.iter().map(|&byte| char::from(byte)));
                    self.read = vec![json!([content])];
                }
                return Ok(json!([[content]]));
            }
            "put" => {
                let length = step["length"].as_i64().unwrap();
                let writer = self.session().volume().put(path(), length, true)?;
                writer.write(vec![b'x'; length as usize])?;
                writer.finish()?;
                return Ok(json!([[length]]));
            }
            "remove" => {
                self.session().volume().remove(path())?.run()?;
                return Ok(json!([]));
            }
            other => panic!("no such step: {other}"),
        }
        Ok(Value::Null)
    }

    fn session(&self) -> Arc<Session> {
        Arc::clone(self.session.as_ref().expect("an open session"))
    }

    fn read_all(&mut self, result: &ResultStream) -> Result<(), KernelError> {
        while let Some(chunk) = result.next_chunk()? {
            let bytes = chunk.owner.to_bytes();
            for batch in StreamReader::try_new(Cursor::new(bytes), None).unwrap() {
                self.read.extend(rows(&batch.unwrap()));
            }
        }
        Ok(())
    }
}

fn rows(batch: &RecordBatch) -> Vec<Value> {
    let row = |at| batch.columns().iter().map(|column| canonical::value(column, at)).collect();
    (0..batch.num_rows()).map(row).collect()
}

/// The variant's name.
fn code(error: &KernelError) -> String {
    let shown = format!("{error:?}");
    shown.split([' ', '{']).next().unwrap_or_default().to_owned()
}

fn seconds(of: &Value, key: &str) -> Option<Duration> {
    of[key].as_f64().map(Duration::from_secs_f64)
}

/// The configuration that the Python package makes of these arguments of its session.
fn config(arguments: &Value) -> Result<SessionConfig, KernelError> {
    let text = |key: &str| arguments[key].as_str().map(str::to_owned);
    let number = |key: &str| arguments[key].as_i64().map(|number| i32::try_from(number).unwrap());
    Ok(SessionConfig {
        host: text("host").unwrap(),
        http_path: text("http_path").unwrap(),
        credentials: match text("client_id") {
            None => Credentials::personal_access_token(Secret::new(text("access_token").unwrap()))?,
            Some(id) => Credentials::oauth_m2m(id, Secret::new(text("client_secret").unwrap()), None)?,
        },
        catalog: None,
        schema: None,
        parameters: Default::default(),
        tls: Some(TlsConfig { ca_certificates: text("tls_ca_cert").map(String::into_bytes), ..TlsConfig::default() }),
        proxy: text("proxy_url").map(|url| ProxyConfig { url, username: None, password: None, bypass: None }),
        http: Some(HttpConfig {
            headers: Vec::new(),
            connect_timeout: seconds(arguments, "connect_timeout_secs"),
            request_timeout: seconds(arguments, "request_timeout_secs"),
            stall_timeout: seconds(arguments, "stall_timeout_secs"),
            max_connections: number("max_connections"),
            compress_replies: arguments["sea_response_compression_enabled"] == true,
        }),
        retry: Some(RetryConfig {
            min_wait: seconds(arguments, "retry_min_wait_secs"),
            max_wait: seconds(arguments, "retry_max_wait_secs"),
            max_attempts: number("retry_max_attempts"),
            overall_timeout: seconds(arguments, "retry_overall_timeout_secs"),
        }),
        results: Some(ResultConfig {
            memory_budget: arguments["result_memory_bytes"].as_i64(),
            max_chunk_bytes: arguments["max_chunk_bytes"].as_i64(),
            ..ResultConfig::default()
        }),
        client_name: None,
    })
}
