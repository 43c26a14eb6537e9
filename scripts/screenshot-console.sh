#!/bin/sh
# Takes docs/console.png from a running box, for example from `make demo`, which prints the first two:
#
#   VONG_URL=https://127.0.0.1:28443 VONG_USER=quan-tri VONG_PASSWORD=... scripts/screenshot-console.sh [FILE]
set -eu
cd "$(dirname "$0")/.."
exec node tests/browser/console.mjs --screenshot "${1:-docs/console.png}"
