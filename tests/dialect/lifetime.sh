#!/usr/bin/env bash
# A local Spark lives as long as its warehouse, and a query on Spark no longer than somebody waits for it.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="$(python-pkg/venv.sh connector --wheel)"
spark="${LOCAL_WAREHOUSE_SPARK_PYTHON:-$(python-pkg/venv.sh spark)}"
"$python" tests/dialect/lifetime.py "$spark"
"$python" tests/dialect/cancel.py "$spark"
