#!/usr/bin/env bash
# Installs what building, testing and the demo need on Debian 12 or 13 (x86-64 or arm64): packages
# from Debian, Rust if there is none, ONNX Runtime, a detection model and test media. Asks nothing,
# downloads only what is missing, and is done in a second when nothing is.
set -euo pipefail
cd "$(dirname "$0")/.."

MIN_RUST=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

PACKAGES=(
  build-essential pkg-config curl ca-certificates tzdata python3 python3-venv python3-pip python3-dateutil
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstrtspserver-1.0-dev
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-plugins-ugly gstreamer1.0-libav gstreamer1.0-alsa gstreamer1.0-rtsp
  libasound2-plugins mosquitto mosquitto-clients espeak-ng ffmpeg chromium iproute2
)

say() { printf '\033[1m[setup]\033[0m %s\n' "$*" >&2; }
die() { printf '[setup] %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "root is needed to install: $*. Run this as root, or install sudo."
  fi
}

apt_install() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "this needs Debian 12 or 13; missing here: ${missing[*]}"
  IS_INSTALLING=true
  say "installing with apt, $(($# - ${#missing[@]})) of $# being there already: ${missing[*]}"
  as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \
    install --no-install-recommends "${missing[@]}" >/dev/null
}

# The broker package starts a broker on port 1883; our tests and the demo start their own.
quiet_mosquitto() {
  if command -v systemctl >/dev/null && systemctl is-active -q mosquitto 2>/dev/null; then
    say "note: Debian's mosquitto service runs on port 1883; Vọng leaves it alone"
  fi
}

has_rust() {
  command -v cargo >/dev/null && command -v rustc >/dev/null || return 1
  local have
  have=$(rustc --version | awk '{print $2}')
  [ "$(printf '%s\n%s\n' "$MIN_RUST" "${have%%-*}" | sort -V | head -n 1)" = "$MIN_RUST" ]
}

install_rust() {
  has_rust && return 0
  local found=none
  command -v rustc >/dev/null && found=$(rustc --version)
  command -v rustup >/dev/null &&
    die "Rust $MIN_RUST or newer is needed, found: $found. Run: rustup update stable"
  say "Rust $MIN_RUST or newer is needed (found: $found); trying Debian's rustc-web"
  apt_install rustc-web cargo-web
  has_rust || die "Debian has no Rust >= $MIN_RUST here. Install it from https://rustup.rs and run this again."
}

install_node() {
  if command -v node >/dev/null && command -v npm >/dev/null; then
    [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] && return 0
    die "Node.js 18 or newer is needed for the console, found $(node --version)"
  fi
  apt_install nodejs npm
}

# Cargo goes by the age of files, and names what it built by the crate and not by where it lies. Of two
# checkouts that share a build folder, the second would be given what the first was built from. Two that
# build at the same time need a CARGO_TARGET_DIR each.
own_build_folder() {
  local stamp=${CARGO_TARGET_DIR:-target}/checkout
  [ "$(cat "$stamp" 2>/dev/null)" = "$PWD" ] && return 0
  find gateway models broadcast provisioning tests -type f -exec touch -c {} + ||
    die "the files of this checkout belong to somebody else, and the build folder was used by another checkout: set CARGO_TARGET_DIR to a folder of your own"
  mkdir -p "$(dirname "$stamp")"
  echo "$PWD" >"$stamp"
}

# What a fetching script puts down, or finds: the last line of its stdout. What it downloads, it says itself.
tell() {
  local what=$1 path started
  shift
  started=$(mktemp)
  path=$(bash "$@" | tail -n 1) || { rm -f "$started"; exit 1; }
  if [ "$path" -nt "$started" ]; then say "$what: fetched to $path"
  elif [ "${path%/*}" = "${VONG_MODEL_DIR:-}" ]; then say "$what: there already, $path (VONG_MODEL_DIR)"
  else say "$what: there already, $path"
  fi
  rm -f "$started"
}

IS_INSTALLING=false
apt_install "${PACKAGES[@]}"
quiet_mosquitto
install_rust
install_node
[ "$IS_INSTALLING" = true ] || say "packages: all ${#PACKAGES[@]} from Debian are there already, and so are Rust and Node.js"
tell "ONNX Runtime" scripts/fetch-onnxruntime.sh
tell "detection model" scripts/fetch-model.sh --any "${VONG_MODEL:-yolox-nano}"
say "test media"
bash scripts/fetch-media.sh >/dev/null
bash scripts/fetch-pictures.sh >/dev/null
own_build_folder
say "ready: $(rustc --version | cut -d' ' -f1-2), node $(node --version)"
