import { EAGAIN, EINVAL, EOPNOTSUPP, EPERM } from '../../assembly/shared/errno.js';
import { IntervalTimer, PosixTimer, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD_ID } from '../kernel/itimer.js';
import { type Process, threadCpuNs } from '../kernel/process.js';
import { BLOCKED, RESTART_BLOCK, RESTART_NOHAND, type Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { SIGALRM, SIGNAL_MAX } from '../linux/signal.js';
import type { Timestamp } from '../vfs/types.js';
import { row } from './row.js';
import { putTimespec, putTimeval, readBigU64, readTimespec, readTimeval, writeTimespec } from './user-types.js';

export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
const CLOCK_PROCESS_CPUTIME_ID = 2;
const CLOCK_THREAD_CPUTIME_ID = 3;
const CLOCK_MONOTONIC_RAW = 4;
const CLOCK_REALTIME_COARSE = 5;
const CLOCK_MONOTONIC_COARSE = 6;
const CLOCK_BOOTTIME = 7;
const CLOCK_REALTIME_ALARM = 8;
const CLOCK_BOOTTIME_ALARM = 9;
const CLOCK_TAI = 11;
const COARSE_NS = 4_000_000;
const CLOCK_TICK_NS = 1e7;
const TIMER_ABSTIME = 1;
const TIMERS_MAX = 1024;

/** The CPU clock of clock_getcpuclockid(3) and pthread_getcpuclockid(3): pid or tid complemented, above three bits of kind. */
function cpuClockNs(t: Thread, clock: number): number {
  const id = ~(clock >> 3);
  const perThread = (clock & 4) !== 0;
  if ((clock & 3) === 3) throw new SysError(EINVAL);
  if (perThread) {
    const target = id === 0 ? t : t.kernel.threads.get(id);
    if (target === undefined || target.process !== t.process) throw new SysError(EINVAL);
    return cpuOf(threadCpuNs(target), target.instructions, clock);
  }
  const target = id === 0 ? t.process : t.kernel.processes.get(id);
  if (target === undefined) throw new SysError(EINVAL);
  return cpuOf(target.cpuNs(), target.usage().userNs, clock);
}

/** Kind 1 (CPUCLOCK_VIRT) is user time only. */
function cpuOf(total: number, user: number, clock: number): number {
  return (clock & 3) === 1 ? user : total;
}

/** A clock that counts from boot, the realtime ones excluded; EINVAL for an unknown id. */
function monotonicClock(t: Thread, clock: number): number {
  switch (clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
      return t.kernel.now();
    case CLOCK_MONOTONIC_COARSE:
      return Math.floor(t.kernel.now() / COARSE_NS) * COARSE_NS;
    case CLOCK_PROCESS_CPUTIME_ID:
      return t.process.cpuNs();
    case CLOCK_THREAD_CPUTIME_ID:
      return threadCpuNs(t);
    default:
      if (clock < 0) return cpuClockNs(t, clock);
      throw new SysError(EINVAL);
  }
}

function isRealtime(clock: number): boolean {
  return clock === CLOCK_REALTIME || clock === CLOCK_REALTIME_COARSE || clock === CLOCK_REALTIME_ALARM || clock === CLOCK_TAI;
}

function writeTimestamp(t: Thread, address: number, time: Timestamp, unitNs: number): void {
  const { user } = t;
  user.writeU64(address, time.sec);
  user.writeU64(address + 8, Math.floor(time.nsec / unitNs));
}

function clockGettime(t: Thread, clock: number, address: number): number {
  if (isRealtime(clock)) {
    const { sec, nsec } = t.kernel.realtime();
    const coarse = clock === CLOCK_REALTIME_COARSE ? Math.floor(nsec / COARSE_NS) * COARSE_NS : nsec;
    writeTimestamp(t, address, { sec, nsec: coarse }, 1);
  } else writeTimespec(t.user, address, monotonicClock(t, clock));
  return 0;
}

function clockGetres(t: Thread, clock: number, address: number): number {
  if (!isRealtime(clock)) monotonicClock(t, clock);
  const coarse = clock === CLOCK_REALTIME_COARSE || clock === CLOCK_MONOTONIC_COARSE;
  if (address !== 0) writeTimespec(t.user, address, coarse ? COARSE_NS : 1);
  return 0;
}

/** The host's clock is not the guest's to set, root or not. */
function clockSettime(t: Thread, clock: number, address: number): number {
  readTimespec(t.user, address);
  if (clock === CLOCK_REALTIME) return -EPERM;
  if (clock < 0 || (clock >= 12 && clock !== CLOCK_TAI) || clock === 10) return -EINVAL;
  return clock === CLOCK_PROCESS_CPUTIME_ID || clock === CLOCK_THREAD_CPUTIME_ID ? -EPERM : -EINVAL;
}

function gettimeofday(t: Thread, tv: number, tz: number): number {
  if (tv !== 0) writeTimestamp(t, tv, t.kernel.realtime(), 1000);
  if (tz !== 0) t.user.writeU64(tz, 0);
  return 0;
}

function settimeofday(t: Thread, tv: number): number {
  if (tv !== 0) readTimeval(t.user, tv);
  return -EPERM;
}

function realtimeNs({ sec, nsec }: Timestamp): bigint {
  return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
}

/** A time of some clock, read at `address`, as a moment of monotonic time. */
function absoluteDeadline(t: Thread, clock: number, address: number): number {
  const at = readTimespec(t.user, address);
  if (!isRealtime(clock)) return t.kernel.now() + (at - monotonicClock(t, clock));
  if (at === Number.POSITIVE_INFINITY) return at;
  const target = BigInt(t.user.readI64(address)) * 1_000_000_000n + BigInt(t.user.readI64(address + 8));
  return t.kernel.now() + Number(target - realtimeNs(t.kernel.realtime()));
}

function sleepUntil(t: Thread, deadline: number, remaining: number, restart: number): number {
  if (t.kernel.now() >= deadline) return 0;
  const result = t.sleep({ deadline, restart });
  if (result !== BLOCKED && remaining !== 0) {
    writeTimespec(t.user, remaining, Math.max(0, Math.min(deadline, Number.MAX_SAFE_INTEGER) - t.kernel.now()));
  }
  return result;
}

function nanosleep(t: Thread, request: number, remaining: number): number {
  const deadline = t.deadline(readTimespec(t.user, request));
  return sleepUntil(t, deadline, remaining, RESTART_BLOCK);
}

function clockNanosleep(t: Thread, clock: number, flags: number, request: number, remaining: number): number {
  if (clock === CLOCK_THREAD_CPUTIME_ID || clock >= 12 || clock === 10) return -EINVAL;
  if (clock === CLOCK_MONOTONIC_RAW || clock === CLOCK_REALTIME_COARSE || clock === CLOCK_MONOTONIC_COARSE) return -EOPNOTSUPP;
  if (clock === CLOCK_PROCESS_CPUTIME_ID || clock < 0) return cpuNanosleep(t, clock, flags, request);
  if ((flags & TIMER_ABSTIME) === 0) return sleepUntil(t, t.deadline(readTimespec(t.user, request)), remaining, RESTART_BLOCK);
  // Each run reads the clock anew: an absolute sleep follows the clock it names.
  return sleepUntil(t, absoluteDeadline(t, clock, request), 0, RESTART_NOHAND);
}

/** Sleeping on CPU time: looks again whenever other threads may have used some. */
function cpuNanosleep(t: Thread, clock: number, flags: number, request: number): number {
  const wanted = readTimespec(t.user, request);
  const now = monotonicClock(t, clock);
  if (t.scratch === undefined) t.scratch = (flags & TIMER_ABSTIME) === 0 ? now + wanted : wanted;
  if (now >= (t.scratch as number)) return 0;
  return t.sleep({ deadline: t.kernel.now() + CLOCK_TICK_NS, restart: RESTART_NOHAND });
}

const ITIMER_REAL = 0;
const ITIMER_PROF = 2;

function timerState(process: Process, which: number): { valueNs: number; intervalNs: number } {
  if (which !== ITIMER_REAL) return process.cpuTimers.get(process, which === ITIMER_PROF);
  const timer = process.realTimer;
  const valueNs = timer?.remainingNs() ?? 0;
  return { valueNs, intervalNs: valueNs === 0 ? 0 : (timer?.intervalNs ?? 0) };
}

function writeTimerState(t: Thread, address: number, state: { valueNs: number; intervalNs: number }): void {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  putTimeval(view, 0, state.intervalNs);
  // Time that is left is never shown as none.
  putTimeval(view, 16, state.valueNs === 0 ? 0 : Math.max(1000, state.valueNs));
  t.user.write(address, bytes);
}

function getitimer(t: Thread, which: number, value: number): number {
  if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
  writeTimerState(t, value, timerState(t.process, which));
  return 0;
}

function setitimer(t: Thread, which: number, value: number, old: number): number {
  if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
  const { process } = t;
  const intervalNs = value === 0 ? 0 : readTimeval(t.user, value);
  const valueNs = value === 0 ? 0 : readTimeval(t.user, value + 16);
  const before = timerState(process, which);
  if (which === ITIMER_REAL) {
    process.realTimer?.cancel();
    process.realTimer = valueNs === 0 ? undefined : new IntervalTimer(process, valueNs, intervalNs);
  } else process.cpuTimers.set(process, which === ITIMER_PROF, valueNs, intervalNs);
  if (old !== 0) writeTimerState(t, old, before);
  return 0;
}

function timerCreate(t: Thread, clock: number, event: number, idAddress: number): number {
  const { process, kernel, user } = t;
  if (clock < 0 || clock === CLOCK_PROCESS_CPUTIME_ID || clock === CLOCK_THREAD_CPUTIME_ID) return -EOPNOTSUPP;
  const timed = clock === CLOCK_REALTIME || clock === CLOCK_TAI || clock === CLOCK_MONOTONIC || clock === CLOCK_BOOTTIME;
  if (!timed && clock !== CLOCK_REALTIME_ALARM && clock !== CLOCK_BOOTTIME_ALARM)
    return clock >= 12 || clock === 10 ? -EINVAL : -EOPNOTSUPP;
  if (process.posixTimers.size >= TIMERS_MAX) return -EAGAIN;
  const id = process.nextPosixTimer;
  let [value, signal, notify] = [BigInt(id), SIGALRM, SIGEV_SIGNAL];
  let target: Thread | undefined;
  if (event !== 0) {
    value = readBigU64(user, event);
    signal = user.readI32(event + 8);
    notify = user.readI32(event + 12);
    if (notify === SIGEV_THREAD_ID) {
      target = kernel.threads.get(user.readI32(event + 16));
      if (target === undefined || target.process !== process) return -EINVAL;
    } else if (notify !== SIGEV_SIGNAL && notify !== SIGEV_NONE) return -EINVAL;
    if (notify !== SIGEV_NONE && (signal < 1 || signal > SIGNAL_MAX)) return -EINVAL;
  }
  user.writeU32(idAddress, id);
  process.nextPosixTimer = (id + 1) & 0x7fffffff;
  process.posixTimers.set(id, new PosixTimer(kernel, id, clock, notify, signal, value, process, target));
  return 0;
}

function findTimer(t: Thread, id: number): PosixTimer {
  const timer = t.process.posixTimers.get(id);
  if (timer === undefined) throw new SysError(EINVAL);
  return timer;
}

function writeItimerspec(t: Thread, address: number, timer: { valueNs: number; intervalNs: number }): void {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  putTimespec(view, 0, timer.intervalNs);
  putTimespec(view, 16, timer.valueNs);
  t.user.write(address, bytes);
}

function timerSettime(t: Thread, id: number, flags: number, value: number, old: number): number {
  if (value === 0) return -EINVAL;
  const intervalNs = readTimespec(t.user, value);
  const valueNs = readTimespec(t.user, value + 16);
  const timer = findTimer(t, id);
  const before = { valueNs: timer.remainingNs(), intervalNs: timer.intervalNs };
  let deadline = Number.POSITIVE_INFINITY;
  if (valueNs > 0) deadline = (flags & TIMER_ABSTIME) !== 0 ? absoluteDeadline(t, timer.clock, value + 16) : t.kernel.now() + valueNs;
  timer.set(deadline, intervalNs);
  if (old !== 0) writeItimerspec(t, old, before);
  return 0;
}

function timerGettime(t: Thread, id: number, value: number): number {
  const timer = findTimer(t, id);
  writeItimerspec(t, value, { valueNs: timer.remainingNs(), intervalNs: timer.intervalNs });
  return 0;
}

function timerGetoverrun(t: Thread, id: number): number {
  return findTimer(t, id).lastOverrun;
}

function timerDelete(t: Thread, id: number): number {
  findTimer(t, id).cancel();
  t.process.posixTimers.delete(id);
  return 0;
}

function times(t: Thread, address: number): number {
  const { process, kernel } = t;
  const own = process.usage();
  const children = process.childrenUsage;
  if (address !== 0) {
    [own.userNs, own.systemNs, children.userNs, children.systemNs].forEach((ns, i) => {
      t.user.writeU64(address + i * 8, Math.floor(ns / CLOCK_TICK_NS));
    });
  }
  return Math.floor(kernel.now() / CLOCK_TICK_NS);
}

const CPU_MODEL = 'CPU time is a model: 1 ns for each instruction and 200 ns for each call, so that runs are repeatable';

export const timeRows = [
  row(101, 'nanosleep', ['struct:timespec', 'out:timespec'], nanosleep),
  row(102, 'getitimer', ['enum:itimer', 'out:itimerval'], getitimer),
  row(103, 'setitimer', ['enum:itimer', 'struct:itimerval', 'out:itimerval'], setitimer, { partial: CPU_MODEL }),
  row(107, 'timer_create', ['clock', 'struct:sigevent', 'pointer'], timerCreate, { partial: 'no timers on CPU clocks' }),
  row(108, 'timer_gettime', ['int', 'out:itimerspec'], timerGettime),
  row(109, 'timer_getoverrun', ['int'], timerGetoverrun),
  row(110, 'timer_settime', ['int', 'flags:timer', 'struct:itimerspec', 'out:itimerspec'], timerSettime),
  row(111, 'timer_delete', ['int'], timerDelete),
  row(112, 'clock_settime', ['clock', 'struct:timespec'], clockSettime, { partial: "EPERM: the clock is the host's" }),
  row(113, 'clock_gettime', ['clock', 'out:timespec'], clockGettime, { partial: CPU_MODEL }),
  row(114, 'clock_getres', ['clock', 'out:timespec'], clockGetres),
  row(115, 'clock_nanosleep', ['clock', 'flags:timer', 'struct:timespec', 'out:timespec'], clockNanosleep),
  row(153, 'times', ['out:tms'], times, { partial: CPU_MODEL }),
  row(169, 'gettimeofday', ['out:timeval', 'pointer'], gettimeofday),
  row(170, 'settimeofday', ['struct:timeval', 'pointer'], settimeofday, { partial: "EPERM: the clock is the host's" }),
];
