//! Runs the conformance cases through the kernel's own interface. `CONFORMANCE_RECORD` names a folder for the outcomes.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod canonical;
mod sign_in;
mod steps;
#[path = "../../rust/support.rs"]
#[allow(dead_code, reason = "the tests of the kernel use the rest")]
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Map, Value};

use support::Warehouse;

/// Many small chunks and links for what is not tiny.
const WAREHOUSE: &[&str] = &["--chunk-rows", "100000", "--inline-bytes", "65536"];

fn main() -> ExitCode {
    let only: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut cases = cases();
    cases.retain(|name, _| only.is_empty() || only.iter().any(|part| name.contains(part)));
    let mut shared = BTreeMap::new();
    let mut outcomes = Map::new();
    for (name, case) in &cases {
        let engine = case["engine"].as_str().unwrap_or("embedded");
        let own = case["warehouse"]
            .as_array()
            .map(|flags| start(engine, flags.iter().map(|flag| flag.as_str().expect("a flag is text"))));
        let warehouse = match &own {
            Some(own) => own,
            None => shared.entry(engine).or_insert_with(|| start(engine, WAREHOUSE.iter().copied())),
        };
        let run = || steps::Run::new(case, warehouse).all();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
            .unwrap_or_else(|_| Err("the runner panicked, as it says above".to_owned()));
        if let Err(failure) = &outcome {
            eprintln!("rust: {name}: {failure}");
        }
        outcomes.insert(name.clone(), outcome.err().unwrap_or_else(|| "ok".to_owned()).into());
    }
    let passed = outcomes.values().filter(|outcome| *outcome == "ok").count();
    if let Some(folder) = std::env::var_os("CONFORMANCE_RECORD") {
        let file = Path::new(&folder).join("rust.json");
        std::fs::write(file, Value::Object(outcomes).to_string()).expect("CONFORMANCE_RECORD can be written to");
    }
    println!("rust: ran {passed} of {} cases", cases.len());
    if passed == cases.len() && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A warehouse on an engine.
fn start<'a>(engine: &'a str, flags: impl Iterator<Item = &'a str>) -> Warehouse {
    Warehouse::start_with(&["--engine", engine].into_iter().chain(flags).collect::<Vec<_>>())
}

/// The cases by name: the path below `cases` without its ending.
fn cases() -> BTreeMap<String, Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let read = |file: &PathBuf| -> (String, Value) {
        let name = file.strip_prefix(&root).expect("below").with_extension("").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file).expect("a case can be read");
        (name.clone(), serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    files.iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder of the cases can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
