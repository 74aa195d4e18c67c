#!/bin/sh
# zstd: 2.7 MB of numbers compressed at level 9 with one thread, and decompressed.
cd /tmp; seq 1 400000 >numbers
zstd -q -9 --single-thread -c numbers >numbers.zst; zstd -q -d -c numbers.zst | cmp - numbers && wc -c <numbers.zst
