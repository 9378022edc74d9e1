#!/usr/bin/env bash
# Compiles the Maven project in PROJECT, which takes the jar from the local repository, and runs MAIN of it as a user would: plain java with a class path.
set -euo pipefail
project="${1:?usage: run.sh PROJECT MAIN [JAVA-OPTION…] [-- ARGUMENT…]}"
main="${2:?usage: run.sh PROJECT MAIN [JAVA-OPTION…] [-- ARGUMENT…]}"
shift 2
options=()
while (($#)) && [[ "$1" != -- ]]; do options+=("$1"); shift; done
repository="${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel/m2"
mvn --quiet --batch-mode -Dmaven.repo.local="$repository" --file "$project/pom.xml" compile dependency:build-classpath -Dmdep.outputFile=target/classpath
exec java "${options[@]}" -cp "$project/target/classes:$(cat "$project/target/classpath")" "$main" "${@:2}"
