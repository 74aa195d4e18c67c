import * as S from '../../linux/signal.js';
import { ENUMS, enumName, FLAGS, flagNames } from './names.js';
import { i32, openFlags, pointer, type StructFormat, timespec, timeval, u32, u64 } from './structs.js';
import { address, hex } from './text.js';

const BARE = /^SIG/;

/** [INT CHLD RT_8]; a nearly full set is shown by what it lacks: ~[KILL STOP]. */
export function signalSet(set: bigint): string {
  const members: number[] = [];
  const missing: number[] = [];
  for (let n = 1; n <= S.SIGNAL_MAX; n++) ((set >> BigInt(n - 1)) & 1n ? members : missing).push(n);
  const names = (list: number[]): string => `[${list.map((n) => S.signalName(n).replace(BARE, '')).join(' ')}]`;
  return members.length >= (S.SIGNAL_MAX * 2) / 3 ? `~${names(missing)}` : names(members);
}

function handler(value: number): string {
  return value === S.SIG_DFL ? 'SIG_DFL' : value === S.SIG_IGN ? 'SIG_IGN' : address(value);
}

/** The kernel's struct sigaction of riscv64: there is no restorer. */
function sigaction(view: DataView): string {
  const flags = flagNames(FLAGS.sigaction, u32(view, 8));
  return `{sa_handler=${handler(Number(u64(view, 0)))}, sa_mask=${signalSet(u64(view, 16))}, sa_flags=${flags}}`;
}

function stack(view: DataView): string {
  return `{ss_sp=${pointer(view, 0)}, ss_flags=${flagNames(FLAGS.sigaltstack, u32(view, 8))}, ss_size=${u64(view, 16)}}`;
}

const GENERIC_CODES: Readonly<Record<number, string>> = {
  [S.SI_USER]: 'SI_USER',
  [S.SI_KERNEL]: 'SI_KERNEL',
  [S.SI_QUEUE]: 'SI_QUEUE',
  [S.SI_TIMER]: 'SI_TIMER',
  [-3]: 'SI_MESGQ',
  [-4]: 'SI_ASYNCIO',
  [-5]: 'SI_SIGIO',
  [S.SI_TKILL]: 'SI_TKILL',
};

/** Codes above 0 mean something for one signal only; they count from 1. */
const CODES: Readonly<Record<number, readonly string[]>> = {
  [S.SIGILL]: ['ILL_ILLOPC', 'ILL_ILLOPN', 'ILL_ILLADR', 'ILL_ILLTRP', 'ILL_PRVOPC', 'ILL_PRVREG', 'ILL_COPROC', 'ILL_BADSTK'],
  [S.SIGFPE]: ['FPE_INTDIV', 'FPE_INTOVF', 'FPE_FLTDIV', 'FPE_FLTOVF', 'FPE_FLTUND', 'FPE_FLTRES', 'FPE_FLTINV', 'FPE_FLTSUB'],
  [S.SIGSEGV]: ['SEGV_MAPERR', 'SEGV_ACCERR'],
  [S.SIGBUS]: ['BUS_ADRALN', 'BUS_ADRERR', 'BUS_OBJERR', 'BUS_MCEERR_AR', 'BUS_MCEERR_AO'],
  [S.SIGTRAP]: ['TRAP_BRKPT', 'TRAP_TRACE', 'TRAP_BRANCH', 'TRAP_HWBKPT'],
  [S.SIGCHLD]: ['CLD_EXITED', 'CLD_KILLED', 'CLD_DUMPED', 'CLD_TRAPPED', 'CLD_STOPPED', 'CLD_CONTINUED'],
};

const FAULTS = [S.SIGILL, S.SIGFPE, S.SIGSEGV, S.SIGBUS, S.SIGTRAP];

function codeName(signo: number, code: number): string {
  return GENERIC_CODES[code] ?? CODES[signo]?.[code - 1] ?? hex(code >>> 0);
}

/** siginfo_t, 128 bytes. */
export function siginfo(view: DataView): string {
  const signo = i32(view, 0);
  const code = i32(view, 8);
  if (signo === 0) return '{}';
  const parts = [`si_signo=${S.signalName(signo)}`, `si_code=${codeName(signo, code)}`];
  if (i32(view, 4) !== 0) parts.push(`si_errno=${i32(view, 4)}`);
  if (code === S.SI_KERNEL) return `{${parts.join(', ')}}`;
  if (code > 0 && FAULTS.includes(signo)) parts.push(`si_addr=${pointer(view, 16)}`);
  else if (code === S.SI_TIMER) parts.push(`si_timerid=${hex(i32(view, 16))}`, `si_overrun=${i32(view, 20)}`, ...value(view));
  else {
    parts.push(`si_pid=${i32(view, 16)}`, `si_uid=${u32(view, 20)}`);
    if (signo === S.SIGCHLD && code > 0) parts.push(...child(view, code));
    else if (code !== S.SI_USER && code !== S.SI_TKILL) parts.push(...value(view));
  }
  return `{${parts.join(', ')}}`;
}

function value(view: DataView): string[] {
  return [`si_int=${i32(view, 24)}`, `si_ptr=${pointer(view, 24)}`];
}

function child(view: DataView, code: number): string[] {
  const status = i32(view, 24);
  const shown = code === S.CLD_EXITED ? String(status) : S.signalName(status);
  return [`si_status=${shown}`, `si_utime=${ticks(u64(view, 32))}`, `si_stime=${ticks(u64(view, 40))}`];
}

const TICKS_PER_SECOND = 100;

