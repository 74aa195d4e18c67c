#!/bin/bash
# bc, m4, jq, patch, file, curl with file URLs, awk, xargs -P, tail -f, timeout, mkfifo, coproc and traps working together.
set -e; mkdir /tmp/t; cd /tmp/t
echo 'scale=60; 4*a(1); 2^521-1' | bc -l
printf 'define(`fact'"'"', `ifelse($1, 0, 1, `eval($1 * fact(decr($1)))'"'"')'"'"')fact(10)\n' | m4
echo '{"b":[3,1,2],"a":{"x":null,"y":1e3}}' | jq -S '.b |= sort | .n = (.b|add) | .t = ("a,b"|split(","))'
seq 1 2000 | jq -s 'map(select(. % 7 == 0)) | length, (map(tostring) | join("") | length)'
seq 20 >a; sed 's/^7$/seven/; 12d' a >b; diff -u --label a --label b a b >p || true; patch -s a p && cmp a b && echo patched
file -b /bin/ls | cut -d, -f1-3; printf '\x1f\x8b\x08' >z; file -b z; file -b --mime-type /work/tools.sh
curl -s file:///etc/debian_version | wc -l; curl -s file:///nonexistent || echo "curl $?"
mkfifo f; (for i in 1 2 3; do echo "line $i"; done >f) & gawk '{ print NR ": " toupper($0) }' <f; wait
printf '%s\n' {1..40} | xargs -P 8 -n 5 bash -c 'echo $(($(IFS=+; echo "$*")))' _ | sort -n | tr '\n' ' '; echo
timeout -s INT 0.2 bash -c 'trap "echo interrupted; exit 3" INT; while :; do sleep 0.05; done' || echo "status $?"
timeout --preserve-status -k 1 0.1 sleep 5 || echo "status $?"
coproc CAT { tr a-z A-Z; }; echo 'through a coprocess' >&"${CAT[1]}"; eval "exec ${CAT[1]}>&-"; cat <&"${CAT[0]}"; wait
touch log; tail -n 0 -f log >tailed & tail=$!; sleep 0.3; for i in 1 2 3; do echo "entry $i" >>log; done
until [ "$(wc -l <tailed)" = 3 ]; do sleep 0.05; done; kill "$tail"; wait "$tail" || echo "tail $?"; cat tailed
exec 9>lock; flock -n 9 && (flock -n 8 || echo busy) 8>lock; flock -u 9; flock -n lock echo free
(trap 'echo cleaned up' EXIT; trap 'echo term; exit' TERM; kill -TERM "$BASHPID"; sleep 9)
split -n l/3 -d a part; cat part0? | cmp - a && wc -l part00 | cut -d' ' -f1; shuf -i 1-100 --random-source=<(yes) | sort -n | sha256sum | cut -c1-16
date -u -d '2024-02-29 12:00 + 1 year' '+%F %T %A'; numfmt --to=iec 1234567 987654321; factor 1234567891011 600851475143
find / -xdev -path /proc -prune -o -name 'lib*.so.6' -print 2>/dev/null | sort | head -5; stat -c '%F %a %s %h' a f; du -sk --apparent-size . | cut -f2; realpath -m ../x/./y
