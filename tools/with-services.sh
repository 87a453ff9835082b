#!/usr/bin/env bash
# tools/with-services.sh COMMAND...: runs a command beside a PostgreSQL and a Redis of its own, on
# free loopback ports and in a temporary folder, and takes both down whatever happens. The command
# finds them in BUSBAR_TEST_POSTGRES and BUSBAR_TEST_REDIS. fsync is on: the durability tests mean
# what they say.
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: tools/with-services.sh COMMAND..." >&2; exit 2; }

bin=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1) || true
bin=${bin:-$(command -v initdb || true)}
[ -n "$bin" ] || { echo "with-services: no PostgreSQL here; see tools/prepare.sh" >&2; exit 1; }
bin=$(dirname "$(readlink -f "$bin")")
command -v redis-server >/dev/null || { echo "with-services: no Redis here; see tools/prepare.sh" >&2; exit 1; }

# PostgreSQL refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then
    user=nobody
    id postgres >/dev/null 2>&1 && user=postgres
    as=(runuser -u "$user" --)
fi

home=$(mktemp -d "${TMPDIR:-/tmp}/busbar-services.XXXXXX")
chmod 755 "$home"
mkdir "$home/pg" "$home/redis"
redis=
stop() {
    local code=$?
    trap - EXIT
    trap '' INT TERM
    (cd "$home" && "${as[@]}" "$bin/pg_ctl" -D "$home/pg/data" -m immediate -w stop) >/dev/null 2>&1 || true
    if [ -n "$redis" ]; then
        kill "$redis" 2>/dev/null || true
        wait "$redis" 2>/dev/null || true
    fi
    rm -rf "$home"
    exit "$code"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

password=$(python3 -c 'import secrets; print(secrets.token_hex(12))')
echo "$password" >"$home/pg/password"
[ ${#as[@]} -eq 0 ] || chown -R "$user" "$home/pg"
# The folder we were called from may be closed to that user.
(cd "$home" && "${as[@]}" "$bin/initdb" -D "$home/pg/data" -U busbar -A scram-sha-256 \
    --pwfile="$home/pg/password" -E UTF8 --locale=C) >"$home/initdb.log" 2>&1 \
    || { cat "$home/initdb.log" >&2; exit 1; }

# Between choosing a port and listening somebody may take it: then once more with another.
start_postgres() {
    local try
    for try in 1 2 3 4 5; do
        pg_port=$(free_port)
        if (cd "$home" && "${as[@]}" "$bin/pg_ctl" -D "$home/pg/data" -l "$home/pg/log" -w -t 60 start -o \
            "-p $pg_port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on -c max_connections=300") >/dev/null; then
            return 0
        fi
        echo "with-services: PostgreSQL did not start at try $try" >&2
    done
    cat "$home/pg/log" >&2
    return 1
}

start_redis() {
    local try
    for try in 1 2 3 4 5; do
        redis_port=$(free_port)
        redis-server --bind 127.0.0.1 --port "$redis_port" --save '' --appendonly no \
            --dir "$home/redis" >"$home/redis/log" 2>&1 &
        redis=$!
        for _ in $(seq 100); do
            kill -0 "$redis" 2>/dev/null || break
            if grep -q 'Ready to accept connections' "$home/redis/log"; then
                return 0
            fi
            sleep 0.1
        done
        echo "with-services: Redis did not start at try $try" >&2
        kill "$redis" 2>/dev/null || true
        wait "$redis" 2>/dev/null || true
        redis=
    done
    cat "$home/redis/log" >&2
    return 1
}

start_postgres
start_redis
export BUSBAR_TEST_POSTGRES="postgres://busbar:$password@127.0.0.1:$pg_port/postgres"
export BUSBAR_TEST_REDIS="redis://127.0.0.1:$redis_port/"

"$@"
