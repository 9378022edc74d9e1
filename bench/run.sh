#!/usr/bin/env bash
# Measures the wheel in dist/ against the published wheel and the limit program, and against an earlier wheel of this kernel that BASE names. Arguments
# name scenarios; ROUNDS (7) says how often each runs.
set -euo pipefail
base_wheel="${BASE:+$(realpath "$BASE")}"
cd "$(dirname "$0")/.."
cargo build --quiet --locked --release --package bench
target="$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')"
ours="$(python-pkg/venv.sh bench --wheel)"
published="$(python-pkg/venv.sh bench-published)"
base="${base_wheel:+$(WHEEL="$base_wheel" python-pkg/venv.sh bench --wheel)}"
BASE_PYTHON="$base" exec "$ours" bench/run.py "$target/release" "$ours" "$published" dist/databricks_sql_kernel-*.whl "$@"
