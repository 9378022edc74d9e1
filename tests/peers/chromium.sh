#!/usr/bin/env bash
# Prints a command that runs Chromium: one that is installed, or Debian's, unpacked below the cache. Says why where there is none.
set -euo pipefail
place="${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel/chromium"
fail() { printf '%s\n' "$*" >&2; exit 1; }

for name in chromium chromium-browser google-chrome; do
    if found="$(command -v "$name")"; then
        echo "$found"
        exit
    fi
done
if [[ ! -f "$place/.complete" ]]; then
    command -v apt-get dpkg >/dev/null || fail "no Chromium is installed, and there is no apt-get to fetch one with"
    read -ra packages < <(apt-get install --simulate --no-install-recommends chromium 2>/dev/null | awk '/^Inst/ {printf "%s ", $2}') || true
    ((${#packages[@]} > 0)) || fail "no Chromium is installed, and apt-get knows none: apt-get update may help"
    echo "fetching Chromium: 120 MB, once" >&2
    rm -rf "$place"
    mkdir -p "$place/packages"
    (cd "$place/packages" && apt-get download -qq "${packages[@]}") || fail "Chromium could not be fetched"
    for package in "$place"/packages/*.deb; do dpkg -x "$package" "$place/root"; done
    rm -rf "$place/packages"
    libraries=("$place"/root/usr/lib/*-linux-gnu*)
    printf '#!/bin/sh\nLD_LIBRARY_PATH="%s:%s/pulseaudio" exec "%s/root/usr/lib/chromium/chromium" "$@"\n' \
        "${libraries[0]}" "${libraries[0]}" "$place" >"$place/chromium"
    chmod +x "$place/chromium"
    touch "$place/.complete"
fi
echo "$place/chromium"
