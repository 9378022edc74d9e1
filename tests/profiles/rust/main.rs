//! A profile as the kernel reads it from this process's environment: arguments as JSON from the standard input, what came of them as JSON to
//! the standard output. `../judge.py` asks databricks-sdk the same.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test fails by panicking, and this one prints")]

use std::collections::HashMap;
use std::io::Read;

use databricks_sql_kernel::{KernelError, Profile};
use serde_json::{Value, json};

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    if text.trim().is_empty() {
        // `cargo test` runs this without arguments.
        return println!("there are no arguments on the standard input: tests/profiles/run.sh gives some");
    }
    let arguments: HashMap<String, String> = serde_json::from_str(&text).unwrap();
    println!("{}", outcome(arguments).unwrap_or_else(|error| json!({"error": error.to_string()})));
}

fn outcome(arguments: HashMap<String, String>) -> Result<Value, KernelError> {
    let profile = Profile::read(None, arguments)?;
    let values = profile.values();
    let values: Vec<_> = values.iter().map(|value| json!([value.name, value.value, value.source])).collect();
    Ok(json!({
        "host": profile.host(),
        "http_path": profile.http_path().ok(),
        "auth_type": profile.auth_type(),
        "values": values,
    }))
}
