#!/usr/bin/env bash
# tools/prepare.sh: sees that everything the tests need is on this machine. As root it installs
# what Debian packages have; otherwise it says exactly what is missing, and fails. Nothing that
# is missing is worked around, for then a test would be skipped without anybody noticing.
set -euo pipefail

missing=()     # what is missing, in words
packages=()    # the Debian packages that have it

need() { # need PACKAGE WORDS CHECK...
    local package=$1 words=$2
    shift 2
    if ! "$@" >/dev/null 2>&1; then
        missing+=("$words (Debian: $package)")
        packages+=("$package")
    fi
}

has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb; }
has_fonts() { find /usr/share/fonts /usr/local/share/fonts -name '*.ttf' 2>/dev/null | grep -q .; }
has_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
has_venv() { python3 -c 'import venv, ensurepip'; }
has_node() { node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)'; }

look() {
    missing=() packages=()
    need postgresql "a PostgreSQL server (initdb, pg_ctl)" has_postgres
    need redis-server "a Redis server (redis-server)" command -v redis-server
    need chromium "a Chromium browser" has_chromium
    need fonts-dejavu-core "a font; without any, Chromium dies" has_fonts
    need python3 "Python 3" command -v python3
    need python3-venv "Python's venv" has_venv
    need curl "curl" command -v curl
    need build-essential "a C compiler (SQLite and the allocator are built from source)" command -v cc
}

look
if [ ${#packages[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "prepare: installing ${packages[*]}"
    apt-get update -q >/dev/null || echo "prepare: apt-get update failed; trying with the old lists" >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}" >/dev/null
    look
fi

# These are not taken from Debian: its versions are too old, or there are none.
command -v cargo >/dev/null || missing+=("cargo (https://rustup.rs; rust-toolchain.toml names the version)")
command -v npm >/dev/null || missing+=("npm (comes with Node.js)")
has_node 2>/dev/null || missing+=("Node.js 20 or newer (https://nodejs.org)")

if [ ${#missing[@]} -gt 0 ]; then
    echo "prepare: this machine lacks" >&2
    printf '  - %s\n' "${missing[@]}" >&2
    if [ ${#packages[@]} -gt 0 ]; then
        echo "prepare: as root: apt-get install ${packages[*]}" >&2
    fi
    exit 1
fi
echo "prepare: everything is here"
