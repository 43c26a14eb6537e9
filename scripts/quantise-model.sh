#!/usr/bin/env bash
# Makes an int8 model where `vong` looks for it: quantise-model.sh ID [DIR]. The last line of stdout is
# its path.
#
# ID is an entry of models/manifest.toml with [model.quantised], which names the model it is made from.
# The scales are chosen on the pictures (JPEG, PNG) in DIR: some dozens of your own cameras, by day and by
# night, are best. Without DIR, on 31 frames of the street video (scripts/fetch-media.sh) and the pictures of
# scripts/fetch-pictures.sh. What comes out differs with the pictures, so its hash is written beside it.
#
# Whether it is faster, `vong bench detect --model ID` says, on the machine that is to run it; what it loses,
# docs/performance.md. The tools stay in the user's cache (300 MB).
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vong
model=${1:?usage: quantise-model.sh ID [DIR] (for example yolox-nano-int8)}
pictures=${2:-}

say() { echo "quantise-model: $*" >&2; }
die() { say "$*"; exit 1; }

command -v python3 >/dev/null || die "python3 is needed (Debian: apt-get install python3 python3-venv)"
pins=$(python3 - "$repo/models/manifest.toml" "$model" <<'PY'
import sys, tomllib
manifest = tomllib.load(open(sys.argv[1], "rb"))
made = {it["name"]: it for it in manifest["model"] if "quantised" in it}
if sys.argv[2] not in made:
    sys.exit(f"quantise-model: {sys.argv[2]} is not made by quantising; these are: {', '.join(made)}")
it = made[sys.argv[2]]
print(it["file"], it["quantised"]["from"], manifest["runtime"]["version"])
PY
)
read -r file source runtime <<<"$pins"

tools=$cache/quantiser-$runtime
if [ ! -f "$tools/is-whole" ]; then
  say "installing ONNX Runtime $runtime and its quantiser into $tools"
  rm -rf "$tools"
  mkdir -p "$cache"
  python3 -m venv "$tools" &&
    "$tools/bin/pip" install --quiet --disable-pip-version-check "onnxruntime==$runtime" \
      onnx==1.23.2 numpy==2.4.6 pillow==13.0.0 >&2 ||
    die "the quantiser could not be installed: it needs Python 3.11 or later with venv, and pip's index"
  touch "$tools/is-whole"
fi

weights=$("$repo/scripts/fetch-model.sh" "$source" | tail -1)
scratch=$(mktemp -d "$cache/quantise.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
seen=()
if [ -n "$pictures" ]; then
  while IFS= read -r -d '' path; do seen+=("$path"); done < <(
    find "$pictures" -maxdepth 1 -type f \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' \) -print0 | sort -z)
  [ "${#seen[@]}" -gt 0 ] || die "$pictures holds no JPEG or PNG pictures"
else
  "$repo/scripts/fetch-media.sh" >&2
  video=${VONG_MEDIA_DIR:-$cache/media}/vtest.mp4
  # Every 26th frame: all through the 80 seconds.
  ffmpeg -nostdin -loglevel error -i "$video" -vf 'select=not(mod(n\,26))' -fps_mode vfr "$scratch/%03d.png"
  seen=("$scratch"/*.png "$("$repo/scripts/fetch-pictures.sh" | tail -1)"/*)
fi

say "quantising $source on ${#seen[@]} pictures (half a minute)"
"$tools/bin/python" "$repo/scripts/quantise.py" "$repo/models/manifest.toml" "$model" "$weights" \
  "$scratch/model.onnx" "${seen[@]}" 2>"$scratch/log" || { tail -5 "$scratch/log" >&2; die "it failed"; }
grep '^quantise: ' "$scratch/log" >&2
mkdir -p "$cache/models"
target=$cache/models/$file
rm -f "$target"
sha256sum "$scratch/model.onnx" | cut -d' ' -f1 >"$target.sha256"
mv "$scratch/model.onnx" "$target"
echo "$target"
