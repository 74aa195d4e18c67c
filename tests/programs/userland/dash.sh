#!/bin/sh
# dash as sh: functions, loops, redirections, subshells, signals.
i=0
while [ $i -lt 2000 ]; do i=$((i + 1)); done
echo $i
f() { echo "args $# $*"; return 3; }
f a 'b c' || echo "returned $?"
for x in *.nothing; do echo "$x"; done
echo one >/tmp/x; echo two >>/tmp/x; while read -r line; do echo "<$line>"; done </tmp/x
(cd /tmp && pwd); pwd | grep -c /
trap 'echo leaving' EXIT
case "$(uname -m)" in riscv*) echo risc ;; *) echo other ;; esac
eval 'y=5'; echo ${y:-unset} ${z:-unset} ${y:+set}
set -- 1 2 3; shift; echo "$@"
sh -c 'kill -TERM $$'; echo $?
cat <<END | tr '[:lower:]' '[:upper:]'
here $y
END
exec 3>/tmp/three; echo three >&3; cat /tmp/three
umask 027; touch /tmp/masked; stat -c '%a %s' /tmp/masked
command -v cat; test -x /bin/sh && echo executable
readonly r=1; (r=2) 2>/dev/null; echo $?
