import { hex } from './text.js';

/** Named bits or values, in the order in which strace writes them. */
export interface NameTable {
  readonly names: readonly (readonly [value: number, name: string])[];
  /** What stands in the comment after a number without a name: PROT_???. */
  readonly unknown: string;
}

/** 'READ=1 WRITE=2' with a prefix for each. `~` before a name keeps the prefix away. */
function table(prefix: string, text: string): NameTable {
  const names = text
    .trim()
    .split(/\s+/)
    .map((word): [number, string] => {
      const at = word.lastIndexOf('=');
      const name = word.slice(0, at);
      return [Number(word.slice(at + 1)), name.startsWith('~') ? name.slice(1) : prefix + name];
    });
  return { names, unknown: `${prefix}???` };
}

/** Sequence of values from `first` on. */
function count(prefix: string, words: string, first = 0): NameTable {
  return table(prefix, words.split(/\s+/).map((word, i) => `${word}=${first + i}`).join(' '));
}

/** Sets of bits: `flags:NAME` kinds. A row with value 0 names the empty set; a row of several bits comes before its parts. */
export const FLAGS: Readonly<Record<string, NameTable>> = {
  prot: table('PROT_', 'NONE=0 READ=1 WRITE=2 EXEC=4 GROWSDOWN=0x01000000 GROWSUP=0x02000000'),
  mmap: table(
    'MAP_',
    `FILE=0 SHARED_VALIDATE=3 SHARED=1 PRIVATE=2 FIXED=0x10 ANONYMOUS=0x20 GROWSDOWN=0x100 DENYWRITE=0x800 EXECUTABLE=0x1000 LOCKED=0x2000
     NORESERVE=0x4000 POPULATE=0x8000 NONBLOCK=0x10000 STACK=0x20000 HUGETLB=0x40000 SYNC=0x80000 FIXED_NOREPLACE=0x100000`,
  ),
  mremap: table('MREMAP_', 'MAYMOVE=1 FIXED=2 DONTUNMAP=4'),
  msync: table('MS_', 'ASYNC=1 INVALIDATE=2 SYNC=4'),
  mlock2: table('MLOCK_', 'ONFAULT=1'),
  mlockall: table('MCL_', 'CURRENT=1 FUTURE=2 ONFAULT=4'),
  shmat: table('SHM_', 'RDONLY=0o10000 RND=0o20000 REMAP=0o40000 EXEC=0o100000'),
  clone: table(
    'CLONE_',
    `NEWTIME=0x80 VM=0x100 FS=0x200 FILES=0x400 SIGHAND=0x800 PIDFD=0x1000 PTRACE=0x2000 VFORK=0x4000 PARENT=0x8000 THREAD=0x10000
     NEWNS=0x20000 SYSVSEM=0x40000 SETTLS=0x80000 PARENT_SETTID=0x100000 CHILD_CLEARTID=0x200000 DETACHED=0x400000
     UNTRACED=0x800000 CHILD_SETTID=0x1000000 NEWCGROUP=0x2000000 NEWUTS=0x4000000 NEWIPC=0x8000000 NEWUSER=0x10000000
     NEWPID=0x20000000 NEWNET=0x40000000 IO=0x80000000 CLEAR_SIGHAND=0x100000000 INTO_CGROUP=0x200000000`,
  ),
  wait: table('W', 'NOHANG=1 STOPPED=2 EXITED=4 CONTINUED=8 NOWAIT=0x1000000 ~__WNOTHREAD=0x20000000 ~__WALL=0x40000000 ~__WCLONE=0x80000000'),
  getrandom: table('GRND_', 'NONBLOCK=1 RANDOM=2 INSECURE=4'),
  timer: table('TIMER_', 'ABSTIME=1'),
  sigaction: table(
    'SA_',
    `RESTORER=0x04000000 ONSTACK=0x08000000 RESTART=0x10000000 NODEFER=0x40000000 RESETHAND=0x80000000 SIGINFO=4 NOCLDSTOP=1
     NOCLDWAIT=2 UNSUPPORTED=0x400 EXPOSE_TAGBITS=0x800`,
  ),
  sigaltstack: table('SS_', 'ONSTACK=1 DISABLE=2 AUTODISARM=0x80000000'),
  at: table(
    'AT_',
    'SYMLINK_NOFOLLOW=0x100 SYMLINK_FOLLOW=0x400 NO_AUTOMOUNT=0x800 EMPTY_PATH=0x1000 STATX_FORCE_SYNC=0x2000 ' +
      'STATX_DONT_SYNC=0x4000 RECURSIVE=0x8000',
  ),
  statx_at: table(
    'AT_',
    'STATX_SYNC_AS_STAT=0 SYMLINK_NOFOLLOW=0x100 NO_AUTOMOUNT=0x800 EMPTY_PATH=0x1000 STATX_FORCE_SYNC=0x2000 STATX_DONT_SYNC=0x4000',
  ),
  unlink: table('AT_', 'REMOVEDIR=0x200'),
  faccessat: table('AT_', 'SYMLINK_NOFOLLOW=0x100 EACCESS=0x200 EMPTY_PATH=0x1000'),
  access: table('', 'F_OK=0 R_OK=4 W_OK=2 X_OK=1'),
  resolve: table('RESOLVE_', 'NO_XDEV=1 NO_MAGICLINKS=2 NO_SYMLINKS=4 BENEATH=8 IN_ROOT=0x10 CACHED=0x20'),
  statx: table(
    'STATX_',
    `ALL=0xfff BASIC_STATS=0x7ff TYPE=1 MODE=2 NLINK=4 UID=8 GID=0x10 ATIME=0x20 MTIME=0x40 CTIME=0x80 INO=0x100 SIZE=0x200
     BLOCKS=0x400 BTIME=0x800 MNT_ID=0x1000 DIOALIGN=0x2000 MNT_ID_UNIQUE=0x4000 SUBVOL=0x8000`,
  ),
  fd: table('FD_', 'CLOEXEC=1'),
  flock: table('LOCK_', 'SH=1 EX=2 UN=8 NB=4'),
  rename: table('RENAME_', 'NOREPLACE=1 EXCHANGE=2 WHITEOUT=4'),
  fallocate: table('FALLOC_FL_', 'KEEP_SIZE=1 PUNCH_HOLE=2 COLLAPSE_RANGE=8 ZERO_RANGE=0x10 INSERT_RANGE=0x20 UNSHARE_RANGE=0x40'),
  sync_file_range: table('SYNC_FILE_RANGE_', 'WAIT_BEFORE=1 WRITE=2 WAIT_AFTER=4'),
  close_range: table('CLOSE_RANGE_', 'UNSHARE=2 CLOEXEC=4'),
  rwf: table('RWF_', 'HIPRI=1 DSYNC=2 SYNC=4 NOWAIT=8 APPEND=0x10'),
  splice: table('SPLICE_F_', 'MOVE=1 NONBLOCK=2 MORE=4 GIFT=8'),
  memfd: table('MFD_', 'CLOEXEC=1 ALLOW_SEALING=2 HUGETLB=4 NOEXEC_SEAL=8 EXEC=0x10'),
  seals: table('F_SEAL_', 'SEAL=1 SHRINK=2 GROW=4 WRITE=8 FUTURE_WRITE=0x10 EXEC=0x20'),
  eventfd: table('EFD_', 'SEMAPHORE=1 NONBLOCK=0o4000 CLOEXEC=0o2000000'),
  epoll_create: table('EPOLL_', 'CLOEXEC=0o2000000'),
  inotify_init: table('IN_', 'NONBLOCK=0o4000 CLOEXEC=0o2000000'),
  xattr: table('XATTR_', 'CREATE=1 REPLACE=2'),
  poll: table(
    'POLL',
    'IN=1 PRI=2 OUT=4 RDNORM=0x40 WRNORM=0x100 RDBAND=0x80 WRBAND=0x200 ERR=8 HUP=0x10 NVAL=0x20 MSG=0x400 REMOVE=0x1000 RDHUP=0x2000',
  ),
  epoll: table(
    'EPOLL',
    `IN=1 PRI=2 OUT=4 RDNORM=0x40 RDBAND=0x80 WRNORM=0x100 WRBAND=0x200 MSG=0x400 ERR=8 HUP=0x10 RDHUP=0x2000
     EXCLUSIVE=0x10000000 WAKEUP=0x20000000 ONESHOT=0x40000000 ET=0x80000000`,
  ),
  mount: table('MS_', 'RDONLY=1 NOSUID=2 NODEV=4 NOEXEC=8 SYNCHRONOUS=0x10 REMOUNT=0x20 NOATIME=0x400 NODIRATIME=0x800 BIND=0x1000 MOVE=0x2000 REC=0x4000'),
  umount: table('', 'MNT_FORCE=1 MNT_DETACH=2 MNT_EXPIRE=4 UMOUNT_NOFOLLOW=8'),
  statfs: table('ST_', 'RDONLY=1 NOSUID=2 NODEV=4 NOEXEC=8 SYNCHRONOUS=0x10 VALID=0x20 MANDLOCK=0x40 NOATIME=0x400 NODIRATIME=0x800 RELATIME=0x1000'),
  stx_attr: table('STATX_ATTR_', 'COMPRESSED=4 IMMUTABLE=0x10 APPEND=0x20 NODUMP=0x40 ENCRYPTED=0x800 AUTOMOUNT=0x1000 MOUNT_ROOT=0x2000'),
  open: table(
    'O_',
    `CREAT=0o100 EXCL=0o200 NOCTTY=0o400 TRUNC=0o1000 APPEND=0o2000 NONBLOCK=0o4000 SYNC=0o4010000 DSYNC=0o10000 ~FASYNC=0o20000 DIRECT=0o40000
     LARGEFILE=0o100000 NOFOLLOW=0o400000 NOATIME=0o1000000 CLOEXEC=0o2000000 PATH=0o10000000 TMPFILE=0o20200000 DIRECTORY=0o200000`,
  ),
};

