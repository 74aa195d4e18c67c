/** Resource limits of a process (getrlimit(2)). */
export const RLIMIT_CPU = 0;
export const RLIMIT_FSIZE = 1;
export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
export const RLIMIT_RSS = 5;
export const RLIMIT_NPROC = 6;
export const RLIMIT_NOFILE = 7;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_AS = 9;
export const RLIMIT_LOCKS = 10;
export const RLIMIT_SIGPENDING = 11;
export const RLIMIT_MSGQUEUE = 12;
export const RLIMIT_NICE = 13;
export const RLIMIT_RTPRIO = 14;
export const RLIMIT_RTTIME = 15;
export const RLIMITS = 16;

/** RLIM_INFINITY is all ones in the guest. */
export const UNLIMITED = Number.POSITIVE_INFINITY;

export interface Limit {
  /** The soft limit: what is enforced. */
  current: number;
  /** The hard limit: how far the soft one may be raised. */
  maximum: number;
}

export const STACK_LIMIT_DEFAULT = 8 * 1024 * 1024;
/** sysctl fs.nr_open: how far RLIMIT_NOFILE may be raised. */
export const NOFILE_MAX = 1024 * 1024;

/** Pids are below this: no machine can have more threads. */
export const PID_MAX = 32768;
/** What kernel.pid_max may be at most. */
export const PID_MAX_MOST = 4194304;
/** Pids below this are not given again once the counter has wrapped round, as in Linux. */
export const PID_RESERVED = 300;
/** Threads of a machine unless it is told otherwise: each costs the host some kilobytes. */
export const THREADS_MAX = 4096;

export interface LimitSources {
  /** Threads that the machine may have: a user other than root may have half of them. */
  readonly threadsMax?: number;
  /** Open files that the machine may have. */
  readonly filesMax?: number;
}

export function defaultLimits({ threadsMax = THREADS_MAX, filesMax = NOFILE_MAX }: LimitSources = {}): Limit[] {
  const threads = Math.max(1, Math.floor(threadsMax / 2));
  const limits = Array.from({ length: RLIMITS }, (): Limit => ({ current: UNLIMITED, maximum: UNLIMITED }));
  limits[RLIMIT_STACK].current = STACK_LIMIT_DEFAULT;
  limits[RLIMIT_CORE].current = 0;
  limits[RLIMIT_NOFILE] = { current: Math.min(1024, filesMax), maximum: Math.min(NOFILE_MAX, filesMax) };
  limits[RLIMIT_NPROC] = { current: threads, maximum: threads };
  limits[RLIMIT_MEMLOCK] = { current: 8 * 1024 * 1024, maximum: 8 * 1024 * 1024 };
  limits[RLIMIT_SIGPENDING] = { current: 32768, maximum: 32768 };
  limits[RLIMIT_MSGQUEUE] = { current: 819200, maximum: 819200 };
  limits[RLIMIT_NICE] = { current: 0, maximum: 0 };
  limits[RLIMIT_RTPRIO] = { current: 0, maximum: 0 };
  return limits;
}
