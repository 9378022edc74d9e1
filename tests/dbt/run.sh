#!/usr/bin/env bash
# dbt on the local warehouse on Apache Spark, through the wheel.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="$(python-pkg/venv.sh dbt --wheel)"
export LOCAL_WAREHOUSE_SPARK_PYTHON="${LOCAL_WAREHOUSE_SPARK_PYTHON:-$(python-pkg/venv.sh spark)}"
exec "$python" tests/dbt/flow.py
