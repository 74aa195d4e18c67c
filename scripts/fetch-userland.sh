#!/usr/bin/env bash
# Makes the root folder that tests/programs/userland and `npm run bench -- programs` run in: Debian trixie's riscv64 packages
# with their dependencies, and esbuild from npm as /opt/esbuild. Nothing is fetched when the folder is up to date.
#   scripts/fetch-userland.sh [DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${1:-.cache/userland}
packages=(
  base-files base-passwd bash dash coreutils findutils grep sed gawk tar gzip xz-utils zstd diffutils perl python3 lua5.4 sqlite3 git
  gcc-14 binutils make libc6-dev openssl lmdb-utils liblmdb0 vim-tiny less procps util-linux bsdutils bsdextrautils ncurses-base ncurses-bin musl-tools iproute2 curl jq bc m4 patch file mount uuid-runtime
)
esbuild=0.28.2
stamp="${packages[*]} $esbuild"
[ "$(cat "$dir/.complete" 2>/dev/null || true)" = "$stamp" ] && exit 0
rm -rf "$dir"
scripts/fetch-debian.sh --with-dependencies "$dir" "${packages[@]}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "@esbuild/linux-riscv64@$esbuild" >/dev/null && tar xzf ./*.tgz)
mkdir -p "$dir/opt"
cp "$work/package/bin/esbuild" "$dir/opt/esbuild"
echo "$stamp" >"$dir/.complete"
