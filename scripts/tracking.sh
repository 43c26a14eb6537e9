#!/usr/bin/env bash
# How well people are followed on the street video (PETS09-S2L1): IDF1, MOTA and switches of the frames
# as they are (10 a second) and of every second one (both halves), judged by motmetrics from PyPI.
#
#     scripts/tracking.sh VONG TRUTH
#
# TRUTH is the annotation in MOTChallenge's format (frame,id,x,y,width,height,...; frame n is the video's
# nth). It is free for research only, so it does not come with Vọng: look for PETS09-S2L1 of MOT15 at
# motchallenge.net. VONG_MODEL chooses another model than yolox-nano.
set -euo pipefail
usage="usage: scripts/tracking.sh VONG TRUTH"
vong=$(realpath "${1:?$usage}")
truth=$(realpath "${2:?$usage}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vong
video=${VONG_MEDIA_DIR:-$cache/media}/vtest.mp4
[ -f "$video" ] || { echo "$video is missing: scripts/fetch-media.sh" >&2; exit 1; }

python=$(bash "$(dirname "$0")/judge-python.sh")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
detect() { # name, options...
  "$vong" detect --video "$2" --model "${VONG_MODEL:-yolox-nano}" --format mot --every-frame "${@:3}" >"$work/$1"
}
detect all "$video"
detect first "$video" --step 2
# The other half: the same video without its first frame.
ffmpeg -nostdin -loglevel error -y -i "$video" -vf "select='gte(n,1)',setpts=N/10/TB" -c:v libx264 -preset fast \
  -crf 15 -pix_fmt yuv420p -bf 0 "$work/later.mp4"
detect second "$work/later.mp4" --step 2

"$python" - "$truth" "$work" <<'PY'
import sys
import motmetrics
import numpy

numpy.asfarray = getattr(numpy, "asfarray", lambda it: numpy.asarray(it, float))

def load(path, later=0):
    frames = {}
    for line in open(path):
        fields = line.strip().split(",")
        if len(fields) > 5:
            box = (int(float(fields[1])), [float(it) for it in fields[2:6]])
            frames.setdefault(int(float(fields[0])) + later, []).append(box)
    return frames

def judge(name, truth, seen, wanted):
    pairs = motmetrics.MOTAccumulator(auto_id=True)
    for frame in filter(wanted, sorted(truth)):
        real, found = truth[frame], seen.get(frame, [])
        boxes = [numpy.array([it[1] for it in side]).reshape(-1, 4) for side in (real, found)]
        distances = motmetrics.distances.iou_matrix(*boxes, max_iou=0.5)
        pairs.update([it[0] for it in real], [it[0] for it in found], distances)
    metrics = ["idf1", "mota", "num_switches", "num_false_positives", "num_misses"]
    it = motmetrics.metrics.create().compute(pairs, metrics=metrics, name="all").iloc[0]
    print(f"{name}: IDF1 {it.idf1:.3f} MOTA {it.mota:.3f} switches {int(it.num_switches)} "
          f"false {int(it.num_false_positives)} missed {int(it.num_misses)}")

truth, work = load(sys.argv[1]), sys.argv[2]
judge("10 fps", truth, load(f"{work}/all"), lambda it: True)
judge("5 fps, frames 1, 3, 5", truth, load(f"{work}/first"), lambda it: it % 2 == 1)
judge("5 fps, frames 2, 4, 6", truth, load(f"{work}/second", 1), lambda it: it % 2 == 0)
PY
