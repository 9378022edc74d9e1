#!/usr/bin/env bash
# Builds the wheel of databricks-sql-kernel and leaves it, alone, in dist/. Needs cargo, python3 with venv, and strip (binutils).
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
dist="$here/../dist"
target="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel/target}"
export CARGO_TARGET_DIR="$target"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# In bytes, stripped.
most=8500000

# The same sources give the same wheel, byte for byte.
export SOURCE_DATE_EPOCH=315532800

# zig links for glibc 2.17, as this machine's linker cannot.
options=()
if [[ "$(uname -s)" == Linux ]] && python="$("$here/venv.sh" zig)"; then
    options=(--zig --compatibility manylinux_2_17)
    # Its linker would strip the symbols too that the bindings are generated from.
    export CARGO_PROFILE_RELEASE_STRIP=none
else
    python="$("$here/venv.sh" build)"
    echo "    zig cannot be had: the wheel will be for systems with this one's libraries, or newer ones" >&2
fi
bin="$(dirname "$python")"
export PATH="$bin:$PATH"

# Maturin hands uniffi.toml over as an option that the generator does not read; it finds the file by itself.
(cd "$here" && "$bin/maturin" build --quiet --release --locked "${options[@]}" --out "$work/built") 2> >(grep -v 'old-style --config' >&2)

# The bindings are generated from the library's symbols, so they can be stripped only now; that halves the wheel. The jar's are still to be.
"$bin/wheel" unpack --dest "$work/unpacked" "$work"/built/*.whl >/dev/null
library="$(echo "$work"/unpacked/*/databricks_sql_kernel/_native/*.so)"
install -D "$library" "$target/kernel/libdatabricks_sql_kernel.so"
strip --strip-all "$library"
size="$(stat --format %s "$library")"
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
