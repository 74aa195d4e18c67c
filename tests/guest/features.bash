# What bash adds to a plain shell. Every line it prints must be the same on Linux (under qemu-riscv64) and on Pagewalk.
shopt -s extglob nullglob
section() { printf '\n== %s ==\n' "$1"; }

section "arrays"
declare -a list=(zero one two three); list+=(four); unset 'list[1]'
echo "${#list[@]} ${!list[*]} ${list[@]:1:2} ${list[-1]}"
declare -A map=([red]=1 [green]=2 [blue]=3)
for key in $(printf '%s\n' "${!map[@]}" | sort); do echo "$key=${map[$key]}"; done
mapfile -t lines < <(printf 'a\nb\nc\n'); echo "${#lines[@]} ${lines[2]}"
declare -n alias=list; echo "${alias[0]}"
echo {a..e}{1..3} {01..10..3}

section "expansion"
text="The quick brown fox"
echo "${text^^} ${text,,} ${text/quick/slow} ${text//o/0} ${text: -3} ${text@Q}"
[[ $text =~ (q[a-z]+).*(f.x) ]] && echo "${BASH_REMATCH[1]}-${BASH_REMATCH[2]}"
[[ abcabc == +(abc) ]] && echo "extended glob"
printf -v padded '%08.3f' 3.14159; echo "$padded"
echo $'tab\there \u00e9 \x41' "$((16#ff)) $((2#1010)) $((7 ** 13))"
IFS=, read -r a b c <<<"x,y,z"; echo "$c$b$a"
printf '%q\n' "it's a \"test\""
echo "${PIPESTATUS[@]}"; true | false | true; echo "${PIPESTATUS[@]}"

section "control"
for ((i = 0, j = 10; i < j; i += 3, j--)); do printf '%d:%d ' $i $j; done; echo
sum=0; while read -r n; do ((sum += n)); done < <(seq 1 100); echo "$sum"
f() { local -i depth=$1; ((depth == 0)) && { echo "bottom ${#FUNCNAME[@]}"; return 3; }; f $((depth - 1)); }
f 20; echo "status $?"
g() { trap 'echo "return trap"' RETURN; echo in g; }; g; trap - RETURN
( set -e; false; echo "not reached" ); echo "errexit $?"
( set -o pipefail; false | true ); echo "pipefail $?"
case fallthrough in f*) echo 1 ;;& *through) echo 2 ;& none) echo 3 ;; *) echo 4 ;; esac

section "processes"
trap 'echo "got USR1"' USR1; kill -USR1 $$; trap - USR1
sleep 5 & kill $!; wait $! 2>/dev/null; echo "killed $?"
for n in 3 1 2; do (exit $n) & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid"; printf '%d ' $?; done; echo
diff <(printf '1\n2\n') <(printf '1\n3\n'); echo "diff $?"
coproc cat; echo "through the coprocess" >&"${COPROC[1]}"; read -r answer <&"${COPROC[0]}"; echo "$answer"
eval "exec ${COPROC[1]}>&-"; wait
read -t 0.05 -r nothing < <(sleep 1); echo "timeout $(($? > 128))"
exec {fd}<<<"named descriptor"; cat <&"$fd"; exec {fd}<&-
(ulimit -n 10; exec 8</dev/null 9</dev/null; exec 10</dev/null) 2>/dev/null || echo "too many files"
out=$(printf 'x%.0s' {1..70000}); echo "${#out}"
echo "$BASHPID" | grep -cE '^[0-9]+$'; echo "$SHLVL" >/dev/null
trap 'echo "exit trap $?"' EXIT
bash -c 'kill -SEGV $$' 2>/dev/null; echo "segv $?"
command -v nothing-here || echo "no command $?"
nothing-here 2>/dev/null; echo "status $?"
exit 42
