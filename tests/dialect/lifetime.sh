#!/usr/bin/env bash
# A local Spark lives as long as its warehouse, a query on Spark no longer than somebody waits for it, what is created with --data longer than both.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="$(python-pkg/venv.sh connector --wheel)"
spark="${LOCAL_WAREHOUSE_SPARK_PYTHON:-$(python-pkg/venv.sh spark)}"
"$python" tests/dialect/lifetime.py "$spark"
"$python" tests/dialect/cancel.py "$spark"
LOCAL_WAREHOUSE_SPARK_PYTHON="$spark" "$python" tests/dialect/kept.py
