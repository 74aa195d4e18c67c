/** What calls about ranges of memory have in common. */
import { ENOMEM } from '../../assembly/shared/errno.js';
import { FRAMES_WANTED, NEED_PAGE, NEED_USERFAULT } from '../../assembly/shared/exit.js';
import { HART, HART_IO_OBJECT } from '../../assembly/shared/layout.js';
import { VMA_END, VMA_START } from '../../assembly/shared/mman.js';
import type { Thread } from '../kernel/thread.js';

export const PAGE = 4096;
/** User addresses end here (Sv39); also the largest length that makes sense. */
export const TASK_SIZE = 2 ** 38;

export function pageCeil(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}

export function aligned(address: number): boolean {
  return address % PAGE === 0;
}

/**
 * Makes a call of the core again for as long as it asks for pages, or for room. The pager may throw Suspend: the call is run again then.
 * `starved`: what it comes to when there is no room.
 */
export function withPages(t: Pick<Thread, 'kernel' | 'user'>, call: () => number, starved = -ENOMEM): number {
  const { core, env } = t.kernel;
  for (;;) {
    const result = call();
    if (result === NEED_USERFAULT) t.user.handOut();
    else if (result !== NEED_PAGE) return result;
    else if (core.u32[(HART + HART_IO_OBJECT) >>> 2] !== FRAMES_WANTED) t.user.bringIn();
    else if (env.pages.reclaim() === 0 && env.pages.reclaimer.waiting === undefined) return starved;
    else if (env.pages.reclaimer.waiting !== undefined) throw env.pages.reclaimer.waiting;
  }
}

/** Calls `each` with every mapping that overlaps [start, end). Returns false when a part of it is not mapped. */
export function eachMapping(t: Thread, start: number, end: number, each: (vma: number, from: number, to: number) => void): boolean {
  return eachMappingIn(t, t.process.space.handle, start, end, each);
}

export function eachMappingIn(
  t: Thread,
  handle: number,
  start: number,
  end: number,
  each: (vma: number, from: number, to: number) => void,
): boolean {
  const { core } = t.kernel;
  let at = start;
  let complete = true;
  let vma = core.exports.vmaFind(handle, start);
  while (vma !== 0) {
    const from = Math.max(at, core.readU64(vma + VMA_START));
    const to = Math.min(end, core.readU64(vma + VMA_END));
    if (from >= end) break;
    if (from > at) complete = false;
    each(vma, from, to);
    at = to;
    vma = core.exports.vmaNext(handle, vma);
  }
  return complete && at >= end;
}
