#!/usr/bin/env bash
# What a box with two cameras and an idle loudspeaker cluster hold in memory: the whole of each
# process, in MiB, as the kernel counts it (resident set; of it private to the process).
#
#     scripts/memory.sh [SECONDS]      after so long (default 60); VONG=path for another binary
#
# The release build is what counts: cargo build --release -p gateway
set -euo pipefail
cd "$(dirname "$0")/.."

vong=${VONG:-${CARGO_TARGET_DIR:-target}/release/vong}
seconds=${1:-60}
port=${PORT_BASE:-28600}
video=${VIDEO:-${XDG_CACHE_HOME:-$HOME/.cache}/vong/media/vtest.mp4}
[ -x "$vong" ] || { echo "$vong is missing: cargo build --release -p gateway" >&2; exit 1; }
[ -f "$video" ] || { echo "$video is missing: scripts/fetch-media.sh" >&2; exit 1; }

# As systemd/vong.service has it.
while read -r setting; do export "${setting?}"; done < <(sed -n 's/^Environment=\(MALLOC_.*\)$/\1/p' systemd/vong.service)

folder=$(mktemp -d)
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap finish EXIT
start() {
  "${@:2}" >"$folder/$1.log" 2>&1 &
  started+=($!)
}

"$vong" provision dev-fleet --out "$folder/fleet" --speakers 1 --cameras 2 --port-base "$port" >/dev/null
for broker in "$folder"/fleet/mosquitto-*/mosquitto.conf; do
  start "$(basename "$(dirname "$broker")")" /usr/sbin/mosquitto -c "$broker"
done
start cameras "$vong" sim camera --listen "127.0.0.1:$((port + 5))" \
  --camera "/camera-1=$video" --camera "/camera-2=$video"
sleep 1
start box "$vong" run --config "$folder/fleet/box-demo-1/vong.toml"
box=$!
start cluster "$vong" speaker --config "$folder/fleet/loa-demo-001/vong.toml"
cluster=$!
sleep "$seconds"

show() {
  [ -r "/proc/$2/status" ] || { echo "$1 ended early:" >&2; tail -3 "$folder/$3.log" >&2; exit 1; }
  awk -v name="$1" '/^(VmRSS|VmHWM|RssAnon|Threads):/ { value[$1] = $2 }
    END { printf "%-28s %6.1f MiB resident, %6.1f MiB private, %6.1f MiB at most, %d threads\n", name,
      value["VmRSS:"] / 1024, value["RssAnon:"] / 1024, value["VmHWM:"] / 1024, value["Threads:"] }' "/proc/$2/status"
}
for pid in "${started[@]}"; do
  kill -0 "$pid" 2>/dev/null || { echo "not every part of the ward lived so long:" >&2; tail -n 3 "$folder"/*.log >&2; exit 1; }
done
[ "$(grep -c ' online' "$folder/box.log")" -ge 2 ] || { echo "not both cameras are online:" >&2; tail -5 "$folder/box.log" >&2; exit 1; }
show "vong run, two cameras" "$box" box
show "vong speaker, idle" "$cluster" cluster
