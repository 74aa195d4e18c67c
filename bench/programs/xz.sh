#!/bin/sh
# xz: 1 MB of numbers compressed and decompressed.
cd /tmp; seq 1 150000 >numbers
xz -3 -T1 -c numbers >numbers.xz; xz -d -c numbers.xz | cmp - numbers && wc -c <numbers.xz
