import * as F from '../../linux/fcntl.js';
import * as I from '../../linux/ioctl.js';
import * as P from '../../linux/process.js';
import { S_IFBLK, S_IFCHR, S_IFMT } from '../../linux/stat.js';

/** The kinds of a call's arguments when other arguments decide on them: how many there are, and what they are. */
type Refine = (kinds: readonly string[], args: readonly number[]) => readonly string[];

const replace = (kinds: readonly string[], index: number, kind: string): string[] => kinds.map((old, i) => (i === index ? kind : old));

const FCNTL: Readonly<Record<number, string>> = {
  [F.F_DUPFD]: 'int',
  [F.F_SETFD]: 'flags:fd',
  [F.F_SETFL]: 'flags:open',
  [F.F_GETLK]: 'out:flock_pid',
  [F.F_SETLK]: 'struct:flock',
  [F.F_SETLKW]: 'struct:flock',
  [F.F_SETOWN]: 'int',
  [F.F_SETSIG]: 'signal',
  [F.F_OFD_GETLK]: 'out:flock_pid',
  [F.F_OFD_SETLK]: 'struct:flock',
  [F.F_OFD_SETLKW]: 'struct:flock',
  [F.F_SETLEASE]: 'enum:locktype',
  [F.F_DUPFD_CLOEXEC]: 'int',
  [F.F_SETPIPE_SZ]: 'int',
  [F.F_ADD_SEALS]: 'flags:seals',
};
const FCNTL_BARE = [F.F_GETFD, F.F_GETFL, F.F_GETOWN, F.F_GETSIG, F.F_GETLEASE, F.F_GETPIPE_SZ, F.F_GET_SEALS];

const IOCTL: Readonly<Record<number, string>> = {
  [I.TCGETS]: 'out:termios',
  [I.TCSETS]: 'struct:termios',
  [I.TCSETSW]: 'struct:termios',
  [I.TCSETSF]: 'struct:termios',
  [I.TIOCSCTTY]: 'int',
  [I.TIOCGPGRP]: 'out:int',
  [I.TIOCSPGRP]: 'struct:int',
  [I.TIOCOUTQ]: 'out:int',
  [I.TIOCGWINSZ]: 'out:winsize',
  [I.TIOCSWINSZ]: 'struct:winsize',
  [I.FIONREAD]: 'out:int',
  [I.FIONBIO]: 'struct:int',
  [I.TIOCGSID]: 'out:int',
  [I.FIOASYNC]: 'struct:int',
  [I.FIGETBSZ]: 'out:int',
};
const IOCTL_BARE = [I.TIOCEXCL, I.TIOCNXCL, I.TIOCNOTTY, I.FIONCLEX, I.FIOCLEX];

const PRCTL: Readonly<Record<number, readonly string[]>> = {
  [P.PR_SET_PDEATHSIG]: ['signal'],
  [P.PR_GET_PDEATHSIG]: ['out:int'],
  [P.PR_GET_DUMPABLE]: [],
  [P.PR_SET_DUMPABLE]: ['ulong'],
  [P.PR_GET_KEEPCAPS]: [],
  [P.PR_SET_KEEPCAPS]: ['ulong'],
  [P.PR_SET_NAME]: ['string'],
  [P.PR_GET_NAME]: ['out:comm'],
  [P.PR_GET_SECCOMP]: [],
  [P.PR_CAPBSET_READ]: ['ulong'],
  [P.PR_CAPBSET_DROP]: ['ulong'],
  [P.PR_GET_SECUREBITS]: [],
  [P.PR_SET_TIMERSLACK]: ['ulong'],
  [P.PR_GET_TIMERSLACK]: [],
  [P.PR_SET_CHILD_SUBREAPER]: ['ulong'],
  [P.PR_GET_CHILD_SUBREAPER]: ['out:int'],
};

const AF_INET = 2;
const AF_INET6 = 10;

/** Arguments of each futex operation after the operation itself. */
const FUTEX: Readonly<Record<number, readonly string[]>> = {
  0: ['int', 'struct:timespec'],
  1: ['int'],
  3: ['int', 'int', 'pointer'],
  4: ['int', 'int', 'pointer', 'int'],
  5: ['int', 'int', 'pointer', 'hex'],
  9: ['int', 'struct:timespec', 'pointer', 'hex'],
  10: ['int', 'pointer', 'pointer', 'hex'],
};

const withMode: Refine = (kinds, args) => {
  const flags = kinds.indexOf('flags:open');
  return (args[flags] & (F.O_CREAT | F.O_TMPFILE_BIT)) !== 0 ? kinds : kinds.slice(0, flags + 1);
};

const REFINEMENTS: Readonly<Record<string, Refine>> = {
  openat: withMode,
  mq_open: withMode,
  mknodat: (kinds, args) => {
    const type = args[2] & S_IFMT;
    const shown = replace(kinds, 2, 'filemode');
    return type === S_IFCHR || type === S_IFBLK ? shown : shown.slice(0, 3);
  },
  fcntl: (_, args) => {
    if (FCNTL_BARE.includes(args[1])) return ['fd', 'enum:fcntl'];
    return ['fd', 'enum:fcntl', FCNTL[args[1]] ?? 'pointer'];
  },
  ioctl: (_, args) => {
    const command = args[1] >>> 0;
    if (IOCTL_BARE.includes(command)) return ['fd', 'enum:ioctl'];
    return ['fd', 'enum:ioctl', IOCTL[command] ?? 'pointer'];
  },
  prctl: (_, args) => ['enum:prctl', ...(PRCTL[args[0]] ?? ['hex', 'hex', 'hex', 'hex'])],
  futex: (kinds, args) => [...kinds.slice(0, 2), ...(FUTEX[args[1] & 127] ?? kinds.slice(2))],
  getcwd: (kinds) => replace(kinds, 0, 'outpath'),
  getrandom: (kinds) => replace(kinds, 0, 'outhex'),
  execve: (kinds) => replace(kinds, 2, 'environment'),
  execveat: (kinds) => replace(kinds, 3, 'environment'),
  mmap: (kinds) => replace(kinds, 5, 'hex'),
  sched_setaffinity: (kinds) => replace(kinds, 2, 'struct:cpuset'),
  sethostname: (kinds) => replace(kinds, 0, 'bytes'),
  setdomainname: (kinds) => replace(kinds, 0, 'bytes'),
  socket: (kinds, args) => (args[0] === AF_INET || args[0] === AF_INET6 ? replace(kinds, 2, 'enum:ipproto') : kinds),
  timer_create: (kinds) => replace(kinds, 2, 'out:int'),
  mremap: (kinds, args) => ((args[3] & 2) !== 0 ? kinds : kinds.slice(0, 4)),
  nanosleep: (kinds) => replace(kinds, 1, 'outrest:timespec'),
  clock_nanosleep: (kinds) => replace(kinds, 3, 'outrest:timespec'),
};

export function refineKinds(name: string, kinds: readonly string[], args: readonly number[]): readonly string[] {
  return REFINEMENTS[name]?.(kinds, args) ?? kinds;
}
