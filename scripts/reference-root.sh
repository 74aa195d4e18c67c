#!/usr/bin/env bash
# Runs a riscv64 program under qemu-riscv64 in a root folder as a real kernel would: chroot in a mount namespace of its own, writes
# going to memory, FOLDER shown as /work. Needs root, overlayfs and qemu-riscv64-static.
#   scripts/reference-root.sh ROOT FOLDER PROGRAM [ARG...]
set -euo pipefail
root=$(realpath "$1") work=$(realpath "$2") qemu=$(command -v qemu-riscv64-static)
shift 2
export root work qemu
exec unshare --mount --propagation private bash -c '
set -e
top=$(mktemp -d)
mount -t tmpfs none "$top"
trap "umount -R -l $top && rmdir $top" EXIT
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay -o "lowerdir=$root,upperdir=$top/upper,workdir=$top/work" none "$top/root"
cd "$top/root"
mkdir -p proc dev tmp work
mount -t proc none proc
mount --rbind /dev dev
mount -t tmpfs none tmp
mount --bind "$work" work
# The kernel finds the interpreter of scripts/register-binfmt.sh by its path inside the new root.
touch usr/bin/qemu-riscv64
mount --bind "$qemu" usr/bin/qemu-riscv64
cd /
env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root chroot "$top/root" "$@"' reference "$@"
