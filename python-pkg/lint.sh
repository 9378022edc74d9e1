#!/usr/bin/env bash
# Checks the package, its tests and the demo: ruff, and mypy --strict against the bindings as they are generated now.
set -euo pipefail

root="$(cd "$(dirname "$0")/.." && pwd)"
cd "$root"
bin="$(dirname "$(python-pkg/venv.sh lint)")"
config="$root/python-pkg/pyproject.toml"

"$bin/ruff" check --config "$config" python-pkg tests demo bench

# The bindings are not in the source tree, so a copy of the package is checked that has them.
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cargo build --quiet --locked --package databricks-sql-kernel --lib
target="$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')"
cp -r python-pkg/databricks_sql_kernel tests/python tests/{dbt,dialect,golden,hostile,peers,profiles,soak,tpch} demo bench "$work/"
cp -r tests/conformance/python "$work/conformance"
rm -rf "$work/databricks_sql_kernel/_native"
cargo run --quiet --locked --package bindgen -- generate --no-format --language python \
    --library "$target/debug/libdatabricks_sql_kernel.so" --out-dir "$work/databricks_sql_kernel/_native" >/dev/null
echo 'from .databricks_sql_kernel import *' >"$work/databricks_sql_kernel/_native/__init__.py"
tested="$(python-pkg/venv.sh test)"
cd "$work"
mypy() { "$bin/mypy" --config-file "$config" --cache-dir "$target/mypy-cache" --python-executable "$tested" "$@"; }
mypy databricks_sql_kernel python conformance demo
# Apart, for they have modules of the same names.
for programs in bench dbt dialect golden peers profiles soak tpch; do mypy "$programs"; done
(cd hostile && MYPYPATH="..:../conformance" mypy .)
