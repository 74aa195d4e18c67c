#!/bin/bash
# Shell language: arrays, arithmetic, pipelines, here-documents, traps, jobs, process substitution.
declare -A count
while read -r word; do ((count[$word]++)); done < <(printf '%s\n' one two one three two one)
for key in $(printf '%s\n' "${!count[@]}" | sort); do echo "$key ${count[$key]}"; done
fib() { local n=$1; ((n < 2)) && { echo "$n"; return; }; echo $(($(fib $((n - 1))) + $(fib $((n - 2))))); }
fib 10
trap 'echo trapped USR1' USR1
kill -USR1 $$
(sleep 0.05; exit 7) &
wait $!
echo "status $?"
coproc upper { tr a-z A-Z; }
echo hello >&"${upper[1]}"
exec {upper[1]}>&-
cat <&"${upper[0]}"
text=$'tab\there "quoted" and \'more\''
printf '%q\n' "$text"
[[ 'riscv64-linux' =~ ^([a-z0-9]+)-(.*)$ ]] && echo "${BASH_REMATCH[2]} on ${BASH_REMATCH[1]}"
echo "${text//e/E}" "${text:0:3}" "${#text}"
set -o pipefail
false | true
echo "pipefail $?"
diff <(seq 1 5) <(seq 2 6)
echo "diff $?"
mapfile -t lines < <(seq 3)
echo "${lines[*]}"
cat <<-END
	here $((6 * 7))
	END
ulimit -Sn 100; ulimit -n
exec 5<>/tmp/both; echo line >&5; cat /tmp/both
shopt -s extglob nullglob
touch /tmp/a1 /tmp/a2 /tmp/b1
echo /tmp/@(a|b)1
printf -v when '%(%Y-%m-%d)T' 0; echo "$when"
(exec -a other bash -c 'echo $0'); type -t fib cd ls
{ kill -9 $BASHPID; } 2>/dev/null & wait $! 2>/dev/null; echo "killed $?"
