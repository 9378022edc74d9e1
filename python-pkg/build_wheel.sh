#!/usr/bin/env bash
# Builds the wheel of databricks-sql-kernel and leaves it, alone, in dist/. Needs cargo, python3 with venv, and strip (binutils).
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
dist="$here/../dist"
bin="$(dirname "$("$here/venv.sh" build)")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# In bytes, stripped.
most=8500000

# The same sources give the same wheel, byte for byte.
export SOURCE_DATE_EPOCH=315532800

# Maturin hands uniffi.toml over as an option that the generator does not read; it finds the file by itself.
(cd "$here" && "$bin/maturin" build --quiet --release --locked --out "$work/built") 2> >(grep -v 'old-style --config' >&2)

# The bindings are generated from the library's symbols, so they can be stripped only now; that halves the wheel.
"$bin/wheel" unpack --dest "$work/unpacked" "$work"/built/*.whl >/dev/null
strip --strip-all "$work"/unpacked/*/databricks_sql_kernel/_native/*.so
size="$(stat --format %s "$work"/unpacked/*/databricks_sql_kernel/_native/*.so)"
if ((size > most)); then
    echo "the library has $size bytes, and may have $most" >&2
    exit 1
fi
mkdir "$work/packed"
"$bin/wheel" pack --dest-dir "$work/packed" "$work"/unpacked/* >/dev/null

mkdir -p "$dist"
rm -f "$dist"/databricks_sql_kernel-*.whl
mv "$work"/packed/*.whl "$dist/"
ls -l "$dist"/databricks_sql_kernel-*.whl
