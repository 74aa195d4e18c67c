import { ACCESS_WRITE } from '../../assembly/shared/exit.js';
import type { Thread } from './thread.js';

/** Linux stops after as many entries: a corrupted list must not hold the kernel. */
const ENTRIES_MAX = 2048;
const FUTEX_WAITERS = 0x80000000;
const FUTEX_OWNER_DIED = 0x40000000;
const FUTEX_TID_MASK = 0x3fffffff;

/**
 * get_robust_list(2): a list in user memory of the mutexes that the thread holds: head { next, offset of the futex word from an entry,
 * an entry about to be added or removed }. Bit 0 of a pointer marks a priority-inheritance mutex.
 */
export function releaseRobustList(t: Thread): void {
  const { user } = t;
  const head = t.robustList;
  const offset = user.readI64(head + 8);
  const pending = user.readU64(head + 16);
  let entry = user.readU64(head);
  for (let i = 0; i < ENTRIES_MAX && untagged(entry) !== head; i++) {
    const at = untagged(entry);
    const next = user.readU64(at);
    if (at !== untagged(pending)) releaseFutex(t, at + offset, false);
    entry = next;
  }
  if (untagged(pending) !== 0) releaseFutex(t, untagged(pending) + offset, true);
}

function untagged(pointer: number): number {
  return pointer - (pointer % 2);
}

function releaseFutex(t: Thread, address: number, isPending: boolean): void {
  if (address % 4 !== 0) return;
  const word = t.user.readU32(address);
  const { futexes } = t.kernel;
  if (isPending && word === 0) {
    futexes.wake(futexes.key(t, address), 1, ~0);
    return;
  }
  if ((word & FUTEX_TID_MASK) >>> 0 !== t.tid) return;
  t.user.page(address, ACCESS_WRITE);
  t.user.writeU32(address, ((word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0);
  if ((word & FUTEX_WAITERS) !== 0) futexes.wake(futexes.key(t, address), 1, ~0);
}
