#!/usr/bin/env bash
# Measures the wheel in dist/ against the published wheel and the limit program. Arguments name scenarios; ROUNDS (7) says how often each runs.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --locked --release --package bench
target="$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')"
ours="$(python-pkg/venv.sh bench --wheel)"
published="$(python-pkg/venv.sh bench-published)"
exec "$ours" bench/run.py "$target/release" "$ours" "$published" dist/databricks_sql_kernel-*.whl "$@"
