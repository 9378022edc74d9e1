#!/usr/bin/env bash
# Runs the hostile cases through the wheel in dist/ and through the crate. Arguments go to run.py: --sample, parts of names.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel/target}"
export PYTHONDONTWRITEBYTECODE=1

python="$(python-pkg/venv.sh hostile --wheel)"
rust="$(cargo test --quiet --locked --package databricks-sql-kernel --test hostile --no-run --message-format json |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')"
exec "$python" tests/hostile/run.py "$rust" "$@"
