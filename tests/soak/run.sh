#!/usr/bin/env bash
# Programs in Python, asyncio and Kotlin for minutes, on warehouses that fail and are killed; then lives by the thousand. MINUTES (20) and SEED in the environment.
# Needs the warehouse, the wheel and the jar (make soak builds them), and Linux, whose /proc tells what a process holds.
set -euo pipefail
cd "$(dirname "$0")/../.."
here="$PWD/tests/soak"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel"
mvn --quiet --batch-mode -Dmaven.repo.local="$cache/m2" --file "$here/kotlin/pom.xml" compile dependency:build-classpath -Dmdep.outputFile=target/classpath
python="$(python-pkg/venv.sh connector --wheel)"
exec env PYTHONDONTWRITEBYTECODE=1 "$python" "$here/soak.py" -Xmx128m -cp "$here/kotlin/target/classes:$(cat "$here/kotlin/target/classpath")"
