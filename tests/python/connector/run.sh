#!/usr/bin/env bash
# The adapter where something is missing, and under the oldest connector that is supported. Arguments go to pytest.
# Needs the wheel (make wheel) and, in LOCAL_WAREHOUSE_BIN or on PATH, the local warehouse (make warehouse).
set -euo pipefail

root="$(cd "$(dirname "$0")/../../.." && pwd)"
tests="$root/tests/python/connector"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# The package's Python files alone: no native library, no installed wheel.
mkdir "$work/package"
cp -r "$root/python-pkg/databricks_sql_kernel" "$work/package/"
rm -rf "$work/package/databricks_sql_kernel/_native"
cd "$work"

run() {
    printf '\n    %s\n' "$1"
    "${@:2}" -m pytest --config-file "$root/python-pkg/pyproject.toml" -p no:cacheprovider --rootdir "$root/tests/python" "${arguments[@]}"
}

arguments=("$@" "$tests/unit")
for environment in test test-without-pyarrow; do
    python="$("$root/python-pkg/venv.sh" "$environment")"
    run "no native library; environment $environment" env PYTHONPATH="$work/package" "$python"
done
arguments=("$@" "$tests")
run "the oldest connector" "$("$root/python-pkg/venv.sh" test-connector-4.8 --wheel)"
