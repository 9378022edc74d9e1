#!/usr/bin/env bash
# Tests the wheel in dist/ in a fresh environment, with the connector. Arguments go to pytest.
# Needs the wheel (make wheel) and, in LOCAL_WAREHOUSE_BIN or on PATH, the local warehouse (make warehouse).
set -euo pipefail

root="$(cd "$(dirname "$0")/../.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

python="$("$root/python-pkg/venv.sh" test --wheel "$work/venv")"
cd "$work"
"$python" -m pytest --config-file "$root/python-pkg/pyproject.toml" -p no:cacheprovider --rootdir "$root/tests/python" "$root/tests/python" "$@"