/** Single values: `enum:NAME` kinds. */
export const ENUMS: Readonly<Record<string, NameTable>> = {
  whence: count('SEEK_', 'SET CUR END DATA HOLE'),
  clock: count(
    'CLOCK_',
    'REALTIME MONOTONIC PROCESS_CPUTIME_ID THREAD_CPUTIME_ID MONOTONIC_RAW REALTIME_COARSE MONOTONIC_COARSE BOOTTIME REALTIME_ALARM BOOTTIME_ALARM SGI_CYCLE TAI',
  ),
  fcntl: table(
    'F_',
    `DUPFD=0 GETFD=1 SETFD=2 GETFL=3 SETFL=4 GETLK=5 SETLK=6 SETLKW=7 SETOWN=8 GETOWN=9 SETSIG=10 GETSIG=11 SETOWN_EX=15 GETOWN_EX=16
     OFD_GETLK=36 OFD_SETLK=37 OFD_SETLKW=38 SETLEASE=1024 GETLEASE=1025 NOTIFY=1026 DUPFD_QUERY=1027 DUPFD_CLOEXEC=1030 SETPIPE_SZ=1031
     GETPIPE_SZ=1032 ADD_SEALS=1033 GET_SEALS=1034`,
  ),
  locktype: count('F_', 'RDLCK WRLCK UNLCK'),
  ioctl: table(
    '',
    `FIBMAP=1 FIGETBSZ=2 TCGETS=0x5401 TCSETS=0x5402 TCSETSW=0x5403 TCSETSF=0x5404 TCGETA=0x5405 TCSETA=0x5406 TCSETAW=0x5407 TCSETAF=0x5408
     TCSBRK=0x5409 TCXONC=0x540a TCFLSH=0x540b TIOCEXCL=0x540c TIOCNXCL=0x540d TIOCSCTTY=0x540e TIOCGPGRP=0x540f TIOCSPGRP=0x5410
     TIOCOUTQ=0x5411 TIOCSTI=0x5412 TIOCGWINSZ=0x5413 TIOCSWINSZ=0x5414 FIONREAD=0x541b TIOCLINUX=0x541c FIONBIO=0x5421 TIOCNOTTY=0x5422
     TIOCSETD=0x5423 TIOCGETD=0x5424 TCSBRKP=0x5425 TIOCGSID=0x5429 TCGETS2=0x802c542a TCSETS2=0x402c542b TIOCGPTN=0x80045430
     TIOCSPTLCK=0x40045431 FIONCLEX=0x5450 FIOCLEX=0x5451 FIOASYNC=0x5452 FIOQSIZE=0x5460 FICLONE=0x40049409`,
  ),
  madvise: table(
    'MADV_',
    `NORMAL=0 RANDOM=1 SEQUENTIAL=2 WILLNEED=3 DONTNEED=4 FREE=8 REMOVE=9 DONTFORK=10 DOFORK=11 MERGEABLE=12 UNMERGEABLE=13 HUGEPAGE=14
     NOHUGEPAGE=15 DONTDUMP=16 DODUMP=17 WIPEONFORK=18 KEEPONFORK=19 COLD=20 PAGEOUT=21 POPULATE_READ=22 POPULATE_WRITE=23
     DONTNEED_LOCKED=24 COLLAPSE=25 HWPOISON=100 SOFT_OFFLINE=101`,
  ),
  fadvise: count('POSIX_FADV_', 'NORMAL RANDOM SEQUENTIAL WILLNEED DONTNEED NOREUSE'),
  futex: count('FUTEX_', 'WAIT WAKE FD REQUEUE CMP_REQUEUE WAKE_OP LOCK_PI UNLOCK_PI TRYLOCK_PI WAIT_BITSET WAKE_BITSET WAIT_REQUEUE_PI CMP_REQUEUE_PI LOCK_PI2'),
  rlimit: count('RLIMIT_', 'CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME'),
  rusage: table('RUSAGE_', 'SELF=0 CHILDREN=-1 BOTH=-2 THREAD=1'),
  sched: count('SCHED_', 'OTHER FIFO RR BATCH ISO IDLE DEADLINE'),
  priority: count('PRIO_', 'PROCESS PGRP USER'),
  sigmask: count('SIG_', 'BLOCK UNBLOCK SETMASK'),
  itimer: count('ITIMER_', 'REAL VIRTUAL PROF'),
  idtype: count('P_', 'ALL PID PGID PIDFD'),
  sigev_notify: table('SIGEV_', 'SIGNAL=0 NONE=1 THREAD=2 THREAD_ID=4'),
  membarrier: table(
    'MEMBARRIER_CMD_',
    `QUERY=0 GLOBAL=1 GLOBAL_EXPEDITED=2 REGISTER_GLOBAL_EXPEDITED=4 PRIVATE_EXPEDITED=8 REGISTER_PRIVATE_EXPEDITED=16
     PRIVATE_EXPEDITED_SYNC_CORE=32 REGISTER_PRIVATE_EXPEDITED_SYNC_CORE=64 PRIVATE_EXPEDITED_RSEQ=128 REGISTER_PRIVATE_EXPEDITED_RSEQ=256`,
  ),
  epoll_ctl: count('EPOLL_CTL_', 'ADD DEL MOD', 1),
  prctl: table(
    'PR_',
    `SET_PDEATHSIG=1 GET_PDEATHSIG=2 GET_DUMPABLE=3 SET_DUMPABLE=4 GET_UNALIGN=5 SET_UNALIGN=6 GET_KEEPCAPS=7 SET_KEEPCAPS=8 GET_FPEMU=9
     SET_FPEMU=10 GET_FPEXC=11 SET_FPEXC=12 GET_TIMING=13 SET_TIMING=14 SET_NAME=15 GET_NAME=16 GET_ENDIAN=19 SET_ENDIAN=20 GET_SECCOMP=21
     SET_SECCOMP=22 CAPBSET_READ=23 CAPBSET_DROP=24 GET_TSC=25 SET_TSC=26 GET_SECUREBITS=27 SET_SECUREBITS=28 SET_TIMERSLACK=29
     GET_TIMERSLACK=30 MCE_KILL=33 MCE_KILL_GET=34 SET_MM=35 SET_CHILD_SUBREAPER=36 GET_CHILD_SUBREAPER=37 SET_NO_NEW_PRIVS=38
     GET_NO_NEW_PRIVS=39 GET_TID_ADDRESS=40 SET_THP_DISABLE=41 GET_THP_DISABLE=42 CAP_AMBIENT=47 GET_SPECULATION_CTRL=52
     SET_SPECULATION_CTRL=53 SET_TAGGED_ADDR_CTRL=55 GET_TAGGED_ADDR_CTRL=56 SCHED_CORE=62 SET_VMA=0x53564d41`,
  ),
  domain: table(
    'AF_',
    'UNSPEC=0 UNIX=1 INET=2 AX25=3 IPX=4 APPLETALK=5 NETROM=6 BRIDGE=7 X25=9 INET6=10 KEY=15 NETLINK=16 PACKET=17 CAN=29 BLUETOOTH=31 ALG=38 VSOCK=40',
  ),
  sockettype: table('SOCK_', 'STREAM=1 DGRAM=2 RAW=3 RDM=4 SEQPACKET=5 DCCP=6 PACKET=10'),
  fstype: table(
    '',
    `TMPFS_MAGIC=0x01021994 PROC_SUPER_MAGIC=0x9fa0 EXT2_SUPER_MAGIC=0xef53 OVERLAYFS_SUPER_MAGIC=0x794c7630 PIPEFS_MAGIC=0x50495045
     ANON_INODE_FS_MAGIC=0x09041934 DEVPTS_SUPER_MAGIC=0x1cd1 SOCKFS_MAGIC=0x534f434b SYSFS_MAGIC=0x62656572`,
  ),
};

