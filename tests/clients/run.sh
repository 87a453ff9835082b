#!/usr/bin/env bash
# tests/clients/run.sh: stations that nobody here wrote drive the running product: the PyPI package
# `ocpp` and the npm package `ocpp-rpc`. BUSBAR names the binary.
set -euo pipefail
cd "$(dirname "$0")"
busbar=${BUSBAR:?set BUSBAR to the busbar binary}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/busbar-ci/clients
mkdir -p "$cache"

if ! cmp -s requirements.txt "$cache/requirements.txt"; then
    rm -rf "$cache/venv"
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet --requirement requirements.txt
    cp requirements.txt "$cache/requirements.txt"
fi
if ! cmp -s package-lock.json "$cache/package-lock.json" || [ ! -d "$cache/node_modules" ]; then
    cp package.json package-lock.json "$cache/"
    npm --prefix "$cache" ci --no-audit --no-fund --silent
fi

folder=$(mktemp -d)
server=
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT
BUSBAR_DATA_DIR=$folder/data BUSBAR_HTTP_LISTEN=127.0.0.1:0 BUSBAR_GATEWAY_LISTEN=127.0.0.1:0 BUSBAR_FILES_LISTEN=127.0.0.1:0 \
    "$busbar" serve >"$folder/out" 2>"$folder/err" &
server=$!
for _ in $(seq 1 300); do
    grep -q '^  Ready' "$folder/out" && break
    kill -0 "$server" 2>/dev/null || { cat "$folder/out" "$folder/err" >&2; exit 1; }
    sleep 0.1
done
BUSBAR_URL=$(sed -n 's/^ *Console *\(http:[^ ]*\)$/\1/p' "$folder/out")
BUSBAR_STATIONS=$(sed -n 's|^ *Chargers *\(ws:.*\)/<station-id>$|\1|p' "$folder/out")
BUSBAR_SETUP=$(sed -n 's/.*setup#\(.*\)$/\1/p' "$folder/out" | head -n 1)
export BUSBAR_URL BUSBAR_STATIONS BUSBAR_SETUP

"$cache/venv/bin/python" sessions.py
cp sessions.mjs "$cache/sessions.mjs"
BUSBAR_SETUP='' node "$cache/sessions.mjs"
if grep -E 'panicked|ERROR' "$folder/err"; then
    echo 'clients: the server logged an error' >&2
    exit 1
fi
