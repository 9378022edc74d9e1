//! A Spark Connect server of our own, on this machine.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::StartError;
use super::installation::Installation;
use super::sources::Sources;

/// What Spark needs from Java 17 on; `org.apache.spark.launcher.JavaModuleOptions` of Spark 4.3 has the same list.
const OPENED: [&str; 13] = [
    "java.base/java.lang",
    "java.base/java.lang.invoke",
    "java.base/java.lang.reflect",
    "java.base/java.io",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.base/sun.nio.cs",
    "java.base/sun.util.calendar",
];

/// The lines of Spark's log that an error shows.
const LOG_LINES: usize = 20;

/// A running server. It ends with this process, however that ends: it watches the pipe to its standard input.
pub(super) struct SparkServer {
    child: Mutex<Child>,
    lifeline: ChildStdin,
    pub(super) port: u16,
    pub(super) token: String,
}

impl SparkServer {
    /// Starts Spark with these sources, and waits until it can be called.
    pub(super) fn start(installation: &Installation, folder: &Path, sources: Sources) -> Result<Self, StartError> {
        let token = uuid::Uuid::new_v4().simple().to_string();
        let schemas: Vec<Value> =
            sources.schemas.iter().map(|(catalog, schema)| json!({"catalog": catalog, "schema": schema})).collect();
        let tables = sources.kept.as_deref().unwrap_or(folder).join("tables");
        let plan = json!({"warehouse": tables, "kept": sources.kept, "schemas": schemas, "tables": sources.tables,
            "settings": settings(folder, &token)});
        let mut child = Command::new(&installation.java)
            .args(["-XX:+IgnoreUnrecognizedVMOptions", "--add-modules=jdk.incubator.vector"])
            .args(OPENED.map(|package| format!("--add-opens={package}=ALL-UNNAMED")))
            .args(["-Dio.netty.tryReflectionSetAccessible=true", "-Dlog4j2.level=WARN", "-Duser.timezone=UTC"])
            .args(["-XX:+UseParallelGC", "-cp", &installation.class_path, "localwarehouse.Main"])
            .current_dir(folder)
            .env("SPARK_CONNECT_MODE", "0")
            .env("SPARK_LOCAL_IP", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(StartError::NoJdk)?;
        let (Some(lifeline), Some(output), Some(log)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(StartError::Ended(String::new()));
        };
        let log = std::thread::spawn(move || follow(log));
        let mut server = Self { child: Mutex::new(child), lifeline, port: 0, token };
        match server.greet(&plan, BufReader::new(output)) {
            Some(port) => {
                server.port = port;
                Ok(server)
            }
            None => {
                server.stop();
                Err(StartError::Ended(log.join().unwrap_or_default()))
            }
        }
    }

    /// Says what to serve, and waits for the port.
    fn greet(&mut self, plan: &Value, output: impl BufRead) -> Option<u16> {
        writeln!(self.lifeline, "{plan}").ok()?;
        self.lifeline.flush().ok()?;
        let line = output.lines().next()?.ok()?;
        line.strip_prefix("listening ")?.parse().ok()
    }

    /// Ends the server, and waits until it has ended.
    pub(super) fn stop(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has ended already is as good.
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for SparkServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn settings(folder: &Path, token: &str) -> Value {
    json!({
        "spark.master": "local[*]",
        "spark.app.name": "local-warehouse",
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": "0",
        "spark.connect.authenticate.token": token,
        "spark.local.dir": folder.join("work"),
        "spark.sql.warehouse.dir": folder.join("warehouse"),
        "spark.sql.catalog.main": "localwarehouse.LocalCatalog",
        "spark.sql.catalog.samples": "localwarehouse.LocalCatalog",
        "spark.sql.catalog.system": "localwarehouse.LocalCatalog",
        "spark.sql.defaultCatalog": "main",
        "spark.sql.session.timeZone": "Etc/UTC",
        "spark.sql.ansi.enabled": "true",
        // One machine: more parts cost more than they bring.
        "spark.sql.shuffle.partitions": std::thread::available_parallelism().map_or(4, usize::from).to_string(),
        "spark.sql.adaptive.coalescePartitions.enabled": "true",
    })
}

/// Passes the log on, and answers its last lines when it ends.
fn follow(log: impl Read) -> String {
    let mut last = VecDeque::with_capacity(LOG_LINES);
    for line in BufReader::new(log).lines().map_while(Result::ok) {
        tracing::debug!(target: "spark", "{line}");
        if last.len() == LOG_LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
    Vec::from(last).join("\n")
}
