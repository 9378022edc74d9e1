#!/usr/bin/env bash
# Other people's clients, unmodified, on the local warehouse: their answers must be ours.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel"
here="$PWD/tests/peers"

jdbc="$cache/peers/$(sha256sum "$here/pom.xml" "$here"/*.java | sha256sum | cut -c 1-16)"
if [[ ! -f "$jdbc/.complete" ]]; then
    echo "fetching the JDBC driver: about a minute, once"
    mkdir -p "$jdbc/classes"
    mvn --quiet --batch-mode -Dmaven.repo.local="$cache/m2" --file "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$jdbc/lib"
    javac -cp "$jdbc/lib/*" -d "$jdbc/classes" "$here"/*.java
    touch "$jdbc/.complete"
fi

ours="$(python-pkg/venv.sh connector --wheel)"
published="$(python-pkg/venv.sh published)"
sdk="$(python-pkg/venv.sh sdk)"
leader="$(python-pkg/venv.sh peers --wheel)"
plain="$(python-pkg/venv.sh connector)"
java="java -Djava.awt.headless=true --add-opens=java.base/java.nio=ALL-UNNAMED -cp $jdbc/lib/*:$jdbc/classes"
set -o noglob
"$ours" "$here/sign_in.py" "ours=$ours" "published=$published" "sdk=$sdk"
CHROMIUM="$("$here/chromium.sh")" || true
export CHROMIUM
"$leader" "$here/flows.py" \
    "ours=$ours $here/flow_clients.py ours" \
    "published=$published $here/flow_clients.py published" \
    "sdk=$sdk $here/flow_clients.py sdk" \
    "jdbc=$java SignIn" \
    "connector=$plain $here/flow_clients.py connector"
exec "$ours" "$here/compare.py" \
    "ours=$ours $here/kernel_client.py ours" \
    "published=$published $here/kernel_client.py published" \
    "connector=$ours $here/connector_client.py" \
    "sdk=$sdk $here/sdk_client.py" \
    "jdbc=$java JdbcClient $here/cases.json"
