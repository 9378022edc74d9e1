#!/usr/bin/env bash
# Runs every fuzz target in turn, for MINUTES in all (10), or the one that TARGET names: fuzz/run.sh
#
# With a nightly toolchain libFuzzer looks for inputs that reach further, under AddressSanitizer; without one, and
# always for the local warehouse, inputs are made at random from the corpus. What libFuzzer has found lies below
# ~/.cache/databricks-sql-kernel/fuzz, for the next run.
set -euo pipefail
cd "$(dirname "$0")/.."

cache="${XDG_CACHE_HOME:-$HOME/.cache}/databricks-sql-kernel/fuzz"
read -r -a targets <<<"${TARGET:-$(ls fuzz/corpus | xargs)}"
seconds=$((${MINUTES:-10} * 60 / ${#targets[@]}))
nightly="$(rustup toolchain list 2>/dev/null | grep -o '^nightly[^ ]*' | head -1 || true)"

at_random() {
    local tests=(--package databricks-sql-kernel --lib "fuzz::tests::$1")
    [[ "$1" != http ]] || tests=(--package local-warehouse --test server fuzz::any_bytes)
    FUZZ_SECONDS=$seconds cargo test --quiet --locked "${tests[@]}"
}

# The release's profile makes a small library, slowly.
with_libfuzzer() {
    RUSTUP_TOOLCHAIN="$nightly" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/fuzz" \
        CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=2 \
        "$(dirname "$(python-pkg/venv.sh fuzz)")/cargo-fuzz" "$1" --features libfuzzer --codegen-units 16 "${@:2}"
}

# To look for the use of a stack frame that has ended takes half of the time, and safe code has none.
under_libfuzzer() {
    mkdir -p "$cache/$1"
    local log="$cache/$1.log"
    if ! ASAN_OPTIONS=detect_stack_use_after_return=0 with_libfuzzer run "$1" "$cache/$1" "fuzz/corpus/$1" -- \
        -max_total_time="$seconds" -timeout=25 -max_len=16384 -rss_limit_mb=4096 -print_final_stats=1 &>"$log"; then
        tail -60 "$log"
        return 1
    fi
    printf '    %s inputs\n' "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
}

if [[ -n "$nightly" && "${targets[*]}" != http ]]; then
    printf '    building the targets for libFuzzer with %s: about 10 minutes the first time on 2 cores\n' "$nightly"
    with_libfuzzer build
fi
for target in "${targets[@]}"; do
    printf '\n    %s, for %s s\n' "$target" "$seconds"
    if [[ -n "$nightly" && "$target" != http ]]; then under_libfuzzer "$target"; else at_random "$target"; fi
done
printf '\nno target fails: %s\n' "${targets[*]}"
