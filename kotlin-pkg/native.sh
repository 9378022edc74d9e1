#!/usr/bin/env bash
# Puts the generated bindings in TARGET/generated and the kernel's library at JNA's path in TARGET/resources. Needs the kernel that `make wheel` builds, cargo, and strip (binutils).
set -euo pipefail
target="${1:?usage: native.sh TARGET}"
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel/target}"
case "$(uname -m)" in
    x86_64) platform=linux-x86-64 ;;
    aarch64) platform=linux-aarch64 ;;
    *) echo "native.sh: no library for $(uname -m): build on x86_64 or aarch64" >&2; exit 1 ;;
esac

version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)"
grep -q "<version>$version</version>" kotlin-pkg/pom.xml || { echo "native.sh: kotlin-pkg/pom.xml has not Cargo's version, $version" >&2; exit 1; }

# The wheel's build leaves the kernel here; it is not compiled a second time.
library="$CARGO_TARGET_DIR/kernel/libdatabricks_sql_kernel.so"
[[ -f "$library" ]] || { echo "native.sh: $library is missing: run \`make wheel\` first" >&2; exit 1; }
rm -rf "$target/generated" "$target/resources"
mkdir -p "$target/resources/$platform"
# As maturin calls it, so that it is compiled once for both.
cargo run --quiet --locked --bin uniffi-bindgen -- \
    generate --language kotlin --no-format --out-dir "$target/generated" "$library"
# The bindings are generated from the library's symbols, so only the copy is stripped.
strip --strip-all -o "$target/resources/$platform/$(basename "$library")" "$library"
