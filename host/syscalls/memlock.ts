/** mlock(2) and its kin: pages that stay in memory, and how much of that a process may have (RLIMIT_MEMLOCK). */
import { EAGAIN, EINVAL, ENOMEM, EPERM } from '../../assembly/shared/errno.js';
import * as M from '../../assembly/shared/mman.js';
import { SPACE_STAT_LOCKED_PAGES, SPACE_STAT_PAGES_MAPPED } from '../../assembly/shared/stat.js';
import { CAP_IPC_LOCK, hasCapability } from '../kernel/credentials.js';
import { RLIMIT_MEMLOCK } from '../kernel/limits.js';
import type { Thread } from '../kernel/thread.js';
import { eachMapping, PAGE, pageCeil, TASK_SIZE, withPages } from './memoryrange.js';
import { ADDRESS_END, row } from './row.js';

const MLOCK_ONFAULT = 1;
const MCL_CURRENT = 1;
const MCL_FUTURE = 2;
const MCL_ONFAULT = 4;

/** Bytes that the process may have locked. */
function lockLimit(t: Thread): number {
  return hasCapability(t.cred, CAP_IPC_LOCK) ? Number.POSITIVE_INFINITY : t.process.limits[RLIMIT_MEMLOCK].current;
}

export function mayLock(t: Thread): boolean {
  return lockLimit(t) > 0;
}

/** Would `bytes` more of locked memory be within the limit? */
export function lockFits(t: Thread, bytes: number): boolean {
  const limit = lockLimit(t);
  if (limit === Number.POSITIVE_INFINITY) return true;
  const locked = t.kernel.core.exports.spaceStat(t.process.space.handle, SPACE_STAT_LOCKED_PAGES) * PAGE;
  return locked + bytes <= Math.floor(limit / PAGE) * PAGE;
}

function lockedWithin(t: Thread, start: number, end: number): number {
  const { core } = t.kernel;
  let bytes = 0;
  eachMapping(t, start, end, (vma, from, to) => {
    if ((core.u32[(vma + M.VMA_FLAGS) >>> 2] & M.VM_LOCKED) !== 0) bytes += to - from;
  });
  return bytes;
}

/** Rounded up to pages these are 0. */
const WRAPS = 2 ** 64 - PAGE;

function change(t: Thread, address: number, length: number, how: number): number {
  if (how !== M.LOCK_NONE && !mayLock(t)) return -EPERM;
  if (length > WRAPS) return 0;
  const start = Math.floor(address / PAGE) * PAGE;
  const bytes = pageCeil(address - start + length);
  if (start + bytes >= ADDRESS_END) return -EINVAL;
  if (start + bytes > TASK_SIZE) return bytes > TASK_SIZE ? -EINVAL : -ENOMEM;
  if (how !== M.LOCK_NONE && !lockFits(t, bytes) && !lockFits(t, bytes - lockedWithin(t, start, start + bytes))) return -ENOMEM;
  if (bytes === 0) return 0;
  return withPages(t, () => t.kernel.core.exports.mmLock(t.process.space.handle, start, bytes, how), -EAGAIN);
}

function mlock2(t: Thread, address: number, length: number, flags: number): number {
  if ((flags & ~MLOCK_ONFAULT) !== 0) return -EINVAL;
  return change(t, address, length, (flags & MLOCK_ONFAULT) !== 0 ? M.LOCK_ON_FAULT : M.LOCK_NOW);
}

/** What can't be locked is left as it is, as in Linux: nobody is told. */
function lockAll(t: Thread, how: number): void {
  const ranges: [number, number][] = [];
  eachMapping(t, 0, TASK_SIZE, (_vma, from, to) => ranges.push([from, to]));
  const { exports } = t.kernel.core;
  for (const [from, to] of ranges) withPages(t, () => exports.mmLock(t.process.space.handle, from, to - from, how));
}

function mlockall(t: Thread, flags: number): number {
  if (flags === 0 || flags === MCL_ONFAULT || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) !== 0) return -EINVAL;
  if (!mayLock(t)) return -EPERM;
  const { exports } = t.kernel.core;
  const { space } = t.process;
  const now = (flags & MCL_CURRENT) !== 0;
  if (now && exports.spaceStat(space.handle, SPACE_STAT_PAGES_MAPPED) * PAGE > lockLimit(t)) return -ENOMEM;
  const how = (flags & MCL_ONFAULT) !== 0 ? M.LOCK_ON_FAULT : M.LOCK_NOW;
  if (now) lockAll(t, how);
  space.lockNew = (flags & MCL_FUTURE) !== 0 ? how : M.LOCK_NONE;
  return 0;
}

function munlockall(t: Thread): number {
  t.process.space.lockNew = M.LOCK_NONE;
  lockAll(t, M.LOCK_NONE);
  return 0;
}

export const memlockRows = [
  row(228, 'mlock', ['pointer', 'size'], (t, address, length) => change(t, address, length, M.LOCK_NOW)),
  row(229, 'munlock', ['pointer', 'size'], (t, address, length) => change(t, address, length, M.LOCK_NONE)),
  row(230, 'mlockall', ['flags:mlockall'], mlockall),
  row(231, 'munlockall', [], munlockall),
  row(284, 'mlock2', ['pointer', 'size', 'flags:mlock2'], mlock2),
];
