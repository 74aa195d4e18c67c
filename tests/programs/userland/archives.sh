#!/bin/sh
# tar, gzip, xz, zstd: round trips, compressed with threads, and what they say about damage.
set -u; export LC_ALL=C TZ=UTC; mkdir -p /tmp/w/tree/sub; cd /tmp/w
seq 1 20000 >tree/numbers; head -c 100000 /dev/zero >tree/zeros; ln -s numbers tree/link; ln tree/numbers tree/sub/hard; chmod 750 tree/sub; touch -h -d @1000000000 tree/*  tree/sub/* tree/sub tree
tar --sort=name --owner=0 --group=0 -cf t.tar tree; tar -tvf t.tar; sha256sum t.tar | cut -c1-20
for c in gzip xz zstd; do $c -k -q t.tar; done; ls -1 t.tar*; gzip -l t.tar.gz | tail -1 | gawk '{ print $2 }'; gzip -t t.tar.gz && xz -t t.tar.xz && zstd -q -t t.tar.zst && echo sound
mkdir g x z; tar -xzf t.tar.gz -C g; tar -xJf t.tar.xz -C x; tar --zstd -xf t.tar.zst -C z; diff -r g x && diff -r x z && diff -r z/tree tree && echo equal; stat -c '%n %a %Y %h' z/tree/sub z/tree/numbers
xz -T2 -9 -c tree/numbers | xz -dc | cmp - tree/numbers && echo threads; zstd -q -T2 -19 -c tree/numbers | zstd -q -dc | cmp - tree/numbers && echo zstd
head -c 2000 t.tar.gz >cut.gz; gzip -t cut.gz; echo "$?"; printf 'junk' >junk.xz; xz -t junk.xz; echo "$?"; tar -xf cut.gz 2>/dev/null; echo "$?"
gzip -9 <tree/numbers | gunzip | md5sum; zcat t.tar.gz | wc -c; tar -cf - tree | tar -tf - | wc -l; tar -rf t.tar junk.xz; tar --delete -f t.tar tree/zeros; tar -tf t.tar | tail -2
