#!/bin/bash
# coreutils, findutils, grep, sed, diffutils, gawk on a tree of files.
set -u; export LC_ALL=C TZ=UTC; mkdir /tmp/t; cd /tmp/t
mkdir -p a/b/c d; seq 1 500 >a/numbers; seq 500 -1 1 | sort -n | md5sum; sha256sum a/numbers; sha1sum a/numbers; b2sum -l 128 a/numbers; cksum a/numbers
cp -a a e; ln a/numbers a/b/hard; ln -s ../numbers a/b/soft; readlink a/b/soft; readlink -f a/b/soft; stat -c '%n %s %h %F %a' a/numbers a/b/soft
touch -d '2001-02-03 04:05:06' old; stat -c %y old; find . -newer old -type f | sort; find . -type l -printf '%p -> %l\n'
chmod 640 old; chmod u+x,g-r old; stat -c %A old; mv old new; ls -1R | head -20
tac a/numbers | head -3; tail -n 2 a/numbers; cut -c1-2 a/numbers | uniq -c | sort -rn | head -3; paste -sd+ a/numbers | cut -c1-30
wc a/numbers; nl a/numbers | tail -1; od -An -tx1 -N16 a/numbers; base64 a/numbers | head -1; fold -w 10 <<<'a long line to fold'
split -l 200 a/numbers part.; wc -l part.*; cat part.* | cmp - a/numbers && echo same; comm -12 <(seq 1 5) <(seq 3 8)
join -t: <(printf 'a:1\nb:2\n') <(printf 'a:x\nb:y\n'); printf '%05.2f|%-6s|%x\n' 3.14159 ab 255; seq -s, 1 2 9; factor 1234567890; expr 17 % 5; numfmt --to=iec 123456789
dd if=/dev/zero of=zeros bs=4096 count=25 status=none; stat -c '%s %b' zeros; truncate -s 1M sparse; stat -c '%s %b' sparse; du -s --apparent-size -b sparse; tr -dc '0-4' <a/numbers | wc -c
env -i X=1 printenv X; date -u -d @86400 '+%F %T'; basename /x/y.txt .txt; dirname /x/y; tee copy <new >/dev/null; shuf -i 1-10 --random-source=a/numbers | paste -sd' '; timeout 0.1 sleep 5; echo "timeout $?"
grep -c 7 a/numbers; grep -rn '^42$' . | sort; grep -oE '[0-9]{3}$' a/numbers | tail -1; grep -P '(\d)\1\1' a/numbers | paste -sd' '
sed -n '/^10$/,/^12$/p' a/numbers; sed -E 's/(.)(.)/\2\1/;5q' a/numbers; sed -i '1d;$d' new 2>/dev/null; sed -i 's/^1$/one/' a/numbers; head -1 e/numbers; diff a/numbers e/numbers; echo "$?"; diff -u <(seq 3) <(seq 2 4) | tail -n +3
find a e -name 'n*' -exec wc -l {} +; find . -type d -empty | sort; printf 'x y\0z\0' | xargs -0 -n1 echo item; find . -size +50k | sort; cmp a/numbers e/numbers
gawk 'BEGIN { for (i = 1; i <= 5; i++) s += i ^ 2; printf "%d %s\n", s, toupper("gawk"); print strftime("%F", 0, 1) }'; gawk -F: '{ n[$1 % 7]++ } END { PROCINFO["sorted_in"] = "@ind_num_asc"; for (k in n) print k, n[k] }' a/numbers
gawk '{ a[NR] = $1 } END { print length(a), asort(a); print gensub(/(.)$/, "<\\1>", "g", "abc"), substr("hello", 2, 3), match("foobar", /o+/), RLENGTH }' a/numbers; mawk 'END { print NR }' a/numbers
id -u; whoami; nproc | grep -c .; tsort <<END
a b
b c
END
rm -rf a; ls
