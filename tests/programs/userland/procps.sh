#!/bin/sh
# procps: what ps, pgrep, top, free, uptime and pmap say about the machine, in the parts that do not change.
# no reference: under qemu-user the processes are qemu
sleep 30 & child=$!
ps -o pid=,ppid=,comm= -p $child | tr -s ' ' | sed "s/^ *$child/PID/; s/$$/SHELL/"
pgrep -x sleep | grep -c "^$child\$"; ps -e -o comm= | grep -c sleep; ps aux | head -1 | tr -s ' '; ps -o stat=,nlwp=,ni= -p $child | tr -s ' '
top -b -n1 | grep -cE '^(top -|Tasks:|%Cpu|MiB Mem|MiB Swap)'; free | gawk '{ print $1, NF }'; uptime | grep -c 'load average'; pmap $child | grep -c 'sleep\|libc'
cat /proc/$child/comm; tr '\0' ' ' </proc/$child/cmdline; echo; readlink /proc/$child/exe; ls /proc/$child/fd | paste -sd' '
pkill -x sleep; wait $child; echo "$?"; kill -0 $child 2>/dev/null || echo gone
