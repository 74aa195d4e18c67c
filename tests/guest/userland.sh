# A shell session that uses what ordinary scripts use. Runs in an empty working folder; every line it prints must be
# the same on Linux (under qemu-riscv64) and on Pagewalk. No dates, no inode numbers, no process ids.
set -u
fail=0
section() { printf '\n== %s ==\n' "$1"; }

section "variables and arithmetic"
x=5; y=$((x * 7 + 3))
echo "x=$x y=$y hex=$(printf '%x' 48879) neg=$((-17 / 4)) mod=$((-17 % 4)) shift=$((1 << 40))"
word=abcdefgh
echo "${word#abc} ${word%fgh} ${#word} ${unset:-default} ${word:2:3}"
set -- one "two words" three
echo "$# $2"; shift; echo "$1"; for a in "$@"; do echo "[$a]"; done

section "files and redirection"
echo first >a.txt; echo second >>a.txt
printf 'line %d\n' 1 2 3 4 5 6 7 8 9 10 >numbers.txt
cat a.txt - <<EOF
from a here document with $x and $(echo substitution)
EOF
wc -l numbers.txt; wc -c <numbers.txt
head -n 3 numbers.txt | tail -n 1
cat missing.txt 2>errors.txt || echo "status $?"
sed 's/^.*: //' errors.txt
exec 3>three.txt; echo "to three" >&3; exec 3>&-; cat three.txt
exec 4<numbers.txt; read -r l1 <&4; read -r l2 <&4; echo "$l1/$l2"; exec 4<&-
ls -1

section "folders and links"
mkdir -p tree/one/two tree/three
for i in 1 2 3; do echo "file $i" >"tree/one/f$i"; done
cp tree/one/f1 tree/one/two/copy; mv tree/one/f2 tree/three/moved
ln tree/one/f1 tree/hard; ln -s one/f3 tree/soft; ln -s nowhere tree/dangling
cat tree/soft tree/hard; readlink tree/soft
cat tree/dangling 2>/dev/null || echo "dangling link"
stat -c '%n %F %h %a' tree/hard tree/three; stat -c %s tree/hard
chmod 640 tree/hard; stat -c '%a %h' tree/one/f1
find tree | sort
find tree -type f -name 'f*' -exec cat {} \; | sort
find tree -type l | sort | while read -r l; do echo "link $l"; done
rmdir tree 2>/dev/null || echo "rmdir refused"
touch -d '2020-02-03 04:05:06' tree/old; stat -c '%Y' tree/old; test tree/old -ot tree/hard && echo older
du -a tree >/dev/null && echo du

section "pipelines"
i=0; while [ $i -lt 200 ]; do echo "$(( (i * 7919) % 1000 )) item$i"; i=$((i + 1)); done >data.txt
sort -n data.txt | head -n 5
sort -rn data.txt | awk '{ s += $1 } END { print NR, s }'
grep -c 'item1' data.txt; grep -v 'item' data.txt | wc -l
grep -E '^(1|2)[0-9] ' data.txt | sort | tr a-z A-Z | head -n 3
cut -d' ' -f2 data.txt | sort | uniq | wc -l
sed -n -e '3p' -e 's/item/thing/;7p' data.txt
tr -d '0-9' <data.txt | sort | uniq -c | sed 's/^ *//'
seq 1 20 | paste -s -d+ - | tee sum.txt | bc 2>/dev/null || cat sum.txt
seq 1 1000 | awk '{ n[$1 % 7]++ } END { for (k = 0; k < 7; k++) printf "%d:%d ", k, n[k]; print "" }'
yes | head -n 1000 | wc -l
echo "a:b:c" | awk -F: '{ print $3 $2 $1; printf "%.3f %s\n", 22 / 7, substr("pagewalk", 5) }'
echo hello | rev; echo hello | od -An -c; echo hello | hexdump -C | head -n 1
expr 6 \* 7; expr length pagewalk; printf '%05d|%-6s|%6s|\n' 42 ab cd

section "archives and sums"
tar cf t.tar tree && tar tf t.tar | sort
mkdir out && tar xf t.tar -C out && diff -r tree/one out/tree/one && echo "tar same"
gzip -c data.txt >data.gz && gzip -dc data.gz | cmp - data.txt && echo "gzip same"
tar czf t.tgz tree && tar xzOf t.tgz tree/one/f1
md5sum data.txt numbers.txt; sha256sum numbers.txt; sha1sum <a.txt
sed -n 1,100p data.txt >part.a; sed -n 101,200p data.txt >part.b
cat part.* | cmp - data.txt && echo "parts same"
xz -dc </dev/null 2>/dev/null; bzip2 -c data.txt | bunzip2 -c | cmp - data.txt && echo "bzip2 same"
uuencode a.txt name | uudecode -o - | cmp - a.txt && echo "uuencode same"
base64 a.txt | base64 -d | cmp - a.txt && echo "base64 same"
dd if=data.txt of=dd.out bs=100 count=3 skip=2 2>/dev/null; wc -c <dd.out
cmp dd.out data.txt >/dev/null || echo differs

section "processes"
(exit 7); echo "subshell $?"
sh -c 'exit 9'; echo "child $?"
true && echo yes || echo no; ! false && echo inverted
sh -c 'kill -TERM $$'; echo "killed $?"
sh -c 'trap "echo trapped; exit 3" USR1; kill -USR1 $$; echo not reached'; echo "trap $?"
{ sleep 0.05; echo background >bg.txt; } & wait $!; cat bg.txt
for n in 1 2 3; do (echo "job $n" >"job$n"; exit $n) & done; wait; cat job1 job2 job3
echo piped | { read -r v; echo "got $v"; }
env -i A=1 sh -c 'echo "A=$A HOME=${HOME-unset}"'
echo "args:" "$(sh -c 'echo $# $1' name p q r)"
fib() { if [ "$1" -lt 2 ]; then echo "$1"; else echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2))))); fi; }
fib 7
case "$word" in a*h) echo "case glob";; *) echo other;; esac
until [ "$x" -eq 0 ]; do x=$((x - 1)); done; echo "x=$x"
xargs -n 2 echo <numbers.txt | head -n 2
ls -l numbers.txt | awk '{ print $1, $5 }'
umask 027; touch masked; stat -c %a masked; mkdir maskdir; stat -c %a maskdir
printf 'b\na\nc\n' | sort -o sorted.txt; cat sorted.txt
test -d tree -a -f a.txt && [ ! -e nothing ] && echo tests
rm -r tree out; ls -d tree 2>/dev/null || echo gone
mkfifo pipe; (echo through the fifo >pipe) & cat pipe; wait
(cd tree 2>/dev/null || echo "no folder")
time true 2>/dev/null; echo "time $?"
ulimit -n >/dev/null && echo limits
sh -c 'ulimit -f 1; dd if=/dev/zero of=big bs=1024 count=64 2>/dev/null'; echo "limit $?"; wc -c <big
head -c 20000 /dev/zero | tr '\0' z | wc -c; head -c 8 /dev/urandom | wc -c
echo data >/dev/null; cat /dev/null; echo full >/dev/full 2>/dev/null || echo "device full"
tail -n 2 numbers.txt | tac; fold -w 5 a.txt | head -n 2
date -u -d @86400 '+%Y-%m-%d %H:%M:%S'; cal 2 2024 | tail -n 3 | head -n 1
vi --help 2>&1 | grep -c BusyBox; test -t 0 || echo "not a terminal"
(cd /; pwd); pwd | sed 's#.*/##' | wc -l
exit $fail
