#!/usr/bin/env bash
# How many crossings into an area are told, and how many alerts are false, event by event, on people laid over the
# empty street by a script and on the street video as it is (scripts/intrusion.py says how; three minutes).
#
#     scripts/intrusion.sh VONG TRUTH [--verbose] [--keep FILM.mp4]
#
# TRUTH is PETS09-S2L1, as for scripts/tracking.sh.
set -euo pipefail
usage="usage: scripts/intrusion.sh VONG TRUTH [--verbose] [--keep FILM.mp4]"
vong=$(realpath "${1:?$usage}")
truth=$(realpath "${2:?$usage}")
scripts=$(cd "$(dirname "$0")" && pwd)
video=${VONG_MEDIA_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/vong/media}/vtest.mp4
[ -f "$video" ] || { echo "$video is missing: scripts/fetch-media.sh" >&2; exit 1; }
python=$(bash "$scripts/judge-python.sh")
exec "$python" "$scripts/intrusion.py" "$vong" "$truth" "$video" --model "${VONG_MODEL:-yolox-nano}" "${@:3}"
