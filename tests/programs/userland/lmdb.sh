#!/bin/sh
# LMDB, a database that is an mmap: load, dump, statistics, copy.
# no reference: qemu-user has no robust process-shared mutexes
set -e; mkdir /tmp/db /tmp/copy
{ printf 'VERSION=3\nformat=print\ntype=btree\nmapsize=10485760\nHEADER=END\n'; for i in $(seq 1000 1999); do printf ' key%d\n value of %d, somewhat longer than the key\n' "$i" "$i"; done; echo 'DATA=END'; } >/tmp/in
mdb_load -f /tmp/in /tmp/db; mdb_stat /tmp/db; mdb_stat -e /tmp/db | grep -v address; mdb_dump -p /tmp/db | tail -n 5; mdb_copy /tmp/db /tmp/copy; mdb_dump -p /tmp/copy | md5sum; mdb_stat -r /tmp/db || true; stat -c %s /tmp/copy/data.mdb
