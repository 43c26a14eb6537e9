#!/usr/bin/env bash
# The figures of docs/performance.md, measured on this machine: one JSON object a line on stdout, what
# has no such form (memory, skew) as text on stderr.
# usage: scripts/bench.sh VONG_BINARY
set -euo pipefail
vong=$(realpath "${1:?usage: scripts/bench.sh VONG_BINARY}")
scripts=$(cd "$(dirname "$0")" && pwd)
video=${XDG_CACHE_HOME:-$HOME/.cache}/vong/media/vtest.mp4
[ -f "$video" ] || { echo "$video is missing: run 'make setup'" >&2; exit 1; }
for run in 1 2 3; do
  echo "bench detect, run $run of 3" >&2
  "$vong" bench detect --video "$video" --model "${VONG_MODEL:-yolox-nano}"
done
echo "bench plan: a year of 272 clusters" >&2
"$vong" bench plan
echo "memory: a box with two cameras and an idle cluster, half a minute" >&2
VONG=$vong bash "$scripts/memory.sh" 30 >&2
echo "in step: 20 bulletins on six clusters, 4 minutes" >&2
python3 "$scripts/demo.py" --vong "$vong" --seconds 260 --plays 20 | sed -n '/Summary/,$p' >&2
echo "fan-out: a quarter of an hour to 272 clusters, and short bulletins in step, 10 minutes" >&2
"$vong" bench fanout --clusters 272
