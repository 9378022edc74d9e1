#!/usr/bin/env bash
# Builds the jar, leaves it in dist/, and installs it in the build's Maven repository and in the user's. Does nothing when all that went into it is as it was.
# Needs the kernel that `make wheel` builds, and Maven.
set -euo pipefail
cd "$(dirname "$0")/.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel"
library="${CARGO_TARGET_DIR:-$cache/target}/kernel/libdatabricks_sql_kernel.so"
version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)"
jar="dist/databricks-sql-kernel-$version.jar"
place="com/databricks/databricks-sql-kernel/$version/$(basename "$jar")"

key="$({
    find kotlin-pkg/pom.xml kotlin-pkg/native.sh kotlin-pkg/src/main uniffi.toml Cargo.lock -type f -print0 | sort -z | xargs -0 sha256sum
    sha256sum "$library"
} | sha256sum)"
if [[ "$(cat dist/.jar-key 2>/dev/null)" == "$key" && -f "$jar" && -f "$cache/m2/$place" && -f "$HOME/.m2/repository/$place" ]]; then
    ls -l "$jar"
    exit
fi

maven="mvn --quiet --batch-mode"
rm -f dist/databricks-sql-kernel-*.jar
$maven -Dmaven.repo.local="$cache/m2" --file kotlin-pkg/pom.xml -DskipTests install
mkdir -p dist
cp "kotlin-pkg/target/$(basename "$jar")" "$jar"
(cd dist && $maven org.apache.maven.plugins:maven-install-plugin:3.1.4:install-file -Dfile="$(basename "$jar")" -DpomFile=../kotlin-pkg/pom.xml)
echo "$key" >dist/.jar-key
ls -l "$jar"
