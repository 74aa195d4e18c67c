#!/usr/bin/env bash
# Deno and Bun, from the npm registry, into .cache: for tests/programs/engines.test.ts and runtimes.test.ts.
set -euo pipefail
cd "$(dirname "$0")/.."

# NAME PACKAGE@VERSION FILE-IN-IT
fetch() {
  local folder=.cache/$1
  [ -x "$folder/$1" ] && return
  mkdir -p "$folder"
  local archive
  archive=$(npm pack --silent --pack-destination "$folder" "$2" | tail -n 1)
  tar -xzf "$folder/$archive" -C "$folder" --strip-components=1 "package/$3"
  [ "$3" = "$1" ] || mv "$folder/$3" "$folder/$1"
  rm "$folder/$archive"
}

fetch deno @deno/linux-x64-glibc@2.9.6 deno
fetch bun @oven/bun-linux-x64@1.4.5 bin/bun
