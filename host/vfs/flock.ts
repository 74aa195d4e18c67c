/**
 * Advisory locks: record locks of fcntl(2), owned by a descriptor table (F_SETLK) or by an open file description (F_OFD_SETLK), and
 * whole-file locks of flock(2). The two kinds do not see each other. Nothing here sleeps: a refused caller waits on `lockQueue` and
 * asks again.
 */

import { EDEADLK, EINVAL, ENOLCK } from '../../assembly/shared/errno.js';
import { sideTable } from '../linux/bound.js';
import { SysError } from '../linux/error.js';
import { type F_RDLCK, F_UNLCK, F_WRLCK, LOCK_EX, LOCK_SH, LOCK_UN } from '../linux/fcntl.js';
import type { Inode, OpenFile } from './types.js';
import { WaitQueue } from './wait.js';

/** Who holds or wants a record lock: the FdTable for POSIX locks, the OpenFile for OFD locks. Compared by identity. */
export type LockOwner = object;

export interface RecordLock {
  readonly owner: LockOwner;
  /** As F_GETLK reports it; -1 for OFD locks. */
  readonly pid: number;
  /** What it was taken through. */
  readonly file: OpenFile | undefined;
  /** Later locks have greater ones. */
  readonly serial: number;
  readonly type: typeof F_RDLCK | typeof F_WRLCK;
  /** Bytes [start, end); end Infinity: to the end of the file, however far it grows. */
  readonly start: number;
  readonly end: number;
}

/** type F_UNLCK removes. */
export interface LockRequest {
  readonly owner: LockOwner;
  readonly pid: number;
  readonly file?: OpenFile;
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** A file with more locks than this belongs to somebody who wants to eat the host's memory. */
const LOCKS_MAX = 4096;

/** LOCK_SH or LOCK_EX of flock(2), and who took it. */
export interface WholeLock {
  readonly operation: number;
  readonly pid: number;
  readonly serial: number;
}

let lastSerial = 0;

export class FileLocks {
  records: RecordLock[] = [];
  readonly whole = new Map<OpenFile, WholeLock>();
  /** Who sleeps for such a lock. An entry may be out of date: its task may have been killed. */
  readonly wanted = new Map<OpenFile, WholeLock>();
  readonly queue = new WaitQueue();

