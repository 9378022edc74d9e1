#!/usr/bin/env bash
# Runs the conformance cases in Rust, Python and Kotlin and prints one table. Arguments are parts of the names of cases; without one, all run.
# Needs the warehouse, the wheel and the jar (make conformance builds them). LOCAL_WAREHOUSE_SPARK_PYTHON names a Python with pyspark.
set -euo pipefail
cd "$(dirname "$0")/../.."
here="$PWD/tests/conformance"
export LOCAL_WAREHOUSE_SPARK_PYTHON="${LOCAL_WAREHOUSE_SPARK_PYTHON:-$(python-pkg/venv.sh spark)}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel/target}"
records="$(mktemp -d)"
trap 'rm -rf "$records"' EXIT

python="$(python-pkg/venv.sh connector --wheel)"
failed=0
run() { "$@" || failed=1; }
export PYTHONDONTWRITEBYTECODE=1
run env CONFORMANCE_RECORD="$records" cargo test --quiet --locked --package databricks-sql-kernel --test conformance -- "$@"
run "$python" "$here/python/run.py" --record "$records" "$@"
run "$(python-pkg/venv.sh test-alone --wheel)" "$here/python/run.py" --record "$records" "$@"
run kotlin-pkg/run.sh "$here/kotlin" ConformanceKt -Xmx256m -- "$here/cases" --record "$records" "$@"
"$python" "$here/table.py" "$records" || failed=1
exit $failed
