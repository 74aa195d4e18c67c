import { EAGAIN, EINVAL } from '../../assembly/shared/errno.js';
import type { FutexRequest } from '../kernel/futex.js';
import type { Thread } from '../kernel/thread.js';
import { absoluteDeadline } from './clocks.js';
import { row } from './row.js';
import { readBigU64 } from './user-types.js';

/* futex_waitv(2) and the calls that Linux 6.7 has added beside it */
const FUTEX2_SIZE_U32 = 2;
const FUTEX2_PRIVATE = 128;
const WAITERS_MAX = 128;
const WAITER_BYTES = 24;
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

function validFlags(flags: number): boolean {
  return (flags & ~FUTEX2_PRIVATE) === FUTEX2_SIZE_U32;
}

function deadlineOf(t: Thread, timeout: number, clock: number): number | undefined {
  if (timeout === 0) return Number.POSITIVE_INFINITY;
  if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) return undefined;
  return t.deadline(absoluteDeadline(t, clock, timeout) - t.kernel.now());
}

/** struct futex_waitv: u64 value, u64 address, u32 flags, u32 reserved. */
function readWaiter(t: Thread, at: number): FutexRequest | undefined {
  const flags = t.user.readU32(at + 16);
  const value = readBigU64(t.user, at);
  if (!validFlags(flags) || t.user.readU32(at + 20) !== 0 || value > 0xffff_ffffn) return undefined;
  return { expected: Number(value), address: t.user.readU64(at + 8), bits: ~0 };
}

function waitv(t: Thread, waiters: number, count: number, flags: number, timeout: number, clock: number): number {
  if (flags !== 0 || count === 0 || count > WAITERS_MAX || waiters === 0) return -EINVAL;
  const deadline = deadlineOf(t, timeout, clock);
  if (deadline === undefined) return -EINVAL;
  const requests: FutexRequest[] = [];
  for (let i = 0; i < count; i++) {
    const request = readWaiter(t, waiters + i * WAITER_BYTES);
    if (request === undefined) return -EINVAL;
    requests.push(request);
  }
  return t.kernel.futexes.waitAny(t, requests, deadline);
}

/** The mask's 32 bits; none of them set, or others, is EINVAL. */
function maskOf(mask: number): number {
  return mask > 0 && mask <= 0xffff_ffff ? mask | 0 : 0;
}

function futexWake(t: Thread, address: number, mask: number, count: number, flags: number): number {
  if (!validFlags(flags) || maskOf(mask) === 0) return -EINVAL;
  const { futexes } = t.kernel;
  const key = futexes.key(t, address);
  return count === 0 ? 0 : futexes.wake(key, Math.max(1, count), maskOf(mask));
}

function futexWait(t: Thread, address: number, value: number, mask: number, flags: number, timeout: number): number {
  if (!validFlags(flags) || value > 0xffff_ffff || maskOf(mask) === 0) return -EINVAL;
  const deadline = deadlineOf(t, timeout, t.kernel.core.regInt(CLOCK_REGISTER));
  return deadline === undefined ? -EINVAL : t.kernel.futexes.wait(t, address, value, maskOf(mask), deadline);
}

/** futex_wait's clock is its sixth argument, which is read as an int. */
const CLOCK_REGISTER = 15;

function futexRequeue(t: Thread, waiters: number, flags: number, wake: number, move: number): number {
  if (flags !== 0 || waiters === 0 || wake < 0 || move < 0) return -EINVAL;
  const [from, to] = [readWaiter(t, waiters), readWaiter(t, waiters + WAITER_BYTES)];
  if (from === undefined || to === undefined) return -EINVAL;
  const { futexes } = t.kernel;
  const keys = [futexes.key(t, from.address), futexes.key(t, to.address)];
  if (t.user.readU32(from.address) !== from.expected) return -EAGAIN;
  return futexes.requeue(keys[0], keys[1], wake, move);
}

export const futex2Rows = [
  row(449, 'futex_waitv', ['pointer', 'uint', 'hex', 'struct:timespec', 'clock'], waitv),
  row(454, 'futex_wake', ['pointer', 'ulong', 'int', 'hex'], futexWake),
  row(455, 'futex_wait', ['pointer', 'ulong', 'ulong', 'hex', 'struct:timespec', 'clock'], futexWait),
  row(456, 'futex_requeue', ['pointer', 'hex', 'int', 'int'], futexRequeue),
];
