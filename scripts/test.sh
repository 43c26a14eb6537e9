#!/usr/bin/env bash
# Every check and every test. `make test` has installed what this needs and built the console.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n\033[1m[test %4ss]\033[0m %s\n' "$SECONDS" "$*"; }

step "formatting"
cargo fmt --all --check
step "lints"
cargo clippy --locked --workspace --all-targets -- -D warnings
step "the centre alone, without GStreamer and ONNX Runtime"
cargo clippy --locked -p gateway --no-default-features -- -D warnings
step "the loudspeaker agent, without ONNX Runtime"
cargo clippy --locked -p gateway --no-default-features --features gst -- -D warnings
step "the loudspeaker agent, without libgstrtspserver, which cross.toml does not install"
tree=$(cargo tree --locked -e normal --prefix none -p gateway --no-default-features --features gst)
if grep gstreamer-rtsp-server <<<"$tree"; then
  echo "the loudspeaker agent has the RTSP server in it: who asks for media's feature sim?" >&2
  exit 1
fi
step "console: types"
npm --prefix web run check
step "console: what it decides itself"
npm --prefix web test
step "tests"
cargo build --locked --workspace --bins
bash scripts/run-tests.sh
step "the whole path: cameras, alerts, bulletins and receipts from end to end (a minute)"
python3 scripts/demo.py --vong "$CARGO_TARGET_DIR/debug/vong" --speakers 3 --seconds 240 --until-all
step "done"
