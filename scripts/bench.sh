#!/usr/bin/env bash
# The figures of docs/performance.md, measured on this machine: one JSON object a line on stdout.
# usage: scripts/bench.sh VONG_BINARY
set -euo pipefail
vong=${1:?usage: scripts/bench.sh VONG_BINARY}
video=${XDG_CACHE_HOME:-$HOME/.cache}/vong/media/vtest.mp4
[ -f "$video" ] || { echo "$video is missing: run 'make setup'" >&2; exit 1; }
for run in 1 2 3; do
  echo "bench detect, run $run of 3" >&2
  "$vong" bench detect --video "$video" --model "${VONG_MODEL:-yolox-nano}"
done
