#!/usr/bin/env bash
# The Python that has motmetrics (and numpy, which it needs): made once in the cache. Prints its path.
# usage: python=$(scripts/judge-python.sh)
set -euo pipefail
home=${XDG_CACHE_HOME:-$HOME/.cache}/vong/motmetrics
if ! "$home/bin/python" -c 'import motmetrics' 2>/dev/null; then
  echo "installs motmetrics from PyPI into $home" >&2
  python3 -m venv "$home"
  "$home/bin/python" -m pip --quiet --disable-pip-version-check install motmetrics==1.4.0 >&2
fi
echo "$home/bin/python"
