import { EAGAIN, EINVAL, ENOSYS } from '../../assembly/shared/errno.js';
import { ACCESS_WRITE } from '../../assembly/shared/exit.js';
import type { Thread } from '../kernel/thread.js';
import { row } from './row.js';
import { readTimespec } from './user-types.js';

const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX_REQUEUE = 3;
const FUTEX_CMP_REQUEUE = 4;
const FUTEX_WAKE_OP = 5;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_WAKE_BITSET = 10;
const FUTEX_PRIVATE_FLAG = 128;
const FUTEX_CLOCK_REALTIME = 256;
const COMMAND = ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
const ALL_BITS = -1;

/** Private and shared futexes have the same keys: a key is found by translation, never by trust in the caller. */
function futex(t: Thread, address: number, op: number, value: number, timeout: number, address2: number, value3: number): number {
  const { futexes } = t.kernel;
  const command = op & COMMAND;
  if ((op & FUTEX_CLOCK_REALTIME) !== 0 && command !== FUTEX_WAIT_BITSET && command !== FUTEX_WAIT) return -ENOSYS;
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
      return futexes.wait(t, address, value, value3, absolute(t, timeout, (op & FUTEX_CLOCK_REALTIME) !== 0));
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
      const { woken, moved } = futexes.requeue(from, to, value, limit);
      return woken + moved;
    }
    case FUTEX_WAKE_OP:
      return wakeOp(t, address, value, timeout | 0, address2, value3);
    default:
      return -ENOSYS;
  }
}

/** FUTEX_WAIT_BITSET's timeout is a moment of CLOCK_MONOTONIC or CLOCK_REALTIME; the deadline is kept for re-runs. */
function absolute(t: Thread, address: number, realtime: boolean): number {
  if (address === 0) return Number.POSITIVE_INFINITY;
  const at = readTimespec(t.user, address);
  if (!realtime || at === Number.POSITIVE_INFINITY) return at;
  const { sec, nsec } = t.kernel.realtime();
  const left = (t.user.readI64(address) - sec) * 1e9 + (t.user.readI64(address + 8) - nsec);
  return t.deadline(left);
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
    partial: 'no priority inheritance (FUTEX_LOCK_PI and its kind give ENOSYS)',
  }),
];
