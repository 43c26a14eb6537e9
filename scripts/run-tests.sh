#!/usr/bin/env bash
# Builds all tests and runs them in two lanes side by side: what mostly waits, for a play to begin or a link to
# come back, and everything else. Each lane runs one test binary after the other, as `cargo test` does.
set -euo pipefail
cd "$(dirname "$0")/.."

waiting=(back_after_a_day cluster_alone cluster_disk impaired_broadcast places shelf sim_speakers)

# Every integration test of the workspace that is not named above.
others() {
  cargo metadata --locked --no-deps --format-version 1 | python3 -c '
import json, sys
targets = [t for p in json.load(sys.stdin)["packages"] for t in p["targets"]]
print(*sorted({t["name"] for t in targets if "test" in t["kind"]} - set(sys.argv[1:])), sep="\n")
' "${waiting[@]}"
}

lane() { cargo test --locked --workspace --no-fail-fast "$@"; }

cargo test --locked --workspace --no-run
names=$(others)
[ -n "$names" ] || { echo "no integration test was found: is this the workspace?" >&2; exit 1; }
mapfile -t rest <<<"$names"
log=$(mktemp)
beside=
# Whoever interrupts this ends the other lane as well.
trap '[ -z "$beside" ] || kill "$beside" 2>/dev/null || :; rm -f "$log"' EXIT
# Who waits can do so together: five threads, where the processor has two.
RUST_TEST_THREADS=5 lane "${waiting[@]/#/--test=}" >"$log" 2>&1 &
beside=$!
failed=0
lane --lib --bins "${rest[@]/#/--test=}" || failed=1
wait "$beside" || failed=1
beside=
cat "$log"
exit "$failed"
