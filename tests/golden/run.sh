#!/usr/bin/env bash
# Spark's own golden files through the kernel, on the embedded engine or on Spark. Arguments go to golden.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel"
checksum=810bef6fd568e1626aad7354a1161e9e5ac629fbc55ba0a9a4e3cec8c06376eb
jar="$cache/golden/spark-sql_2.13-4.2.0-tests.jar"

is_good() { echo "$checksum  $jar" | sha256sum --check --status 2>/dev/null; }

if ! is_good; then
    echo "    fetching Spark's tests: 53 MB, once"
    mvn --quiet --batch-mode -Dmaven.repo.local="$cache/m2" --file tests/golden/pom.xml dependency:copy-dependencies -DoutputDirectory="$cache/golden"
    is_good || { echo "$jar is not the file that is known: delete it, and the same file below $cache/m2, to fetch it again" >&2; exit 1; }
fi

python="$(python-pkg/venv.sh connector --wheel)"
# Spark itself is needed to judge the judge, and once for the examples of its functions.
if [[ " $* " == *" --engine spark "* || ( ! -f "$cache/golden/examples-4.2.0.json" && " $* " != *" --tenth "* ) ]]; then
    GOLDEN_SPARK_PYTHON="$(python-pkg/venv.sh golden-spark)"
    export GOLDEN_SPARK_PYTHON
fi
exec "$python" tests/golden/golden.py "$jar" "$@"
