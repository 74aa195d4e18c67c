#!/usr/bin/env bash
# Downloads Debian trixie packages for riscv64 and unpacks them into DIR, through this machine's own apt (its mirror and
# keyring, a private package list), without touching the machine's packages.
#   scripts/fetch-debian.sh [--with-dependencies] DIR PACKAGE...
# DEBIAN_MIRROR names another mirror.
set -euo pipefail
dependencies=
if [ "$1" = --with-dependencies ]; then dependencies=1; shift; fi
dir=$1
shift
mkdir -p "$dir"
state=${PAGEWALK_CACHE:-$PWD/.cache}/apt-riscv64
mkdir -p "$state"/{lists/partial,archives/partial,etc/apt.conf.d,etc/preferences.d,trusted}
mirror=${DEBIAN_MIRROR:-$( (grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d || true) 2>/dev/null | sed -n '1s/ *$//p')}
mirror=${mirror:-http://deb.debian.org/debian}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
: >"$state/status"
options=(
  -o APT::Architecture=riscv64 -o APT::Architectures=riscv64
  -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o Dir::State="$state" -o Dir::State::Lists="$state/lists" -o Dir::State::status="$state/status"
  -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives" -o APT::Sandbox::User=root
)
if [ -z "$(find "$state/lists" -name '*Packages*' -mmin -1440 -print -quit)" ]; then
  echo "deb [arch=riscv64 signed-by=$keyring] $mirror trixie main" >"$state/sources.list"
  if ! apt-get "${options[@]}" -qq update; then
    # A mirror in the middle of its own update: the signed Release speaks of an index the mirror does not have yet. These
    # packages are only run as guests, so the index is taken as it is; apt still checks every package against it.
    echo "fetch-debian: $mirror has no index that fits its signed Release; its present index is used, unsigned" >&2
    rm -f "$state"/lists/*_*
    list=${mirror#*://}
    list=${list%/}
    curl -fsS --retry 3 "${mirror%/}/dists/trixie/main/binary-riscv64/Packages.xz" | xz -dc >"$state/lists/${list//\//_}_dists_trixie_main_binary-riscv64_Packages"
    echo "deb [trusted=yes] $mirror trixie main" >"$state/sources.list"
  fi
fi
if [ -n "$dependencies" ]; then
  names=$(apt-get "${options[@]}" -qq --no-install-recommends --simulate install "$@" | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
  apt-get "${options[@]}" -qq --no-install-recommends --download-only -y install "$@" >/dev/null
  # shellcheck disable=SC2086
  set -- $names
fi
for package in "$@"; do
  deb=$(find "$state/archives" -name "${package}_*.deb" -print -quit)
  if [ -z "$deb" ]; then
    (cd "$state/archives" && apt-get "${options[@]}" -qq download "$package")
    deb=$(find "$state/archives" -name "${package}_*.deb" -print -quit)
  fi
  dpkg-deb -x "$deb" "$dir"
done
