#!/usr/bin/env bash
# tools/e2e.sh BINARY: starts the product with its demo fleet on free ports in a temporary folder
# and runs the browser tests of the console against it.
set -euo pipefail
cd "$(dirname "$0")/.."
busbar=$1
folder=$(mktemp -d)
server=
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT

BUSBAR_DATA_DIR=$folder/data BUSBAR_HTTP_LISTEN=127.0.0.1:0 BUSBAR_GATEWAY_LISTEN=127.0.0.1:0 BUSBAR_FILES_LISTEN=127.0.0.1:0 \
    "$busbar" serve --demo >"$folder/out" 2>"$folder/err" &
server=$!
for _ in $(seq 1 600); do
    grep -q '^  Ready' "$folder/out" && break
    kill -0 "$server" 2>/dev/null || { cat "$folder/out" "$folder/err" >&2; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/^ *Console *\(http:[^ ]*\)$/\1/p' "$folder/out")
BUSBAR_URL=$url
BUSBAR_EMAIL=administrator@demo.example
BUSBAR_PASSWORD=$(head -n 1 "$folder/data/demo-passwords")
# For the story of an empty server, which the tests start, kill and start again themselves.
BUSBAR_BINARY=$(realpath "$busbar")
export BUSBAR_URL BUSBAR_EMAIL BUSBAR_PASSWORD BUSBAR_BINARY
shift
npm --prefix console run e2e -- "$@"
if grep -E 'panicked|ERROR' "$folder/err"; then
    echo 'e2e: the server logged an error while the browser looked at it' >&2
    exit 1
fi
