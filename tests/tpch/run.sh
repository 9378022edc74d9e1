#!/usr/bin/env bash
# The 22 TPC-H queries through the connector and the kernel, compared with DuckDB's answers over the same tables.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="$(python-pkg/venv.sh tpch --wheel)"
exec "$python" tests/tpch/compare.py
