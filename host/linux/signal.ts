/** Signals of the generic Linux table (signal(7)): numbers, names, flags, si_code. */
export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGQUIT = 3;
export const SIGILL = 4;
export const SIGTRAP = 5;
export const SIGABRT = 6;
export const SIGBUS = 7;
export const SIGFPE = 8;
export const SIGKILL = 9;
export const SIGUSR1 = 10;
export const SIGSEGV = 11;
export const SIGUSR2 = 12;
export const SIGPIPE = 13;
export const SIGALRM = 14;
export const SIGTERM = 15;
export const SIGSTKFLT = 16;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGTSTP = 20;
export const SIGTTIN = 21;
export const SIGTTOU = 22;
export const SIGURG = 23;
export const SIGXCPU = 24;
export const SIGXFSZ = 25;
export const SIGVTALRM = 26;
export const SIGPROF = 27;
export const SIGWINCH = 28;
export const SIGIO = 29;
export const SIGPWR = 30;
export const SIGSYS = 31;
export const SIGRTMIN = 32;
export const SIGNAL_MAX = 64;

const NAMES = (
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT ' +
  'CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'
).split(' ');

/** 'SIGINT', 'SIGRT_3' (as strace writes the realtime ones), or the number when there is no such signal. */
export function signalName(signal: number): string {
  if (signal >= 1 && signal < SIGRTMIN) return `SIG${NAMES[signal - 1]}`;
  if (signal >= SIGRTMIN && signal <= SIGNAL_MAX) return signal === SIGRTMIN ? 'SIGRTMIN' : `SIGRT_${signal - SIGRTMIN}`;
  return String(signal);
}

/** The number of 'SIGINT'; undefined: there is no signal of that name. */
export function signalNumber(name: string): number | undefined {
  for (let signal = 1; signal <= SIGNAL_MAX; signal++) if (signalName(signal) === name) return signal;
  return undefined;
}

const FAULTS = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP];

/** Its siginfo_t has an address when the kernel sends it. */
export function isFaultSignal(signal: number): boolean {
  return FAULTS.includes(signal);
}

/* sigaction flags */
export const SA_NOCLDSTOP = 0x1;
export const SA_NOCLDWAIT = 0x2;
export const SA_SIGINFO = 0x4;
export const SA_UNSUPPORTED = 0x400;
export const SA_EXPOSE_TAGBITS = 0x800;
export const SA_RESTORER = 0x04000000;
export const SA_ONSTACK = 0x08000000;
export const SA_RESTART = 0x10000000;
export const SA_NODEFER = 0x40000000;
export const SA_RESETHAND = 0x80000000;
export const SIG_DFL = 0;
export const SIG_IGN = 1;

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;

export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;
export const SS_AUTODISARM = 0x80000000;
export const MINSIGSTKSZ = 2048;

/* si_code */
export const SI_USER = 0;
export const SI_KERNEL = 0x80;
export const SI_QUEUE = -1;
export const SI_TIMER = -2;
export const SI_TKILL = -6;
export const ILL_ILLOPC = 1;
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;
export const BUS_ADRALN = 1;
export const BUS_ADRERR = 2;
export const BUS_MCEERR_AR = 4;
export const TRAP_BRKPT = 1;
export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;
export const CLD_TRAPPED = 4;
export const CLD_STOPPED = 5;
export const CLD_CONTINUED = 6;

/** si_code of a child that a signal killed, by its wait status: CLD_DUMPED when it left a core. */
export function killedCode(status: number): number {
  return (status & 0x80) !== 0 ? CLD_DUMPED : CLD_KILLED;
}