/** Splits flags above 2^31 too: bits are taken as whole numbers, not 32-bit integers. */
function hasBits(value: number, bits: number): boolean {
  const low = bits % 2 ** 32;
  const high = Math.floor(bits / 2 ** 32);
  return ((value % 2 ** 32) & low) >>> 0 === low && (Math.floor(value / 2 ** 32) & high) === high;
}

/** `A|B`, with what has no name in hexadecimal at the end; the empty set has a name of its own or is 0. */
export function flagNames(table: NameTable, value: number): string {
  if (value === 0) return table.names.find(([bits]) => bits === 0)?.[1] ?? '0';
  const parts: string[] = [];
  let rest = value;
  for (const [bits, name] of table.names) {
    if (bits === 0 || rest === 0 || !hasBits(rest, bits)) continue;
    parts.push(name);
    rest -= bits;
  }
  if (parts.length === 0) return `${hex(value)} /* ${table.unknown} */`;
  if (rest !== 0) parts.push(hex(rest));
  return parts.join('|');
}

/** The name of a value; a number and a comment when it has none. */
export function enumName(table: NameTable, value: number): string {
  const found = table.names.find(([known]) => known === value);
  return found === undefined ? `${hex(value < 0 ? value >>> 0 : value)} /* ${table.unknown} */` : found[1];
}
