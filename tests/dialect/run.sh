#!/usr/bin/env bash
# The statements of tests/dialect/ on both engines of the local warehouse, through the kernel. Arguments go to compare.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="$(python-pkg/venv.sh connector --wheel)"
export LOCAL_WAREHOUSE_SPARK_PYTHON="${LOCAL_WAREHOUSE_SPARK_PYTHON:-$(python-pkg/venv.sh spark)}"
exec "$python" tests/dialect/compare.py "$@"
