#!/usr/bin/env bash
# tools/console.sh: builds the console into console/dist when it is missing or older than its
# sources, and makes cargo take it into the binary again.
set -euo pipefail
cd "$(dirname "$0")/../console"

# Ours, and written last: npm's own list is there before an install that was interrupted has ended.
stamp=node_modules/.complete
if [ ! -e "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
    rm -f "$stamp"
    npm ci --no-audit --no-fund
    touch "$stamp"
fi
newer=$(find src public index.html vite.config.ts tsconfig.json package-lock.json -newer dist/index.html 2>/dev/null | head -n 1 || true)
if [ ! -e dist/index.html ] || [ -n "$newer" ]; then
    npm run build
    # cargo looks at this file's age to see that what it embeds has changed.
    touch ../crates/api/src/console.rs
fi
