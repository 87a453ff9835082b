#!/usr/bin/env bash
# tools/soak.sh BINARY MINUTES: runs the demo fleet for a while and watches the process: it must
# stay ready, and its memory and open files must not climb after the first tenth of the time.
set -euo pipefail

binary=$1 minutes=$2
home=$(mktemp -d "${TMPDIR:-/tmp}/busbar-soak.XXXXXX")
server=
stop() {
    local code=$?
    trap - EXIT
    [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
    [ "$code" = 0 ] || tail -n 50 "$home/log" >&2 || true
    rm -rf "$home"
    exit "$code"
}
trap stop EXIT
trap 'exit 130' INT TERM

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
http=127.0.0.1:$(free_port)
BUSBAR_DATA_DIR=$home/data BUSBAR_HTTP_LISTEN=$http BUSBAR_GATEWAY_LISTEN=127.0.0.1:$(free_port) \
    BUSBAR_FILES_LISTEN=127.0.0.1:0 \
    "$binary" serve --demo >"$home/log" 2>&1 &
server=$!

ready() { curl -fsS --max-time 5 -o /dev/null "http://$http/readyz" 2>/dev/null; }
kib() { awk '/^VmRSS/ { print $2 }' "/proc/$server/status"; }
files() { find "/proc/$server/fd" -mindepth 1 | wc -l; }

for _ in $(seq 300); do
    if ready; then break; fi
    kill -0 "$server" 2>/dev/null || { echo "soak: the server ended before it was ready" >&2; exit 1; }
    sleep 1
done
ready || { echo "soak: not ready after five minutes" >&2; exit 1; }

seconds=$((minutes * 60))
warm=$((seconds / 10 > 60 ? seconds / 10 : 60))
began=$SECONDS refused=0 memory=0 open=0
while [ $((SECONDS - began)) -lt "$seconds" ]; do
    sleep 5
    kill -0 "$server" 2>/dev/null || { echo "soak: the server ended" >&2; exit 1; }
    ready || refused=$((refused + 1))
    if [ "$memory" = 0 ] && [ $((SECONDS - began)) -ge "$warm" ]; then
        memory=$(kib) open=$(files)
        echo "soak: warm after $((SECONDS - began)) s: $memory KiB, $open open files"
    fi
done
memory_end=$(kib) open_end=$(files)
echo "soak: after $minutes min: $memory_end KiB, $open_end open files, $refused times not ready"
[ "$refused" = 0 ] || exit 1
[ "$memory" = 0 ] || [ "$memory_end" -le $((memory + memory / 2)) ] \
    || { echo "soak: memory climbs" >&2; exit 1; }
[ "$open" = 0 ] || [ "$open_end" -le $((open + 20)) ] \
    || { echo "soak: open files climb" >&2; exit 1; }
