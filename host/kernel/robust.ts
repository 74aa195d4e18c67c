import { ACCESS_WRITE } from '../../assembly/shared/exit.js';
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from './pifutex.js';
import type { Thread } from './thread.js';

/** Linux stops after as many entries: a corrupted list must not hold the kernel. */
const ENTRIES_MAX = 2048;

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
    if (at !== untagged(pending)) releaseFutex(t, at + offset, false, entry % 2 === 1);
    entry = next;
  }
  if (untagged(pending) !== 0) releaseFutex(t, untagged(pending) + offset, true, pending % 2 === 1);
}

function untagged(pointer: number): number {
  return pointer - (pointer % 2);
}

function releaseFutex(t: Thread, address: number, isPending: boolean, inherits: boolean): void {
  if (address % 4 !== 0) return;
  const word = t.user.readU32(address);
  const { futexes } = t.kernel;
  if (isPending && !inherits && (word & FUTEX_TID_MASK) === 0) {
    futexes.wake(futexes.key(t, address), 1, ~0);
    return;
  }
  if ((word & FUTEX_TID_MASK) >>> 0 !== t.tid) return;
  t.user.page(address, ACCESS_WRITE);
  t.user.writeU32(address, ((word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0);
  // Waiters of a priority-inheritance lock get it handed over.
  if (!inherits && (word & FUTEX_WAITERS) !== 0) futexes.wake(futexes.key(t, address), 1, ~0);
}
