//! A local warehouse for a test, and short ways to ask it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_schema::SchemaRef;
use databricks_sql_kernel::{
    Credentials, ExecutedStatement, KernelError, ResultStream, RetryConfig, Secret, Session, SessionConfig,
};

pub(crate) const TOKEN: &str = "test-token";

/// A query that does not end by itself in a test's time.
pub(crate) const ENDLESS: &str = "SELECT count(*) FROM range(100000000) a CROSS JOIN range(100000000) b";

/// A local warehouse of the test's own; it ends with the value.
pub(crate) struct Warehouse {
    process: Option<Child>,
    pub(crate) url: String,
}

impl Warehouse {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(flags: &[&str]) -> Self {
        let program = std::env::var("LOCAL_WAREHOUSE_BIN")
            .expect("LOCAL_WAREHOUSE_BIN names the local warehouse's program: run `make test-kernel`");
        let mut process = Command::new(&program)
            .args(["--port", "0", "--token", TOKEN, "--scale-factor", "0.01"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next().expect("the local warehouse ended at once").unwrap();
        let url =
            line.strip_prefix("listening on ").unwrap_or_else(|| panic!("unexpected first line: {line}")).to_owned();
        Self { process: Some(process), url }
    }

    /// The warehouse of another process.
    pub(crate) fn at(url: String) -> Self {
        Self { process: None, url }
    }

    /// Sets a plan of faults; the counts start at zero.
    pub(crate) fn plan(&self, rules: &serde_json::Value) {
        self.faults("POST", &rules.to_string());
    }

    /// What is left of the plan, and what was counted.
    pub(crate) fn report(&self) -> serde_json::Value {
        serde_json::from_str(&self.faults("GET", "")).unwrap()
    }

    fn faults(&self, method: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        let length = body.len();
        write!(stream, "{method} /_faults HTTP/1.1\r\nHost: w\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
        reply.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    pub(crate) fn config(&self) -> SessionConfig {
        SessionConfig {
            host: self.url.clone(),
            http_path: "/sql/1.0/warehouses/local".to_owned(),
            credentials: Credentials::personal_access_token(Secret::new(TOKEN.to_owned())).unwrap(),
            catalog: None,
            schema: None,
            parameters: Default::default(),
            tls: None,
            proxy: None,
            http: None,
            retry: Some(RetryConfig { min_wait: Some(Duration::from_millis(10)), ..RetryConfig::default() }),
            results: None,
            client_name: None,
        }
    }

    /// An open session.
    pub(crate) fn session(&self) -> Arc<Session> {
        self.session_with(|_| ())
    }

    pub(crate) fn session_with(&self, change: impl FnOnce(&mut SessionConfig)) -> Arc<Session> {
        let mut config = self.config();
        change(&mut config);
        let session = Session::new(config).unwrap();
        session.open().unwrap();
        session
    }
}

impl Drop for Warehouse {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Waits, by asking, until the server has served this many requests of a kind.
pub(crate) fn until_served(warehouse: &Warehouse, kind: &str, count: u64) {
    while warehouse.report()["requests"][kind].as_u64().unwrap_or(0) < count {
        // The server is asked, not the clock; the pause only keeps the question from being its only work.
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

pub(crate) fn execute(session: &Session, sql: &str) -> Result<Arc<ExecutedStatement>, KernelError> {
    let statement = session.statement();
    statement.set_sql(sql.to_owned());
    statement.execute()
}

/// A whole result: its schema, and its batches.
pub(crate) fn read(result: &ResultStream) -> Result<(SchemaRef, Vec<RecordBatch>), KernelError> {
    let schema = StreamReader::try_new(result.schema_stream().unwrap().as_slice(), None).unwrap().schema();
    let mut batches = Vec::new();
    while let Some(chunk) = result.next_chunk()? {
        let bytes = chunk.owner.to_bytes();
        let reader = StreamReader::try_new(bytes.as_slice(), None).unwrap();
        assert_eq!(reader.schema(), schema, "every chunk has the result's schema");
        let of_chunk: Vec<_> = reader.collect::<Result<_, _>>().unwrap();
        assert_eq!(of_chunk.iter().map(RecordBatch::num_rows).sum::<usize>() as i64, chunk.row_count);
        batches.extend(of_chunk);
    }
    Ok((schema, batches))
}

/// The rows of a query as text, one line a row, cells between bars.
pub(crate) fn rows(session: &Session, sql: &str) -> Result<Vec<String>, KernelError> {
    let (_, batches) = read(&execute(session, sql)?.result())?;
    Ok(as_text(&batches))
}

pub(crate) fn as_text(batches: &[RecordBatch]) -> Vec<String> {
    let mut lines = Vec::new();
    for batch in batches {
        let columns: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| arrow_cast::display::ArrayFormatter::try_new(column, &Default::default()).unwrap())
            .collect();
        lines.extend(
            (0..batch.num_rows())
                .map(|row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|")),
        );
    }
    lines
}

pub(crate) fn row_count(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}