function ticks(count: bigint): string {
  return count === 0n ? '0' : `${count} /* ${(Number(count) / TICKS_PER_SECOND).toFixed(2)} s */`;
}

/** The status word of wait4. */
export function waitStatus(status: number): string {
  const signal = status & 0x7f;
  const stopSignal = (status >> 8) & 0xff;
  if (status === 0xffff) return '[{WIFCONTINUED(s)}]';
  if ((status & 0xff) === 0x7f) return `[{WIFSTOPPED(s) && WSTOPSIG(s) == ${S.signalName(stopSignal)}}]`;
  if (signal === 0) return `[{WIFEXITED(s) && WEXITSTATUS(s) == ${stopSignal}}]`;
  return `[{WIFSIGNALED(s) && WTERMSIG(s) == ${S.signalName(signal)}${(status & 0x80) !== 0 ? ' && WCOREDUMP(s)' : ''}}]`;
}

const INFINITY = 0xffffffffffffffffn;

/** A limit; multiples of 1024 are written as such. */
function limit(value: bigint): string {
  if (value === INFINITY) return 'RLIM64_INFINITY';
  return value > 1024n && value % 1024n === 0n ? `${value / 1024n}*1024` : String(value);
}

const interval =
  (name: 'tv_usec' | 'tv_nsec') =>
  (view: DataView): string => {
    const show = name === 'tv_usec' ? timeval : timespec;
    return `{it_interval=${show(view, 0)}, it_value=${show(view, 16)}}`;
  };

function sigevent(view: DataView): string {
  const signo = i32(view, 8);
  const notify = i32(view, 12);
  const parts: string[] = [];
  if (u64(view, 0) !== 0n) parts.push(`sigev_value={sival_int=${i32(view, 0)}, sival_ptr=${pointer(view, 0)}}`);
  parts.push(`sigev_signo=${S.signalName(signo)}`, `sigev_notify=${enumName(ENUMS.sigev_notify, notify)}`);
  if (notify === 4) parts.push(`sigev_notify_thread_id=${i32(view, 16)}`);
  return `{${parts.join(', ')}}`;
}

function cpus(view: DataView): string {
  const list: number[] = [];
  for (let i = 0; i < view.byteLength * 8; i++) if ((view.getUint8(i >> 3) >> (i & 7)) & 1) list.push(i);
  return `[${list.join(' ')}]`;
}

const CAP_VERSIONS = new Map([
  [0x19980330, '_LINUX_CAPABILITY_VERSION_1'],
  [0x20071026, '_LINUX_CAPABILITY_VERSION_2'],
  [0x20080522, '_LINUX_CAPABILITY_VERSION_3'],
]);

function capData(view: DataView): string {
  const set = (at: number): string => hex(u32(view, at) + u32(view, at + 12) * 2 ** 32);
  return `{effective=${set(0)}, permitted=${set(4)}, inheritable=${set(8)}}`;
}

/** flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls. */
function cloneArgs(view: DataView): string {
  const field = (i: number): number => Number(u64(view, i * 8));
  const parts = [`flags=${flagNames(FLAGS.clone, field(0))}`];
  if (field(1) !== 0) parts.push(`pidfd=${address(field(1))}`);
  if (field(2) !== 0) parts.push(`child_tid=${address(field(2))}`);
  if (field(3) !== 0) parts.push(`parent_tid=${address(field(3))}`);
  parts.push(`exit_signal=${field(4) === 0 ? '0' : S.signalName(field(4))}`, `stack=${address(field(5))}`, `stack_size=${hex(field(6))}`);
  if (field(7) !== 0) parts.push(`tls=${address(field(7))}`);
  return `{${parts.join(', ')}}`;
}

/** Structures of signals, time, processes and limits. */
export const KERNEL_STRUCTS: Readonly<Record<string, StructFormat>> = {
  sigaction: { size: 24, show: sigaction },
  siginfo: { size: 128, show: siginfo },
  stack_t: { size: 24, show: stack },
  wstatus: { size: 4, show: (view) => waitStatus(u32(view, 0)) },
  rusage: { size: 144, show: (view) => `{ru_utime=${timeval(view, 0)}, ru_stime=${timeval(view, 16)}, ...}` },
  rlimit: { size: 16, show: (view) => `{rlim_cur=${limit(u64(view, 0))}, rlim_max=${limit(u64(view, 8))}}` },
  itimerval: { size: 32, show: interval('tv_usec') },
  itimerspec: { size: 32, show: interval('tv_nsec') },
  sigevent: { size: 24, show: sigevent },
  tms: {
    size: 32,
    show: (view) => `{${['tms_utime', 'tms_stime', 'tms_cutime', 'tms_cstime'].map((n, i) => `${n}=${u64(view, i * 8)}`).join(', ')}}`,
  },
  mq_attr: {
    size: 64,
    show: (view) =>
      `{mq_flags=${openFlags(Number(u64(view, 0)))
        .replace('O_RDONLY|', '')
        .replace('O_RDONLY', '0')}, ` + `mq_maxmsg=${u64(view, 8)}, mq_msgsize=${u64(view, 16)}, mq_curmsgs=${u64(view, 24)}}`,
  },
  sched_param: { size: 4, show: (view) => `[${i32(view, 0)}]` },
  cpuset: { size: 8, show: cpus },
  cap_header: { size: 8, show: (view) => `{version=${CAP_VERSIONS.get(u32(view, 0)) ?? hex(u32(view, 0))}, pid=${i32(view, 4)}}` },
  cap_data: { size: 24, show: capData },
  clone_args: { size: 64, show: cloneArgs },
};
