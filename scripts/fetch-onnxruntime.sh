#!/usr/bin/env bash
# Puts ONNX Runtime where `vong` looks for it, out of its PyPI wheel. The last line of stdout is its path.
#
# Version and hashes per architecture: [runtime] in models/manifest.toml.
# The folder: ${XDG_CACHE_HOME:-~/.cache}/vong/onnxruntime. `--arch aarch64` fetches for another machine.
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
arch=$(uname -m)
if [ "${1:-}" = --arch ]; then arch=${2:?--arch needs x86_64 or aarch64}; fi

say() { echo "fetch-onnxruntime: $*" >&2; }
die() { say "$*"; exit 1; }
sha256() { sha256sum "$1" | cut -d' ' -f1; }

command -v python3 >/dev/null || die "python3 is needed (Debian: apt-get install python3 python3-pip)"
pins=$(python3 - "$repo/models/manifest.toml" "$arch" <<'PY'
import sys, tomllib
runtime = tomllib.load(open(sys.argv[1], "rb"))["runtime"]
build = runtime.get(sys.argv[2])
if build is None:
    sys.exit(f"fetch-onnxruntime: there is no ONNX Runtime for {sys.argv[2]}: detection needs x86_64 or aarch64")
print(runtime["version"], build["wheel_platform"], build["wheel_sha256"], build["library_sha256"])
PY
)
read -r version platform wheel_sha256 library_sha256 <<<"$pins"

folder=${XDG_CACHE_HOME:-$HOME/.cache}/vong/onnxruntime
[ "$arch" = "$(uname -m)" ] || folder=$folder/$arch
library=$folder/libonnxruntime.so.$version
if [ -f "$library" ] && [ "$(sha256 "$library")" = "$library_sha256" ]; then
  echo "$library"
  exit 0
fi

mkdir -p "$folder"
scratch=$(mktemp -d "$folder/fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
say "downloading ONNX Runtime $version for $arch (about 20 MB)"
# The library inside is the same for every Python; one is named so that the wheel's hash is fixed.
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
  --platform "$platform" --python-version 312 --implementation cp --abi cp312 \
  --dest "$scratch" "onnxruntime==$version" >&2 ||
  die "the wheel onnxruntime $version could not be downloaded: check the network and pip's index, or put
  libonnxruntime.so.$version (sha256 $library_sha256) at $library"
wheel=$(echo "$scratch"/*.whl)
found=$(sha256 "$wheel")
[ "$found" = "$wheel_sha256" ] || die "the wheel's sha256 is $found, $wheel_sha256 is needed: it is damaged, or not the one this version was tested with"
python3 - "$wheel" "onnxruntime/capi/libonnxruntime.so.$version" "$scratch/library" <<'PY'
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as source, open(sys.argv[3], "wb") as target:
    shutil.copyfileobj(source, target)
PY
found=$(sha256 "$scratch/library")
[ "$found" = "$library_sha256" ] || die "the library's sha256 is $found, $library_sha256 is needed"
mv "$scratch/library" "$library"
say "ONNX Runtime $version is at $library"
echo "$library"
