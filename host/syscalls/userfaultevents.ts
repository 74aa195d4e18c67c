/**
 * What a userfaultfd is told of besides faults: memory that went away, moved, or lost its contents. Each of these wraps the handler of a
 * call; who makes such a call sleeps until the news have been read.
 */
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import { SPACE_STAT_BRK } from '../../assembly/shared/stat.js';
import type { Thread } from '../kernel/thread.js';
import { message, type Userfault, UserfaultEvent } from '../kernel/userfault.js';
import * as U from '../linux/userfaultfd.js';
import type { SyscallHandler } from './row.js';

/** A call that is waiting: what it has told, and its result if it has done its work. */
export class Telling {
  constructor(
    readonly events: readonly UserfaultEvent[],
    readonly result?: number,
  ) {}

  /** The call goes on when this returns undefined. */
  wait(t: Thread): number | undefined {
    const unread = this.events.find(({ done }) => !done);
    return unread === undefined ? undefined : t.sleep({ queues: [unread.queue], interruptible: false });
  }
}

const pageUp = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;

function tell(userfault: Userfault, event: number, ...words: number[]): UserfaultEvent {
  const made = new UserfaultEvent(message(event, ...words));
  userfault.tell(made);
  return made;
}

interface Watched {
  readonly userfault: Userfault;
  readonly start: number;
  readonly end: number;
}

/** The mappings in [start, end) whose userfaultfd wants to hear of `feature` (0: any). */
function watchedIn(t: Thread, start: number, end: number, feature: number): Watched[] {
  const { core, userfaults } = t.kernel;
  const { handle } = t.process.space;
  const found: Watched[] = [];
  for (let vma = core.exports.vmaFind(handle, start); vma !== 0; vma = core.exports.vmaNext(handle, vma)) {
    const from = Math.max(start, core.readU64(vma + M.VMA_START));
    if (from >= end) break;
    const userfault = userfaults.get(core.u32[(vma + M.VMA_UFFD) >>> 2]);
    if (userfault === undefined || (feature !== 0 && !userfault.has(feature))) continue;
    found.push({ userfault, start: from, end: Math.min(end, core.readU64(vma + M.VMA_END)) });
  }
  return found;
}

/** Does the call's work, then tells what `news` makes of its result, and waits. */
function afterwards(t: Thread, act: () => number, news: (result: number) => UserfaultEvent[]): number {
  if (t.scratch instanceof Telling) return t.scratch.wait(t) ?? (t.scratch.result as number);
  const result = act();
  const events = result < 0 ? [] : news(result);
  if (events.length === 0) return result;
  const telling = new Telling(events, result);
  t.scratch = telling;
  return telling.wait(t) ?? result;
}

/** Those who hear of a range that goes, once each. */
function unmappers(t: Thread, start: number, end: number): Set<Userfault> {
  return new Set(watchedIn(t, start, end, U.FEATURE_EVENT_UNMAP).map(({ userfault }) => userfault));
}

function unmapped(who: Iterable<Userfault>, start: number, end: number): UserfaultEvent[] {
  return [...who].map((userfault) => tell(userfault, U.EVENT_UNMAP, start, end));
}

const nobody = (t: Thread): boolean => t.kernel.userfaults.size === 0;

export function tellingUnmap(handler: SyscallHandler): SyscallHandler {
  return (t, address, length) => {
    if (nobody(t)) return handler(t, address, length, 0, 0, 0, 0);
    const end = address + pageUp(length);
    const who = t.scratch === undefined ? unmappers(t, address, end) : [];
    return afterwards(
      t,
      () => handler(t, address, length, 0, 0, 0, 0),
      () => unmapped(who, address, end),
    );
  };
}

/** A fixed mapping replaces what was there. */
export function tellingMap(handler: SyscallHandler): SyscallHandler {
  return (t, address, length, prot, flags, fd, offset) => {
    if (nobody(t) || (flags & M.MAP_FIXED) === 0) return handler(t, address, length, prot, flags, fd, offset);
    const end = address + pageUp(length);
    const who = t.scratch === undefined ? unmappers(t, address, end) : [];
    return afterwards(
      t,
      () => handler(t, address, length, prot, flags, fd, offset),
      () => unmapped(who, address, end),
    );
  };
}

export function tellingBrk(handler: SyscallHandler): SyscallHandler {
  return (t, address) => {
    if (nobody(t)) return handler(t, address, 0, 0, 0, 0, 0);
    const old = pageUp(t.kernel.core.exports.spaceStat(t.process.space.handle, SPACE_STAT_BRK));
    const start = pageUp(address);
    const who = t.scratch === undefined && start < old ? unmappers(t, start, old) : [];
    return afterwards(
      t,
      () => handler(t, address, 0, 0, 0, 0, 0),
      (result) => (result === address ? unmapped(who, start, old) : []),
    );
  };
}

/** Memory that moves takes its userfaultfd along only if that wants to hear of it. */
export function tellingRemap(handler: SyscallHandler): SyscallHandler {
  return (t, address, oldLength, newLength, flags, newAddress) => {
    const act = (): number => handler(t, address, oldLength, newLength, flags, newAddress, 0);
    if (nobody(t)) return act();
    const [oldBytes, newBytes] = [pageUp(oldLength), pageUp(newLength)];
    const first = t.scratch === undefined;
    const [source] = first ? watchedIn(t, address, address + 1, 0) : [];
    const goes = first ? unmappers(t, address, address + oldBytes) : [];
    const replaced = first && (flags & M.MREMAP_FIXED) !== 0 ? unmappers(t, newAddress, newAddress + newBytes) : [];
    return afterwards(t, act, (to) => {
      if (to === address) return newBytes < oldBytes ? unmapped(goes, address + newBytes, address + oldBytes) : [];
      const events = unmapped(replaced, to, to + newBytes);
      if (newBytes < oldBytes) events.push(...unmapped(goes, address + newBytes, address + oldBytes));
      if (source?.userfault.has(U.FEATURE_EVENT_REMAP)) events.push(tell(source.userfault, U.EVENT_REMAP, address, to, oldBytes));
      else if (source !== undefined) t.kernel.core.exports.uffdRegister(t.process.space.handle, to, to + newBytes, 0, 0);
      if ((flags & M.MREMAP_DONTUNMAP) === 0) events.push(...unmapped(goes, address, address + Math.min(oldBytes, newBytes)));
      return events;
    });
  };
}

const REMOVING: readonly number[] = [M.MADV_DONTNEED, M.MADV_DONTNEED_LOCKED, M.MADV_FREE, M.MADV_REMOVE];

/** What is about to lose its contents is told of before. */
export function tellingAdvice(handler: SyscallHandler): SyscallHandler {
  return (t, address, length, advice) => {
    const act = (): number => handler(t, address, length, advice, 0, 0, 0);
    if (nobody(t) || !REMOVING.includes(advice) || address % PAGE_SIZE !== 0) return act();
    if (t.scratch === undefined) {
      const found = watchedIn(t, address, address + pageUp(length), U.FEATURE_EVENT_REMOVE);
      t.scratch = new Telling(found.map(({ userfault, start, end }) => tell(userfault, U.EVENT_REMOVE, start, end)));
    }
    return (t.scratch as Telling).wait(t) ?? act();
  };
}
