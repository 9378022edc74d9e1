#!/usr/bin/env bash
# Reads profiles as databricks-sdk does and as the kernel does, and compares. Arguments go to judge.py: parts of cases' names.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel/target}"
export PYTHONDONTWRITEBYTECODE=1

rust="$(cargo test --quiet --locked --package databricks-sql-kernel --test profiles --no-run --message-format json |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')"
exec "$(python-pkg/venv.sh sdk)" tests/profiles/judge.py "$rust" "$@"
