#!/bin/bash
# What administrators look at: lscpu, lsblk, df, findmnt, mount, sysctl files, ipcs, locks, namespaces of a machine with one processor.
# no reference: qemu shows the machine it runs on
set -e
lscpu | grep -E '^(Architecture|Byte Order|CPU\(s\)|Thread|Core|Socket|NUMA node)' | tr -s ' '
lsblk; echo "disks: $?"
findmnt -rno TARGET,FSTYPE,OPTIONS -t proc,sysfs,devpts,mqueue | sort
mkdir /tmp/ram; mount -t tmpfs -o size=1M,mode=700 memory /tmp/ram; df --output=source,fstype,size,target /tmp/ram | tr -s ' '
head -c 2M /dev/zero >/tmp/ram/full || echo "full at $(stat -c %s /tmp/ram/full)"; umount /tmp/ram; mountpoint /tmp/ram || true
mkdir /tmp/s; mount -t sysfs none /tmp/s; cat /tmp/s/class/net/lo/{mtu,operstate,type}; realpath /sys/class/net/lo; umount /tmp/s
cat /proc/sys/kernel/{ostype,pid_max,threads-max} /proc/sys/vm/{max_map_count,overcommit_memory} /proc/sys/fs/nr_open
nproc; head -1 /proc/self/statm | wc -w; tr '\0' '\n' </proc/self/cmdline
ipcmk -M 4096 >/dev/null; ipcmk -S 3 >/dev/null; ipcmk -Q >/dev/null; ipcs | grep -cE '^0x'; ipcrm -a; ipcs | grep -cE '^0x' || true
flock /tmp/lock -c 'flock -n /tmp/lock true || echo held'
uname -srm; hostname machine 2>/dev/null || true; id; umask; ulimit -n; prlimit --nofile=100:200 bash -c 'ulimit -Sn; ulimit -Hn'
nice -n 5 nice; chrt -p $$ | head -1 | sed 's/pid [0-9]*/pid/'; taskset -p $$ | sed 's/.*: //'; setsid -w bash -c 'ps -o pid=,sid= -p $$ | { read p s; [ $p = $s ] && echo leads; }'
cd /tmp; getopt -o ab: -- -b x -a y; mcookie | wc -c; hexdump -C /proc/sys/kernel/ostype; rev <<<abc; column -t <<<"a bb"; uuidgen -n @dns -N example.org --md5; fallocate -l 10000 f; namei -m /tmp/f | tail -1
