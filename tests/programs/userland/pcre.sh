#!/bin/sh
# PCRE2 (grep -P), which compiles expressions to machine code: look-around, back references, recursion, backtracking
cd /tmp || exit 1
i=0
while [ $i -lt 200 ]; do
  echo "line $i: user$((i * 7919 % 1000))@example$((i % 13)).org 2026-0$((i % 9 + 1))-1$((i % 9)) $((i * i)) ((a)(b(c)))"
  i=$((i + 1))
done > some
for k in 1 2 3 4 5 6 7 8 9 10; do cat some some some some some; done > text
grep -cP '\b(?<name>user\d+)@example(?:1[02]|[357])\.org\b' text
grep -oP '\d{4}-(?:0[13579])-(?=1[0-4])\K\d\d' text | sort | uniq -c
grep -cP '(\d)(\d)(?!\1)\2' text
grep -cP '^line (?:\d)+: (?>user)\d*(?<!5)@' text
grep -oP '(\((?:[^()]++|(?1))*\))' text | sort | uniq -c
grep -icP 'USER(?:1|2|3)\d?@.*\.ORG 2026' text
grep -cP '(e+x?)+a' text
