import { EAGAIN, EINVAL, ENOSYS } from '../../assembly/shared/errno.js';
import { ACCESS_WRITE } from '../../assembly/shared/exit.js';
import type { Thread } from '../kernel/thread.js';
import { absoluteDeadline } from './clocks.js';
import { row } from './row.js';
import { readTimespec } from './user-types.js';

const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX_REQUEUE = 3;
const FUTEX_CMP_REQUEUE = 4;
const FUTEX_WAKE_OP = 5;
const FUTEX_LOCK_PI = 6;
const FUTEX_UNLOCK_PI = 7;
const FUTEX_TRYLOCK_PI = 8;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_WAKE_BITSET = 10;
const FUTEX_WAIT_REQUEUE_PI = 11;
const FUTEX_CMP_REQUEUE_PI = 12;
const FUTEX_LOCK_PI2 = 13;
const FUTEX_PRIVATE_FLAG = 128;
const FUTEX_CLOCK_REALTIME = 256;
const COMMAND = ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
const CHOOSES_CLOCK: readonly number[] = [FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_LOCK_PI2];
const ALL_BITS = -1;
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

/** Private and shared futexes have the same keys: a key is found by translation, never by trust in the caller. */
function futex(t: Thread, address: number, op: number, value: number, timeout: number, address2: number, value3: number): number {
  const { futexes } = t.kernel;
  const command = op & COMMAND;
  const realtime = (op & FUTEX_CLOCK_REALTIME) !== 0;
  if (realtime && !CHOOSES_CLOCK.includes(command)) return -ENOSYS;
  switch (command) {
    case FUTEX_WAIT:
      return futexes.wait(
        t,
        address,
        value,
        ALL_BITS,
        timeout === 0 ? Number.POSITIVE_INFINITY : t.deadline(readTimespec(t.user, timeout)),
      );
    case FUTEX_WAIT_BITSET:
      if (value3 === 0) return -EINVAL;
      return futexes.wait(t, address, value, value3, absolute(t, timeout, realtime));
    case FUTEX_WAKE:
      return futexes.wake(futexes.key(t, address), Math.max(1, value), ALL_BITS);
    case FUTEX_WAKE_BITSET:
      return value3 === 0 ? -EINVAL : futexes.wake(futexes.key(t, address), Math.max(1, value), value3);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE: {
      const limit = timeout | 0;
      if (value < 0 || limit < 0) return -EINVAL;
      const [from, to] = [futexes.key(t, address), futexes.key(t, address2)];
      if (command === FUTEX_CMP_REQUEUE && t.user.readI32(address) !== value3) return -EAGAIN;
      return futexes.requeue(from, to, value, limit);
    }
    case FUTEX_WAKE_OP:
      return wakeOp(t, address, value, timeout | 0, address2, value3);
    case FUTEX_LOCK_PI:
      return futexes.pi.lock(t, address, absolute(t, timeout, true));
    case FUTEX_LOCK_PI2:
      return futexes.pi.lock(t, address, absolute(t, timeout, realtime));
    case FUTEX_TRYLOCK_PI:
      return futexes.pi.tryLock(t, address);
    case FUTEX_UNLOCK_PI:
      return futexes.pi.unlock(t, address);
    case FUTEX_WAIT_REQUEUE_PI:
      if (address === address2) return -EINVAL;
      return futexes.waitRequeue(t, address, value, address2, absolute(t, timeout, realtime));
    case FUTEX_CMP_REQUEUE_PI: {
      if (address === address2 || value !== 1 || (timeout | 0) < 0) return -EINVAL;
      const [from, to] = [futexes.key(t, address), futexes.key(t, address2)];
      if (t.user.readI32(address) !== value3) return -EAGAIN;
      return from === to ? -EINVAL : futexes.requeuePi(t, from, address2, to, timeout | 0);
    }
    default:
      return -ENOSYS;
  }
}

/** A timeout that is a moment of CLOCK_MONOTONIC or CLOCK_REALTIME; the deadline is kept for re-runs. */
function absolute(t: Thread, address: number, realtime: boolean): number {
  if (address === 0) return Number.POSITIVE_INFINITY;
  return t.deadline(absoluteDeadline(t, realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, address) - t.kernel.now());
}

/** op:4 comparison:4 operand:12 comparand:12. The word at address2 is changed; its old value decides on the second wake. */
function wakeOp(t: Thread, address: number, count: number, count2: number, address2: number, encoded: number): number {
  const { futexes } = t.kernel;
  const keys = [futexes.key(t, address), futexes.key(t, address2)];
  const comparison = (encoded >>> 24) & 15;
  let operand = (encoded << 8) >> 20;
  const comparand = (encoded << 20) >> 20;
  if (((encoded >>> 28) & 8) !== 0) operand = 1 << (operand & 31);
  t.user.page(address2, ACCESS_WRITE);
  const old = t.user.readI32(address2);
  const next = operate((encoded >>> 28) & 7, old, operand);
  const holds = compare(comparison, old, comparand);
  if (next === undefined || holds === undefined) return -ENOSYS;
  t.user.writeU32(address2, next >>> 0);
  const woken = futexes.wake(keys[0], Math.max(1, count), ALL_BITS);
  return woken + (holds ? futexes.wake(keys[1], Math.max(1, count2), ALL_BITS) : 0);
}

function operate(op: number, old: number, operand: number): number | undefined {
  return [operand, (old + operand) | 0, old | operand, old & ~operand, old ^ operand][op];
}

function compare(op: number, a: number, b: number): boolean | undefined {
  return [a === b, a !== b, a < b, a <= b, a > b, a >= b][op];
}

export const futexRows = [
  row(98, 'futex', ['pointer', 'enum:futex', 'int', 'pointer', 'pointer', 'int'], futex, {
    partial: 'priorities are not inherited: threads take turns',
  }),
];
