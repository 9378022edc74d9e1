#!/usr/bin/env bash
# Tests the wheel in dist/ in a fresh environment, with the connector, and alone in another. Arguments go to pytest.
# Needs the wheel (make wheel) and, in LOCAL_WAREHOUSE_BIN or on PATH, the local warehouse (make warehouse).
set -euo pipefail

root="$(cd "$(dirname "$0")/../.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

tests="$root/tests/python"
for environment in test-alone test; do
    mkdir "$work/$environment"
    python="$("$root/python-pkg/venv.sh" "$environment" --wheel "$work/$environment/venv")"
    ignored=()
    [[ "$environment" == test ]] || ignored=(--ignore "$tests/connector")
    (cd "$work/$environment" && "$python" -m pytest --config-file "$root/python-pkg/pyproject.toml" -p no:cacheprovider --rootdir "$tests" "${ignored[@]}" "$tests" "$@")
done
