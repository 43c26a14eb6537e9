#!/bin/sh
# Builds the console into web/dist, from where the gateway embeds it. Quick when nothing changed.
set -eu
cd "$(dirname "$0")/../web"

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "build-web: Node.js and npm are needed: apt-get install nodejs npm" >&2
    exit 1
fi
if [ "$(node -p 'process.versions.node.split(".")[0] >= 18')" != true ]; then
    echo "build-web: Node.js 18 or later is needed, this is $(node --version)" >&2
    exit 1
fi

# Everything that decides what is built; the answer to "is web/dist still of these sources?".
stamp=$(find . -path ./node_modules -prune -o -path ./dist -prune -o -path ./tests -prune \
    -o -type f -print | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-64)
if [ -f dist/index.html ] && [ "$(cat node_modules/.vong-built 2>/dev/null)" = "$stamp" ]; then
    echo "build-web: web/dist is up to date"
    exit 0
fi

locked=$(sha256sum package-lock.json | cut -c1-64)
if [ "$(cat node_modules/.vong-locked 2>/dev/null)" != "$locked" ]; then
    echo "build-web: fetching the packages of web/package-lock.json"
    npm ci --ignore-scripts --no-audit --no-fund
    echo "$locked" >node_modules/.vong-locked
fi
echo "build-web: checking types"
npm run --silent check
echo "build-web: building web/dist"
npm run --silent build
echo "$stamp" >node_modules/.vong-built
