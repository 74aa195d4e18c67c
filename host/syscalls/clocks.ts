/** The clocks of clock_gettime(2) as moments and durations: what sleeping calls, timers and timer descriptors share. */
import { EINVAL } from '../../assembly/shared/errno.js';
import { CpuTime } from '../kernel/posixtimer.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import type { Timestamp } from '../vfs/types.js';
import { readTimespec } from './user-types.js';

export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_PROCESS_CPUTIME_ID = 2;
export const CLOCK_THREAD_CPUTIME_ID = 3;
export const CLOCK_MONOTONIC_RAW = 4;
export const CLOCK_REALTIME_COARSE = 5;
export const CLOCK_MONOTONIC_COARSE = 6;
export const CLOCK_BOOTTIME = 7;
export const CLOCK_REALTIME_ALARM = 8;
export const CLOCK_BOOTTIME_ALARM = 9;
export const CLOCK_SGI_CYCLE = 10;
export const CLOCK_TAI = 11;
export const COARSE_NS = 4_000_000;
export const TIMER_ABSTIME = 1;

/**
 * The CPU clocks: of the caller, and those of clock_getcpuclockid(3) and pthread_getcpuclockid(3), which hold a pid or tid complemented
 * above three bits of kind. Kind 1 (CPUCLOCK_VIRT) is user time only. EINVAL: no such clock.
 */
export function cpuClock(t: Thread, clock: number): CpuTime {
  if (clock === CLOCK_PROCESS_CPUTIME_ID) return cpuClock(t, ~0 << 3);
  if (clock === CLOCK_THREAD_CPUTIME_ID) return cpuClock(t, (~0 << 3) | 4);
  const id = ~(clock >> 3);
  const kind = clock & 3;
  if (kind === 3) throw new SysError(EINVAL);
  if ((clock & 4) !== 0) {
    const target = id === 0 ? t : t.kernel.threads.get(id);
    if (target?.process !== t.process) throw new SysError(EINVAL);
    return new CpuTime(t.process, target, kind === 1);
  }
  const process = id === 0 ? t.process : t.kernel.processes.get(id);
  if (process === undefined) throw new SysError(EINVAL);
  return new CpuTime(process, undefined, kind === 1);
}

/** A clock that counts from boot, the realtime ones excluded; EINVAL for an unknown id. */
export function monotonicClock(t: Thread, clock: number): number {
  switch (clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
      return t.kernel.now();
    case CLOCK_MONOTONIC_COARSE:
      return Math.floor(t.kernel.now() / COARSE_NS) * COARSE_NS;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
      return cpuClock(t, clock).now();
    default:
      if (clock < 0) return cpuClock(t, clock).now();
      throw new SysError(EINVAL);
  }
}

export function isRealtime(clock: number): boolean {
  return clock === CLOCK_REALTIME || clock === CLOCK_REALTIME_COARSE || clock === CLOCK_REALTIME_ALARM || clock === CLOCK_TAI;
}

function realtimeNs({ sec, nsec }: Timestamp): bigint {
  return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
}

/** A time of some clock, read at `address`, as a moment of monotonic time. */
export function absoluteDeadline(t: Thread, clock: number, address: number): number {
  const at = readTimespec(t.user, address);
  if (at === Number.POSITIVE_INFINITY) return at;
  const left = isRealtime(clock) ? Number(timespecNs(t, address) - realtimeNs(t.kernel.realtime())) : at - monotonicClock(t, clock);
  // Looked at after the clock in question: rather late than early.
  return t.kernel.now() + left;
}

function timespecNs(t: Thread, address: number): bigint {
  return BigInt(t.user.readI64(address)) * 1_000_000_000n + BigInt(t.user.readI64(address + 8));
}
