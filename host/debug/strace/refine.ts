import { O_CREAT, O_TMPFILE_BIT } from '../../linux/fcntl.js';
import { S_IFBLK, S_IFCHR, S_IFMT } from '../../linux/stat.js';

/** The kinds of a call's arguments when other arguments decide on them: how many there are, and what they are. */
type Refine = (kinds: readonly string[], args: readonly number[]) => readonly string[];

const replace = (kinds: readonly string[], index: number, kind: string): string[] => kinds.map((old, i) => (i === index ? kind : old));

const FCNTL: Readonly<Record<number, string>> = {
  0: 'int',
  2: 'flags:fd',
  4: 'flags:open',
  5: 'inout:flock_pid',
  6: 'struct:flock',
  7: 'struct:flock',
  8: 'int',
  10: 'signal',
  36: 'inout:flock_pid',
  37: 'struct:flock',
  38: 'struct:flock',
  1024: 'enum:locktype',
  1030: 'int',
  1031: 'int',
  1033: 'flags:seals',
};
/** F_GETFD, F_GETFL, F_GETOWN, F_GETSIG, F_GETLEASE, F_GETPIPE_SZ, F_GET_SEALS: no argument. */
const FCNTL_BARE = [1, 3, 9, 11, 1025, 1032, 1034];

const IOCTL: Readonly<Record<number, string>> = {
  0x5401: 'out:termios',
  0x5402: 'struct:termios',
  0x5403: 'struct:termios',
  0x5404: 'struct:termios',
  0x540e: 'int',
  0x540f: 'out:int',
  0x5410: 'struct:int',
  0x5411: 'out:int',
  0x5413: 'out:winsize',
  0x5414: 'struct:winsize',
  0x541b: 'out:int',
  0x5421: 'struct:int',
  0x5429: 'out:int',
  0x5452: 'struct:int',
  2: 'out:int',
};
const IOCTL_BARE = [0x540c, 0x540d, 0x5422, 0x5450, 0x5451];

const PRCTL: Readonly<Record<number, readonly string[]>> = {
  1: ['signal'],
  2: ['out:int'],
  3: [],
  4: ['ulong'],
  7: [],
  8: ['ulong'],
  15: ['string'],
  16: ['out:comm'],
  21: [],
  23: ['ulong'],
  24: ['ulong'],
  27: [],
  29: ['ulong'],
  30: [],
  36: ['ulong'],
  37: ['out:int'],
};

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
  return (args[flags] & (O_CREAT | O_TMPFILE_BIT)) !== 0 ? kinds : kinds.slice(0, flags + 1);
};

const REFINEMENTS: Readonly<Record<string, Refine>> = {
  openat: withMode,
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
  timer_create: (kinds) => replace(kinds, 2, 'out:int'),
  mremap: (kinds, args) => ((args[3] & 2) !== 0 ? kinds : kinds.slice(0, 4)),
  nanosleep: (kinds) => replace(kinds, 1, 'outrest:timespec'),
  clock_nanosleep: (kinds) => replace(kinds, 3, 'outrest:timespec'),
};

export function refineKinds(name: string, kinds: readonly string[], args: readonly number[]): readonly string[] {
  return REFINEMENTS[name]?.(kinds, args) ?? kinds;
}