  /** They have come with a restored machine: later ones get higher numbers. */
  restored(): void {
    for (const { serial } of [...this.records, ...this.whole.values(), ...this.wanted.values()]) lastSerial = Math.max(lastSerial, serial);
  }
}

interface Waiting {
  readonly inode: Inode;
  readonly request: LockRequest;
}

const tables = sideTable<Inode, FileLocks>('file locks');
/** What each owner sleeps for, for deadlock detection. An entry may be out of date: it counts only while its request is still refused. */
const waiting = sideTable<LockOwner, Waiting>('waiting for a lock');

function locksOf(inode: Inode): FileLocks {
  let locks = tables.get(inode);
  if (locks === undefined) tables.set(inode, (locks = new FileLocks()));
  return locks;
}

/** Woken whenever a lock of the file is given up. */
export function lockQueue(inode: Inode): WaitQueue {
  return locksOf(inode).queue;
}

/** All record locks, for /proc/locks. */
export function recordLocks(inode: Inode): readonly RecordLock[] {
  return tables.get(inode)?.records ?? [];
}

/** All locks of flock(2). */
export function wholeLocks(inode: Inode): ReadonlyMap<OpenFile, WholeLock> {
  return tables.get(inode)?.whole ?? new Map();
}

/** Locks of flock(2) that were asked for and not given yet; some of those who asked may be gone. */
export function wantedWholeLocks(inode: Inode): Iterable<WholeLock> {
  return tables.get(inode)?.wanted.values() ?? [];
}

/** The record lock of a file that an owner sleeps for. */
export function wantedLock(owner: LockOwner): { readonly inode: Inode; readonly request: LockRequest } | undefined {
  const wait = waiting.get(owner);
  return wait !== undefined && conflictingLock(wait.inode, wait.request) !== undefined ? wait : undefined;
}

function overlaps(a: { start: number; end: number }, b: { start: number; end: number }): boolean {
  return a.start < b.end && b.start < a.end;
}

/**
 * The byte range of a struct flock: `base` is 0, the offset or the size by l_whence. A negative length counts back from the start.
 * EINVAL: it begins before the file.
 */
export function lockRange(base: number, start: number, length: number): { start: number; end: number } {
  const from = base + start;
  const range =
    length === 0
      ? { start: from, end: Number.POSITIVE_INFINITY }
      : length > 0
        ? { start: from, end: from + length }
        : { start: from + length, end: from };
  if (!(range.start >= 0)) throw new SysError(EINVAL);
  return range;
}

/** F_GETLK: a lock that would refuse the request, or undefined. */
export function conflictingLock(inode: Inode, request: LockRequest): RecordLock | undefined {
  return tables
    .get(inode)
    ?.records.find(
      (lock) => lock.owner !== request.owner && (lock.type === F_WRLCK || request.type === F_WRLCK) && overlaps(lock, request),
    );
}

/** F_SETLK: true when done, false when another's lock is in the way (EAGAIN). */
export function setRecordLock(inode: Inode, request: LockRequest): boolean {
  waiting.delete(request.owner);
  if (request.type !== F_UNLCK && conflictingLock(inode, request) !== undefined) return false;
  const locks = locksOf(inode);
  const { owner } = request;
  const touches = (lock: RecordLock): boolean => lock.owner === owner && lock.start <= request.end && request.start <= lock.end;
  const records = locks.records.some(touches) ? locks.records.filter((lock) => !touches(lock)) : locks.records.slice();
  let { start, end } = request;
  for (const lock of locks.records) {
    if (!touches(lock)) continue;
    if (lock.type === request.type) {
      // Same kind, overlapping or adjacent: becomes one with the new lock.
      start = Math.min(start, lock.start);
      end = Math.max(end, lock.end);
    } else {
      if (lock.start < request.start) insertSorted(records, { ...lock, end: Math.min(lock.end, request.start) });
      if (lock.end > request.end) insertSorted(records, { ...lock, start: Math.max(lock.start, request.end) });
    }
  }
  if (request.type !== F_UNLCK)
    insertSorted(records, { owner, pid: request.pid, file: request.file, serial: ++lastSerial, type: request.type as 0 | 1, start, end });
  if (records.length > LOCKS_MAX && records.length > locks.records.length) throw new SysError(ENOLCK);
  locks.records = records;
  // Giving up, shrinking or turning into a read lock may let others in; asking again costs them little.
  locks.queue.wake();
  return true;
}

function insertSorted(records: RecordLock[], lock: RecordLock): void {
  let low = 0;
  for (let high = records.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if (records[middle].start < lock.start) low = middle + 1;
    else high = middle;
  }
  records.splice(low, 0, lock);
}

/**
 * F_SETLKW: true when done; false: sleep on lockQueue(inode) and call again. EDEADLK when those in the way wait, directly or through
 * others, for this owner. Call stopWaiting when the sleep is given up.
 */
export function setRecordLockOrWait(inode: Inode, request: LockRequest): boolean {
  if (setRecordLock(inode, request)) return true;
  if (leadsBack(inode, request)) throw new SysError(EDEADLK);
  waiting.set(request.owner, { inode, request });
  return false;
}

export function stopWaiting(owner: LockOwner): void {
  waiting.delete(owner);
}

/** Follows who waits for whom. As in Linux, OFD locks take part only as far as their owners are known to wait. */
function leadsBack(inode: Inode, request: LockRequest): boolean {
  const seen = new Set<LockOwner>();
  let next = conflictingLock(inode, request)?.owner;
  while (next !== undefined && !seen.has(next)) {
    if (next === request.owner) return true;
    seen.add(next);
    const wait = waiting.get(next);
    next = wait === undefined ? undefined : conflictingLock(wait.inode, wait.request)?.owner;
  }
  return false;
}

/** A descriptor of the file was closed: all of the table's POSIX locks on it go, as POSIX has it. */
export function releaseRecordLocks(inode: Inode, owner: LockOwner): void {
  const locks = tables.get(inode);
  if (locks === undefined) return;
  const kept = locks.records.filter((lock) => lock.owner !== owner);
  if (kept.length === locks.records.length) return;
  locks.records = kept;
  locks.queue.wake();
}

/** flock(2), LOCK_NB left out: true when done, false when refused. As in Linux a conversion gives the old lock up first. */
export function setFileLock(file: OpenFile, operation: number, pid = 0): boolean {
  const locks = locksOf(file.inode);
  locks.wanted.delete(file);
  const held = locks.whole.get(file)?.operation;
  if (operation !== LOCK_SH && operation !== LOCK_EX && operation !== LOCK_UN) throw new SysError(EINVAL);
  if (held === operation) return true;
  if (held !== undefined) {
    locks.whole.delete(file);
    locks.queue.wake();
  }
  if (operation === LOCK_UN) return true;
  for (const other of locks.whole.values()) if (other.operation === LOCK_EX || operation === LOCK_EX) return false;
  locks.whole.set(file, { operation, pid, serial: ++lastSerial });
  return true;
}

/** The caller is about to sleep until setFileLock may succeed. */
export function awaitFileLock(file: OpenFile, operation: number, pid: number): WaitQueue {
  const locks = locksOf(file.inode);
  locks.wanted.set(file, { operation, pid, serial: ++lastSerial });
  return locks.queue;
}

export function stopAwaitingFileLock(file: OpenFile): void {
  tables.get(file.inode)?.wanted.delete(file);
}

/** The last descriptor of a description has gone: its flock and OFD locks go. */
export function releaseFileLocks(file: OpenFile): void {
  const locks = tables.get(file.inode);
  if (locks === undefined) return;
  releaseRecordLocks(file.inode, file);
  locks.wanted.delete(file);
  if (locks.whole.delete(file)) locks.queue.wake();
}
