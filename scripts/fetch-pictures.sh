#!/usr/bin/env bash
# Fetches the pictures that the detector is compared on, out of the PyPI wheel of scikit-image, into
# the user's cache. A second run finds them and does nothing. The last line of stdout is the folder.
set -euo pipefail

VERSION=0.25.2
WHEEL_SHA256=24cc986e1f4187a12aa319f777b36008764e856e5013666a4a83f8df083c2641
PICTURES=(astronaut.png coffee.png chelsea.png motorcycle_left.png rocket.jpg)

media=${VONG_MEDIA_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/vong/media}
folder=$media/pictures
die() { echo "fetch-pictures: $*" >&2; exit 1; }

if [ -d "$folder" ]; then echo "$folder"; exit 0; fi
mkdir -p "$media"
scratch=$(mktemp -d "$media/.pictures.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
echo "fetch-pictures: downloading scikit-image $VERSION (15 MB) for its pictures" >&2
# Pictures are the same in every build of it; one is named so that its hash is fixed.
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
  --platform manylinux2014_x86_64 --python-version 311 --implementation cp --abi cp311 \
  --dest "$scratch" "scikit-image==$VERSION" >&2 || die "scikit-image cannot be downloaded: check the network and pip's index"
wheel=$(echo "$scratch"/*.whl)
found=$(sha256sum "$wheel" | cut -d' ' -f1)
[ "$found" = "$WHEEL_SHA256" ] || die "the wheel's sha256 is $found, $WHEEL_SHA256 is needed"
python3 - "$wheel" "$scratch/pictures" "${PICTURES[@]}" <<'PY'
import os, sys, zipfile
os.mkdir(sys.argv[2])
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in sys.argv[3:]:
        with open(os.path.join(sys.argv[2], name), "wb") as target:
            target.write(wheel.read("skimage/data/" + name))
PY
mv "$scratch/pictures" "$folder"
echo "$folder"
