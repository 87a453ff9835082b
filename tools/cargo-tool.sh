#!/usr/bin/env bash
# tools/cargo-tool.sh NAME VERSION: prints the path of a cargo tool, and builds it once into the
# cache (not into the person's own cargo folder) when the machine has none.
set -euo pipefail

name=$1 version=$2
root=${XDG_CACHE_HOME:-$HOME/.cache}/busbar-ci/tools/$name-$version

if found=$(command -v "$name"); then
    echo "$found"
elif [ -x "$root/bin/$name" ]; then
    echo "$root/bin/$name"
else
    echo "building $name $version, once; this takes some minutes" >&2
    # A target folder of its own: the flags of a tool's build are not those of ours.
    env -u CARGO_TARGET_DIR cargo install --locked --quiet --root "$root" \
        --version "$version" "$name" >&2
    echo "$root/bin/$name"
fi
