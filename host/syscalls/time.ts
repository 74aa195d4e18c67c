import { EINVAL, EOPNOTSUPP, EPERM } from '../../assembly/shared/errno.js';
import { BLOCKED, RESTART_BLOCK, RESTART_NOHAND, type Thread } from '../kernel/thread.js';
import type { Timestamp } from '../vfs/types.js';
import * as C from './clocks.js';
import { row } from './row.js';
import { readTimespec, readTimeval, writeTimespec } from './user-types.js';

const CLOCK_TICK_NS = 1e7;

function writeTimestamp(t: Thread, address: number, time: Timestamp, unitNs: number): void {
  const { user } = t;
  user.writeU64(address, time.sec);
  user.writeU64(address + 8, Math.floor(time.nsec / unitNs));
}

/** There is no alarm hardware: its clocks can't be read. */
function isAlarm(clock: number): boolean {
  return clock === C.CLOCK_REALTIME_ALARM || clock === C.CLOCK_BOOTTIME_ALARM;
}

function clockGettime(t: Thread, clock: number, address: number): number {
  if (isAlarm(clock)) return -EINVAL;
  if (C.isRealtime(clock)) {
    const { sec, nsec } = t.kernel.realtime();
    const coarse = clock === C.CLOCK_REALTIME_COARSE ? Math.floor(nsec / C.COARSE_NS) * C.COARSE_NS : nsec;
    writeTimestamp(t, address, { sec, nsec: coarse }, 1);
  } else writeTimespec(t.user, address, C.monotonicClock(t, clock));
  return 0;
}

function clockGetres(t: Thread, clock: number, address: number): number {
  if (isAlarm(clock)) return -EINVAL;
  if (!C.isRealtime(clock)) C.monotonicClock(t, clock);
  const coarse = clock === C.CLOCK_REALTIME_COARSE || clock === C.CLOCK_MONOTONIC_COARSE;
  if (address !== 0) writeTimespec(t.user, address, coarse ? C.COARSE_NS : 1);
  return 0;
}

/** The host's clock is not the guest's to set, root or not. */
function clockSettime(t: Thread, clock: number, address: number): number {
  readTimespec(t.user, address);
  if (clock === C.CLOCK_REALTIME) return -EPERM;
  if (clock < 0 || (clock >= 12 && clock !== C.CLOCK_TAI) || clock === 10) return -EINVAL;
  return clock === C.CLOCK_PROCESS_CPUTIME_ID || clock === C.CLOCK_THREAD_CPUTIME_ID ? -EPERM : -EINVAL;
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
  if (clock > C.CLOCK_TAI || clock === C.CLOCK_SGI_CYCLE) return -EINVAL;
  if (clock === C.CLOCK_THREAD_CPUTIME_ID || isAlarm(clock)) return -EOPNOTSUPP;
  if (clock === C.CLOCK_MONOTONIC_RAW || clock === C.CLOCK_REALTIME_COARSE || clock === C.CLOCK_MONOTONIC_COARSE) return -EOPNOTSUPP;
  if (clock === C.CLOCK_PROCESS_CPUTIME_ID || clock < 0) return cpuNanosleep(t, clock, flags, request);
  if ((flags & C.TIMER_ABSTIME) === 0) return sleepUntil(t, t.deadline(readTimespec(t.user, request)), remaining, RESTART_BLOCK);
  // Each run reads the clock anew: an absolute sleep follows the clock it names.
  return sleepUntil(t, C.absoluteDeadline(t, clock, request), 0, RESTART_NOHAND);
}

/** Sleeping on CPU time: looks again whenever other threads may have used some. */
function cpuNanosleep(t: Thread, clock: number, flags: number, request: number): number {
  const wanted = readTimespec(t.user, request);
  const now = C.monotonicClock(t, clock);
  if (t.scratch === undefined) t.scratch = (flags & C.TIMER_ABSTIME) === 0 ? now + wanted : wanted;
  if (now >= (t.scratch as number)) return 0;
  return t.sleep({ deadline: t.kernel.now() + CLOCK_TICK_NS, restart: RESTART_NOHAND });
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

export const CPU_MODEL = 'CPU time is a model: 1 ns for each instruction and 200 ns for each call, so that runs are repeatable';

export const timeRows = [
  row(101, 'nanosleep', ['struct:timespec', 'out:timespec'], nanosleep),
  row(112, 'clock_settime', ['clock', 'struct:timespec'], clockSettime, { partial: "EPERM: the clock is the host's" }),
  row(113, 'clock_gettime', ['clock', 'out:timespec'], clockGettime, { partial: CPU_MODEL }),
  row(114, 'clock_getres', ['clock', 'out:timespec'], clockGetres),
  row(115, 'clock_nanosleep', ['clock', 'flags:timer', 'struct:timespec', 'out:timespec'], clockNanosleep),
  row(153, 'times', ['out:tms'], times, { partial: CPU_MODEL }),
  row(169, 'gettimeofday', ['out:timeval', 'pointer'], gettimeofday),
  row(170, 'settimeofday', ['struct:timeval', 'pointer'], settimeofday, { partial: "EPERM: the clock is the host's" }),
];
