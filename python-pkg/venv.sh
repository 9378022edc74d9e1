#!/usr/bin/env bash
# Prints the path of a Python interpreter that has what python-pkg/requirements/NAME.txt lists.
#
#   python-pkg/venv.sh NAME                 an environment that is made once and kept
#   python-pkg/venv.sh NAME --wheel         a thin one above it, made for the wheel in dist/, or in WHEEL, and kept
#   python-pkg/venv.sh NAME --wheel FOLDER  the same, made anew in FOLDER, an empty folder
#
# Needs python3 with venv (Debian: python3-venv). PYTHON names another interpreter. Environments lie below
# ${XDG_CACHE_HOME:-~/.cache}/databricks-sql-kernel/venvs, keyed by what is installed in them.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel/venvs"
python="${PYTHON:-python3}"
name="${1:?usage: $0 NAME [--wheel [FOLDER]]}"

say() { printf '    %s\n' "$*" >&2; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

requirements="$here/requirements/$name.txt"
[[ -f "$requirements" ]] || fail "there is no $requirements"
"$python" -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10)' 2>/dev/null ||
    fail "$python is not a Python 3.10 or newer with venv: install python3 and python3-venv, or name one in PYTHON"

key_of() { sha256sum | cut -c 1-16; }

with_included() {
    cat "$here/requirements/$1"
    sed -n 's/^-r //p' "$here/requirements/$1" | while read -r included; do with_included "$included"; done
}

# The requirements, those that they include, and the interpreter.
base_key="$({
    "$python" -VV
    with_included "$name.txt"
} | key_of)"
base="$cache/$name-$base_key"

mkdir -p "$cache"
exec 9>"$cache/.lock-$name-$base_key"
flock 9
if [[ ! -f "$base/.complete" ]]; then
    say "making the Python environment '$name': about a minute, once"
    rm -rf "$base"
    "$python" -m venv "$base"
    "$base/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$requirements" >&2
    "$base/bin/python" -m pip check >&2 || fail "python-pkg/requirements/$name.txt does not fit together"
    touch "$base/.complete"
fi

if [[ "${2:-}" != --wheel ]]; then
    echo "$base/bin/python"
    exit
fi

shopt -s nullglob
wheels=("$here"/../dist/databricks_sql_kernel-*.whl)
[[ -z "${WHEEL:-}" ]] || wheels=("$WHEEL")
((${#wheels[@]} == 1)) || fail "dist/ holds ${#wheels[@]} wheels instead of one: run python-pkg/build_wheel.sh (make wheel)"

layer="${3:-$cache/$name-$base_key-wheel-$(key_of <"${wheels[0]}")}"
if [[ ! -f "$layer/.complete" ]]; then
    "$python" -m venv --without-pip "$layer"
    packages_of() { "$1" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }
    packages_of "$base/bin/python" >"$(packages_of "$layer/bin/python")/base.pth"
    "$base/bin/python" -m pip --python "$layer/bin/python" install --quiet --disable-pip-version-check --no-index "${wheels[0]}" >&2
    touch "$layer/.complete"
fi
echo "$layer/bin/python"
