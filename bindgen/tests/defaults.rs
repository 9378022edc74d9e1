//! The defaults that the Python and the Kotlin package document are those that the kernel documents, where its own tests hold them.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

use std::path::Path;

const KERNEL: [&str; 2] = ["src/transport/config.rs", "src/result/config.rs"];
const PYTHON: &str = "python-pkg/databricks_sql_kernel/_session_base.py";
const KOTLIN: &str = "kotlin-pkg/src/main/kotlin/com/databricks/sql/kernel/SessionConfig.kt";

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The settings of the kernel that have a default, `name` and `30 s`.
fn defaults() -> Vec<(String, String)> {
    let text: String = KERNEL.map(read).concat();
    let mut default = None;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some((_, rest)) = line.split_once(". Default ") {
            default = rest.split(['.', ';']).next().map(str::to_owned);
        } else if let Some(field) = line.strip_prefix("pub ").and_then(|line| line.split_once(": Option<")) {
            found.extend(default.take().map(|default| (field.0.to_owned(), default)));
        }
    }
    found
}

fn in_python(field: &str) -> &str {
    if field == "memory_budget" { "result_memory_bytes" } else { field }
}

fn in_kotlin(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

#[test]
fn kernel_has_defaults() {
    assert!(defaults().len() >= 9, "{:?}", defaults());
}

#[test]
fn python_documents_them() {
    let text = read(PYTHON);
    for (field, default) in defaults() {
        let mut lines = text.lines().map(str::trim).filter(|line| line.contains("; "));
        let documented =
            lines.find(|line| line.split_once(": ").is_some_and(|(name, _)| name.contains(in_python(&field))));
        let is_said =
            ['.', ','].iter().any(|end| documented.is_some_and(|line| line.contains(&format!("; {default}{end}"))));
        assert!(is_said, "{field} has the default {default}; {PYTHON}: {documented:?}");
    }
}

#[test]
fn kotlin_documents_them() {
    let text = read(KOTLIN);
    for (field, default) in defaults() {
        let (before, _) = text.split_once(&format!("public var {}:", in_kotlin(&field))).expect(&field);
        let (_, documented) = before.rsplit_once("/**").expect(&field);
        assert!(
            documented.contains(&format!("; {default} by default")),
            "{field} has the default {default}; {KOTLIN}: {documented}"
        );
    }
}
