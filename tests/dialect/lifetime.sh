#!/usr/bin/env bash
# A local Spark lives as long as its warehouse: it ends with SIGTERM, when the warehouse is killed, and is not started without pyspark.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec "$(python-pkg/venv.sh connector --wheel)" tests/dialect/lifetime.py "${LOCAL_WAREHOUSE_SPARK_PYTHON:-$(python-pkg/venv.sh spark)}"
