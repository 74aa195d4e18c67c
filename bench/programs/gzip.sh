#!/bin/sh
# gzip: 5 MB of numbers compressed and decompressed.
cd /tmp; seq 1 700000 >numbers
gzip -6 -c -n numbers >numbers.gz; gzip -d -c numbers.gz | cmp - numbers && wc -c <numbers.gz
